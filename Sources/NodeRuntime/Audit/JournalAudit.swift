// Proves a node's journal: every row's checksum, the SHA-256 chain over entries and outcomes, and
// the outcomes themselves, which are computed anew by replaying the ledger's rules.

import LogStorage
package import Primitives
import RaftConsensus
import StockLedger

/// What an audit found out about one group.
package struct GroupAudit: Sendable, Equatable {
  package var shard: ShardID
  /// The first and last index that the journal holds; zero: none.
  package var first = LogIndex.zero
  package var last = LogIndex.zero
  package var entries: UInt64 = 0
  /// Every row of the chain follows from the one before, the entry and its replayed outcomes.
  package var chainIsOK = true
  /// The ledger's digest after the last entry that the chain covers.
  package var digest = Hash128.zero
  /// What is wrong, in words; empty when nothing is.
  package var findings: [String] = []

  package var isOK: Bool { chainIsOK && findings.isEmpty }
}

/// Audits one lane's directory without changing it.
package enum JournalAudit {
  package static func run(directory: String, scratch: String) throws -> [GroupAudit] {
    let reader = try SealedReader(directory: directory, scratch: scratch)
    return try reader.groups.map { group in
      var replay = try Replay(group, reader)
      try reader.read(group.shard) { replay.take($0) }
      return replay.finish()
    }
  }
}

/// One group's journal, read from its first entry to its last.
private struct Replay {
  private var audit: GroupAudit
  private var shard: ShardLedger?
  private var meta: MetaLedger?
  /// The ledger stands here; entries up to this are in the snapshot that it came from.
  private var applied: LogIndex
  private var head: ChainRow?
  /// An entry is applied once its chain row proves that it was committed.
  private var waiting: Entry?
  private let chain = JournalChain()

  init(_ group: RecoveredGroup, _ reader: SealedReader) throws {
    audit = GroupAudit(shard: group.shard)
    applied = .zero
    if let flaw = group.flaw { audit.findings.append("recovery would find: \(flaw)") }
    let oldest = try Self.firstIndex(group.shard, reader)
    let mark = reader.snapshotMarks(of: group.shard).first { $0.index.next >= oldest }
    if oldest > LogIndex(1), let mark {
      try load(group.shard, mark, reader)
    } else if group.shard == .meta {
      meta = MetaLedger()
    } else {
      shard = ShardLedger(shard: group.shard)
    }
  }

  private static func firstIndex(_ shard: ShardID, _ reader: SealedReader) throws -> LogIndex {
    struct Found: Error { var index: LogIndex }
    do {
      try reader.read(shard) { item in
        if case .entry(let entry) = item { throw Found(index: entry.index) }
      }
    } catch let found as Found {
      return found.index
    }
    return LogIndex(1)
  }

  private mutating func load(
    _ shard: ShardID, _ mark: SnapshotMark, _ reader: SealedReader
  ) throws {
    var loader = SnapshotLoader()
    let snapshot = try reader.openSnapshot(of: shard, at: mark.index)
    while let chunk = try snapshot?.next() { try loader.append(chunk) }
    if shard == .meta { meta = try loader.finishMeta() } else { self.shard = try loader.finish() }
    applied = mark.index
  }

  mutating func take(_ item: SealedReader.Item) {
    switch item {
    case .missing(let from, let through):
      audit.findings.append("no sound rows for \(from.rawValue) to \(through.rawValue)")
    case .entry(let entry):
      if audit.first == .zero { audit.first = entry.index }
      audit.last = entry.index
      audit.entries += 1
      waiting = entry
    case .chain(let row): prove(row)
    }
  }

  private mutating func prove(_ row: ChainRow) {
    defer {
      head = row
      waiting = nil
    }
    guard let entry = waiting, entry.index == row.index else {
      audit.chainIsOK = false
      audit.findings.append("a chain row for \(row.index.rawValue) without its entry")
      return
    }
    // What the snapshot covers has no outcomes to compare with, only the order of rows.
    guard entry.index > applied else { return }
    guard entry.index == applied.next else {
      audit.chainIsOK = false
      audit.findings.append("the replay lacks what is before \(entry.index.rawValue)")
      return
    }
    let outcomes = apply(entry)
    guard row.begins || head?.index.next == entry.index else {
      // The first row that is kept: nothing before it to compare with.
      if head != nil { noteBreak(entry) }
      return
    }
    let computed = chain.row(after: row.begins ? nil : head, entry: entry, outcomes: outcomes)
    if computed.digest != row.digest { noteBreak(entry) }
  }

  private mutating func noteBreak(_ entry: Entry) {
    guard audit.chainIsOK else { return }
    audit.chainIsOK = false
    audit.findings.append("the chain breaks at \(entry.index.rawValue)")
  }

  private mutating func apply(_ entry: Entry) -> [UInt8] {
    applied = entry.index
    var outcomes = ByteWriter()
    if entry.kind == .command {
      shard?.apply(
        payload: entry.payload, index: entry.index, term: entry.term, logTime: entry.logTime,
        outcomes: &outcomes)
      meta?.apply(
        payload: entry.payload, index: entry.index, term: entry.term, logTime: entry.logTime,
        outcomes: &outcomes)
    } else {
      shard?.advance(index: entry.index, term: entry.term, logTime: entry.logTime)
      meta?.advance(index: entry.index, term: entry.term, logTime: entry.logTime)
    }
    return outcomes.bytes
  }

  mutating func finish() -> GroupAudit {
    if shard != nil { audit.digest = shard!.digest() }
    if meta != nil { audit.digest = meta!.digest() }
    return audit
  }
}
