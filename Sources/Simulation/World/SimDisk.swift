import NodeCore
import Primitives
import RaftConsensus
import StockLedger

/// What survives a crash of one node: what was synced, group by group.
struct SimDisk {
  struct GroupFile {
    let shard: ShardID
    let descriptor: [UInt8]
    var hardState = HardState()
    /// Consecutive; they may begin at or below the snapshot.
    var entries: [Entry] = []
    var mark: SnapshotMark?
    var snapshot: [UInt8] = []
    /// The seat was taken away: nothing is left but the hard state.
    var isClosed = false
    /// Rows from here on can't be read (rule C9).
    var spoiledFrom: LogIndex?
    /// The snapshot's bytes are not what was written.
    var isSnapshotSpoiled = false
    /// A start found the snapshot spoiled: it is gone, and what it stood for with it.
    var hasLostSnapshot = false
    /// The snapshot was made of a ledger that had gone wrong (rule C10).
    var isWrong = false
    /// The snapshot was given up, and the write that empties the log has yet to come.
    var isDiscarded = false

    var isDamaged: Bool { spoiledFrom != nil || isSnapshotSpoiled || hasLostSnapshot }
    var firstIndex: LogIndex { entries.first?.index ?? .zero }
    var lastIndex: LogIndex { entries.last?.index ?? mark?.index ?? .zero }

    /// The end of the log.
    var last: LogPosition {
      LogPosition(term: entries.last?.term ?? mark?.term ?? .zero, index: lastIndex)
    }

    func term(at index: LogIndex) -> Term? {
      if let first = entries.first?.index, index >= first,
        index.rawValue - first.rawValue < UInt64(entries.count)
      {
        return entries[Int(index.rawValue - first.rawValue)].term
      }
      return index == mark?.index ? mark?.term : nil
    }
  }

  private(set) var files: [GroupFile] = []
  private static let chunkBytes = 64 << 10

  func file(of shard: ShardID) -> Int? { files.firstIndex { $0.shard == shard } }

  /// Whether the disk has an entry, or a snapshot that stands for it.
  func holds(_ index: LogIndex, term: Term, of shard: ShardID) -> Bool {
    guard let at = file(of: shard) else { return false }
    if let mark = files[at].mark, mark.index >= index { return true }
    return files[at].term(at: index) == term
  }

  mutating func create(_ opened: OpenedShard) {
    if let at = file(of: opened.shard) { return files[at].isClosed = false }
    files.append(GroupFile(shard: opened.shard, descriptor: opened.descriptor))
  }

  mutating func close(_ shard: ShardID) {
    guard let at = file(of: shard) else { return }
    let old = files[at]
    files[at] = GroupFile(
      shard: shard, descriptor: old.descriptor, hardState: old.hardState, isClosed: true)
  }

  // MARK: Writing

  mutating func write(_ work: PersistWork) {
    for write in work.writes { self.write(write) }
  }

  private mutating func write(_ write: LaneWrite) {
    guard let at = file(of: write.shard) else {
      preconditionFailure("write for shard \(write.shard.rawValue), which was never created")
    }
    if let hardState = write.hardState { files[at].hardState = hardState }
    guard let rows = write.rows else { return }
    while let last = files[at].entries.last, last.index >= rows.firstIndex {
      files[at].entries.removeLast()
    }
    let floor = files[at].mark?.index ?? .zero
    if rows.firstIndex == LogIndex(1) { files[at].isDiscarded = false }
    if let first = rows.entries.first {
      let end = max(files[at].entries.last?.index ?? .zero, floor)
      // Rows behind the snapshot that is gone: nothing reads them, and the next write deletes them.
      if files[at].isDiscarded, first.index > end.next { return }
      precondition(
        first.index <= end.next, "row \(first.index.rawValue) behind \(end.rawValue)")
    }
    if let spoiled = files[at].spoiledFrom, rows.firstIndex <= spoiled {
      files[at].spoiledFrom = nil
    }
    for entry in rows.entries where !files[at].entries.isEmpty || entry.index > floor {
      files[at].entries.append(entry)
    }
  }

  mutating func save(_ work: SnapshotWork, isWrong: Bool) {
    guard let at = file(of: work.shard), work.mark.index > files[at].mark?.index ?? .zero else {
      return
    }
    var stream = work.snapshot
    var bytes: [UInt8] = []
    while let chunk = stream.nextChunk(maxBytes: Self.chunkBytes) { bytes += chunk }
    files[at].snapshot = bytes
    files[at].mark = work.mark
    files[at].isSnapshotSpoiled = false
    files[at].hasLostSnapshot = false
    files[at].isWrong = isWrong
    // Rows that a snapshot stands for are not needed any more.
    if let spoiled = files[at].spoiledFrom, spoiled <= work.mark.index {
      files[at].spoiledFrom = nil
    }
    guard work.isInstalled else { return }
    if let first = files[at].entries.first, first.index <= work.mark.index,
      files[at].term(at: work.mark.index) == work.mark.term, !files[at].entries.isEmpty,
      files[at].lastIndex >= work.mark.index
    {
      drop(through: work.mark.index, at: at)
    } else {
      files[at].entries = []
    }
  }

  /// No snapshot of the group is left.
  mutating func discard(_ shard: ShardID) {
    guard let at = file(of: shard) else { return }
    files[at].mark = nil
    files[at].snapshot = []
    files[at].isWrong = false
    files[at].isDiscarded = true
  }

  mutating func compact(_ compaction: Compaction) {
    guard let at = file(of: compaction.shard) else { return }
    drop(through: compaction.through, at: at)
  }

  private mutating func drop(through index: LogIndex, at: Int) {
    guard let first = files[at].entries.first?.index, first <= index else { return }
    let count = min(files[at].entries.count, Int(index.rawValue - first.rawValue) + 1)
    files[at].entries.removeFirst(count)
  }

  // MARK: Reading

  func load(_ work: LoadWork) -> [Entry] {
    guard let at = file(of: work.shard), let first = files[at].entries.first?.index,
      work.request.from >= first
    else { return [] }
    var entries: [Entry] = []
    var bytes = 0
    var index = Int(work.request.from.rawValue - first.rawValue)
    while index < files[at].entries.count {
      let entry = files[at].entries[index]
      if entry.index > work.request.upTo { break }
      if let spoiled = files[at].spoiledFrom, entry.index >= spoiled { break }
      if !entries.isEmpty && bytes + entry.payload.count > work.request.maxBytes { break }
      bytes += entry.payload.count
      entries.append(entry)
      index += 1
    }
    return entries
  }

  /// A part of the saved snapshot; nil if there is another one by now. One that was made of a wrong
  /// ledger is not handed on: two members with the same error would soon be no minority any more.
  func read(_ work: SnapshotReadWork, wrong: Bool) -> (bytes: [UInt8], isLast: Bool)? {
    guard let at = file(of: work.shard), files[at].mark == work.request.mark, !files[at].isWrong
    else { return nil }
    let all = files[at].snapshot
    let start = Int(work.request.offset)
    guard start <= all.count else { return nil }
    let end = min(all.count, start + work.request.maxBytes)
    var part = Array(all[start..<end])
    if wrong || files[at].isSnapshotSpoiled, !part.isEmpty { part[part.count / 2] ^= 0x40 }
    return (part, end == all.count)
  }

  // MARK: Damage

  /// Rows of a group from `index` on can't be read any more; found at the next start, or by a load.
  mutating func spoil(_ shard: ShardID, from index: LogIndex) {
    guard let at = file(of: shard) else { return }
    files[at].spoiledFrom = min(files[at].spoiledFrom ?? index, index)
  }

  mutating func spoilSnapshot(_ shard: ShardID) {
    guard let at = file(of: shard) else { return }
    files[at].isSnapshotSpoiled = true
  }

  func isDamaged(_ shard: ShardID) -> Bool {
    files.contains { $0.shard == shard && $0.isDamaged }
  }

  // MARK: Recovery

  /// A start finds spoiled snapshots, and none older in their place; the rows behind them don't
  /// continue anything then.
  mutating func dropSpoiledSnapshots() {
    for at in files.indices where files[at].isSnapshotSpoiled {
      files[at].mark = nil
      files[at].snapshot = []
      files[at].entries = []
      files[at].spoiledFrom = nil
      files[at].isSnapshotSpoiled = false
      files[at].hasLostSnapshot = true
    }
  }

  /// What a start finds: as LogStorage reads it, up to the first row that can't be read.
  func restored(limits: LedgerLimits) throws(SnapshotError) -> [RestoredShard] {
    var all: [RestoredShard] = []
    for file in files {
      var ledger = RestoredLedger.empty
      if file.mark != nil {
        var loader = SnapshotLoader(limits: limits)
        try loader.append(file.snapshot)
        ledger =
          file.shard == .meta ? .meta(try loader.finishMeta()) : .shard(try loader.finish())
      }
      let floor = file.mark?.index ?? .zero
      let spoiled = file.spoiledFrom ?? LogIndex(.max)
      all.append(
        RestoredShard(
          shard: file.shard, descriptor: file.descriptor, hardState: file.hardState,
          mark: file.mark, ledger: ledger,
          entries: file.entries.filter { $0.index > floor && $0.index < spoiled },
          isFlawed: file.isDamaged, isClosed: file.isClosed))
    }
    return all
  }
}
