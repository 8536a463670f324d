import Primitives
import RaftConsensus
import StockLedger

@testable import NodeCore

/// What survives a crash of one node.
struct VirtualDisk {
  struct GroupFile {
    var descriptor: [UInt8]
    var hardState = HardState()
    /// Consecutive, behind the snapshot.
    var entries: [Entry] = []
    var mark: SnapshotMark?
    var chunks: [[UInt8]] = []
    var isClosed = false
  }

  private(set) var files: [ShardID: GroupFile] = [:]
  private(set) var shards: [ShardID] = []
  /// Nothing up to this row of a shard can be read any more.
  var unreadable: [ShardID: LogIndex] = [:]
  private(set) var loadsRefused = 0

  mutating func create(_ opened: OpenedShard) {
    guard files[opened.shard] == nil else {
      files[opened.shard]!.isClosed = false
      return
    }
    files[opened.shard] = GroupFile(descriptor: opened.descriptor)
    shards.append(opened.shard)
  }

  mutating func close(_ shard: ShardID) {
    guard let old = files[shard] else { return }
    files[shard] = GroupFile(
      descriptor: old.descriptor, hardState: old.hardState, isClosed: true)
  }

  mutating func write(_ work: PersistWork) {
    for write in work.writes { self.write(write) }
  }

  private mutating func write(_ write: LaneWrite) {
    guard var file = files[write.shard] else {
      fatalError("write for shard \(write.shard.rawValue), which was never created")
    }
    if let hardState = write.hardState { file.hardState = hardState }
    if let rows = write.rows {
      file.entries.removeAll { $0.index >= rows.firstIndex }
      // Rows that the saved snapshot covers need not be there any more.
      let floor = file.mark?.index ?? .zero
      if let first = rows.entries.first {
        let end = max(file.entries.last?.index ?? .zero, floor)
        precondition(
          first.index <= end.next, "row \(first.index.rawValue) behind \(end.rawValue)")
      }
      file.entries.append(contentsOf: rows.entries.filter { $0.index > floor })
    }
    files[write.shard] = file
  }

  mutating func save(_ work: SnapshotWork, chunkBytes: Int = 64 << 10) {
    guard var file = files[work.shard], work.mark.index > file.mark?.index ?? .zero else { return }
    var snapshot = work.snapshot
    file.chunks = []
    while let chunk = snapshot.nextChunk(maxBytes: chunkBytes) { file.chunks.append(chunk) }
    file.mark = work.mark
    if work.isInstalled {
      let continues = file.entries.contains {
        $0.index == work.mark.index && $0.term == work.mark.term
      }
      if !continues { file.entries = [] }
      file.entries.removeAll { $0.index <= work.mark.index }
    }
    files[work.shard] = file
  }

  mutating func discard(_ shard: ShardID) {
    files[shard]?.mark = nil
    files[shard]?.chunks = []
  }

  mutating func loseRows(of shard: ShardID) { files[shard]?.entries = [] }

  mutating func compact(_ compaction: Compaction) {
    files[compaction.shard]?.entries.removeAll { $0.index <= compaction.through }
  }

  mutating func load(_ work: LoadWork) -> [Entry] {
    if work.request.from <= unreadable[work.shard] ?? .zero {
      loadsRefused += 1
      return []
    }
    var bytes = 0
    var entries: [Entry] = []
    for entry in files[work.shard]?.entries ?? []
    where entry.index >= work.request.from && entry.index <= work.request.upTo {
      if !entries.isEmpty && bytes + entry.payload.count > work.request.maxBytes { break }
      bytes += entry.payload.count
      entries.append(entry)
    }
    return entries.first?.index == work.request.from ? entries : []
  }

  /// A part of the saved snapshot; nil if there is another one by now.
  func read(_ work: SnapshotReadWork) -> (bytes: [UInt8], isLast: Bool)? {
    guard let file = files[work.shard], file.mark == work.request.mark else { return nil }
    let all = file.chunks.flatMap { $0 }
    let start = Int(work.request.offset)
    guard start <= all.count else { return nil }
    let end = min(all.count, start + work.request.maxBytes)
    return (Array(all[start..<end]), end == all.count)
  }

  func restored() throws -> [RestoredShard] {
    try shards.map { shard in
      let file = files[shard]!
      var ledger = RestoredLedger.empty
      if file.mark != nil {
        var loader = SnapshotLoader()
        for chunk in file.chunks { try loader.append(chunk) }
        ledger =
          shard == .meta ? .meta(try loader.finishMeta()) : .shard(try loader.finish())
      }
      return RestoredShard(
        shard: shard, descriptor: file.descriptor, hardState: file.hardState, mark: file.mark,
        ledger: ledger, entries: file.entries.filter { $0.index > file.mark?.index ?? .zero },
        isClosed: file.isClosed)
    }
  }
}
