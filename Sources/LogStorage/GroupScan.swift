import Primitives
import RaftConsensus

/// One group as recovery finds it, row by row from the oldest; the newest row wins.
struct GroupScan {
  var log: GroupLog
  /// Where rows were wrong or missing, as far as nothing newer took their place.
  private(set) var damages: [Damage] = []
  /// The newest hard state can't be read; an older one may have forgotten a vote.
  var isHardStateSuspect = false
  private(set) var wasSeen = false
  /// The first entry behind the snapshot that is of an older term than it: what is left of a log
  /// that the snapshot replaced.
  private var staleFrom: LogIndex?
  private let snapshot: SnapshotMark?
  /// Newer snapshots that are damaged, and the terms of the rows where they ended.
  private let lost: [SnapshotDirectory.Damaged]
  private var termsWhereLost: [LogIndex: Term] = [:]

  struct Damage: Equatable {
    var from: LogIndex
    var through: LogIndex
  }

  init(shard: ShardID, snapshot: SnapshotMark?, lost: [SnapshotDirectory.Damaged] = []) {
    log = GroupLog(shard: shard)
    self.snapshot = snapshot
    self.lost = lost
  }

  mutating func take(_ row: SegmentRow, _ entries: UnsafeRawBufferPointer, segment: UInt64) {
    if let bytes = row.extra {
      let extra = RowExtra(bytes, shard: log.shard)
      takeExtra(extra, segment: segment)
      // A head without one: none was ever written, or the group was created anew.
      if extra?.carried != nil { log.hardState = nil }
    }
    if let bytes = row.hardState {
      let state = RowCoding.hardState(bytes, shard: log.shard)
      isHardStateSuspect = state == nil
      if let state { log.hardState = state }
    }
    if let part = row.log {
      unsafe takeLog(part, row, entries, segment: segment)
    }
    wasSeen = true
  }

  private mutating func takeExtra(_ extra: RowExtra?, segment: UInt64) {
    // A damaged extra costs digests of the journal, or a head that the rows after it re-tell.
    guard let extra else { return }
    if let last = extra.chain.last { log.chainHead = last }
    guard let carried = extra.carried else { return }
    log.descriptor = carried.descriptor
    log.isClosed = carried.isClosed
    if carried.isClosed {
      damages = []
      staleFrom = nil
      termsWhereLost = [:]
      return log.close(in: segment)
    }
    log.chainHead = carried.chainHead
    log.isHardStateLost = carried.isHardStateLost
    if wasSeen, carried.checksum != log.checksum || carried.last != log.last {
      // Rows at the end of the segments before are missing.
      damages.append(Damage(from: LogIndex(1), through: carried.last))
    }
    log.checksum = carried.checksum
    log.last = carried.last
  }

  private mutating func takeLog(
    _ part: SegmentRow.LogPart, _ row: SegmentRow, _ entries: UnsafeRawBufferPointer,
    segment: UInt64
  ) {
    supersede(from: part.first)
    if part.before != log.checksum, part.first > LogIndex(1) {
      damages.append(Damage(from: LogIndex(1), through: part.first.previous))
    } else if part.first > log.last.next {
      damages.append(Damage(from: log.last.next, through: part.first.previous))
    }
    let isSound =
      unsafe row.isSound(entries)
      && RowCoding.visit(entries, first: part.first, last: part.last) { header, _ in
        noteTerm(of: header)
      }
    if !isSound {
      damages.append(Damage(from: part.first, through: max(part.first, part.last)))
    }
    log.checksum = part.checksum
    log.replace(from: part.first, through: part.last, segment: segment, row: row.row)
  }

  private mutating func supersede(from first: LogIndex) {
    damages.removeAll { $0.from >= first }
    for position in damages.indices where damages[position].through >= first {
      damages[position].through = first.previous
    }
    if let stale = staleFrom, stale >= first { staleFrom = nil }
    if !lost.isEmpty { termsWhereLost = termsWhereLost.filter { $0.key < first } }
  }

  private mutating func noteTerm(of header: EntryHeader) {
    if lost.contains(where: { $0.index == header.index }) {
      termsWhereLost[header.index] = header.term
    }
    guard let snapshot, staleFrom == nil, header.index > snapshot.index,
      header.term < snapshot.term
    else { return }
    staleFrom = header.index
  }

  /// Settles what is left after the last row: entries behind the snapshot that are not its own go,
  /// and the answer is where the sound log ends too early, if it does.
  mutating func finish() -> LogIndex? {
    let base = snapshot?.index ?? .zero
    if log.isClosed {
      log.isHardStateLost = isHardStateSuspect
      return nil
    }
    let hasHistory = log.last > .zero || snapshot != nil
    if isHardStateSuspect || (log.hardState == nil && hasHistory) { log.isHardStateLost = true }
    if let staleFrom {
      log.replace(from: staleFrom, through: staleFrom.previous, segment: 0, row: 0)
    }
    var bad = damages.filter { $0.through > base }.map { max($0.from, base.next) }
    if log.last > base, let gap = firstGap(after: base) { bad.append(gap) }
    if !leadsToWhereLost { bad.append(base.next) }
    return bad.min()
  }

  /// Rows that a snapshot stood for may be those of a log that it replaced, and never committed: a
  /// leader sends one where the logs differ too. Only a row that is the snapshot's last entry itself
  /// says that all before it are the snapshot's (Raft paper, log matching property); without one
  /// the leader has to repair them (rule C9).
  private var leadsToWhereLost: Bool {
    log.isClosed || lost.allSatisfy { $0.term != nil && termsWhereLost[$0.index] == $0.term }
  }

  /// What the snapshot covers is not served any more.
  mutating func dropCovered() {
    guard let base = snapshot?.index, !log.isClosed else { return }
    log.cover(to: base)
    log.compact(to: base)
  }

  /// The first index between `base` and the log's end that no row holds.
  private func firstGap(after base: LogIndex) -> LogIndex? {
    guard var position = log.piece(holding: base.next) else { return base.next }
    while position + 1 < log.pieces.count {
      guard log.pieces[position + 1].first == log.pieces[position].last.next else {
        return log.pieces[position].last.next
      }
      position += 1
    }
    return nil
  }
}
