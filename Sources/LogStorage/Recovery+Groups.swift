import Primitives
import RaftConsensus

extension Recovery {
  /// Settles every group: what the store goes on with, and what consensus begins with.
  mutating func finish(
    snapshots: SnapshotDirectory, tailBytes: Int, keepingAll: Bool = false
  ) throws(StorageError) -> (logs: [GroupLog], recovered: [RecoveredGroup]) {
    var logs: [GroupLog] = []
    var recovered: [RecoveredGroup] = []
    var readers = ReaderCache(segments: segments)
    for scan in groups {
      var scan = scan
      let bad = scan.finish()
      if scan.log.isClosed {
        logs.append(scan.log)
        recovered.append(.closed(scan.log))
        continue
      }
      if !keepingAll { scan.dropCovered() }
      let snapshot = snapshots.newest(scan.log.shard)?.mark
      var group = RecoveredGroup(
        shard: scan.log.shard, descriptor: scan.log.descriptor, hardState: scan.log.hardState,
        snapshot: snapshot, firstIndex: (snapshot?.index ?? .zero).next, entries: [],
        chainHead: scan.log.chainHead, flaw: nil)
      let end = bad?.previous ?? max(scan.log.last, snapshot?.index ?? .zero)
      let (entries, broken) = try readers.tail(
        of: scan.log, from: group.firstIndex, upTo: end, maxBytes: tailBytes)
      group.entries = entries
      group.flaw = Self.flaw(scan, group, bad: broken ?? bad)
      logs.append(scan.log)
      recovered.append(group)
    }
    return (logs, recovered)
  }

  private static func flaw(
    _ scan: GroupScan, _ group: RecoveredGroup, bad: LogIndex?
  ) -> RecoveredGroup.Flaw? {
    if scan.log.isHardStateLost { return .hardStateLost }
    if let bad { return .rowsDamaged(from: bad) }
    guard let state = group.hardState else { return nil }
    // Acknowledged once, and not there: rows are missing at the end.
    let last = LogPosition(
      term: group.entries.last?.term ?? group.snapshot?.term ?? .zero, index: group.lastIndex)
    return last < LogPosition(term: state.ackedTerm, index: state.ackedIndex)
      ? .rowsDamaged(from: group.lastIndex.next) : nil
  }
}

extension RecoveredGroup {
  fileprivate static func closed(_ log: GroupLog) -> RecoveredGroup {
    RecoveredGroup(
      shard: log.shard, descriptor: log.descriptor, hardState: log.hardState, snapshot: nil,
      firstIndex: LogIndex(1), entries: [], chainHead: nil,
      flaw: log.isHardStateLost ? .hardStateLost : nil, isClosed: true)
  }
}

/// Opens sealed segments once while their tails are read.
private struct ReaderCache {
  let segments: [SealedSegment]
  private var open: SegmentReader?

  init(segments: [SealedSegment]) { self.segments = segments }

  /// The newest entries up to `end`, as many as `maxBytes` allows, and where they turned out to be
  /// unreadable after all.
  mutating func tail(
    of log: GroupLog, from: LogIndex, upTo end: LogIndex, maxBytes: Int
  ) throws(StorageError) -> (entries: [Entry], broken: LogIndex?) {
    var entries: [Entry] = []
    var bytes = 0
    var next = from
    while next <= end {
      guard let position = log.piece(holding: next) else { return (entries, next) }
      let piece = log.pieces[position]
      let range = LoadRange(
        shard: log.shard, from: next, upTo: min(end, piece.last), maxBytes: .max, pieces: [piece])
      guard let loaded = try? reader(piece.segment).read({ try $0.entries(range, path: "") }),
        let last = loaded.last
      else { return (entries, next) }
      entries.append(contentsOf: loaded)
      bytes += loaded.reduce(0) { $0 + $1.payload.count }
      while bytes > maxBytes, entries.count > 1 { bytes -= entries.removeFirst().payload.count }
      next = last.index.next
    }
    return (entries, nil)
  }

  private mutating func reader(_ number: UInt64) throws -> SegmentReader {
    if let open, open.number == number { return open }
    guard let segment = segments.first(where: { $0.number == number }) else {
      throw StorageError.notFound("segment \(number)")
    }
    let reader = try SegmentReader(number: number, path: segment.path)
    open = reader
    return reader
  }
}
