package import Primitives

/// A frozen state of one ledger. It shares pages with the live one, copy on write, so taking it is
/// cheap; the canonical form streams out in chunks.
package struct LedgerSnapshot: Sendable {
  package let shard: ShardID
  package let index: LogIndex
  package let term: Term
  package let logTime: LogTime
  package let digest: Hash128

  /// The next chunk of the canonical form, at most `maxBytes` (at least 64 KiB); nil at the end.
  package mutating func nextChunk(maxBytes: Int) -> [UInt8]? { fatalError("not built yet") }
}

/// Rebuilds a ledger from the chunks of a snapshot.
package struct SnapshotLoader: Sendable {
  package init(limits: LedgerLimits = LedgerLimits()) {}

  package mutating func append(_ chunk: [UInt8]) throws(SnapshotError) {
    fatalError("not built yet")
  }

  /// The ledger of a shard, checked against the digest in the snapshot.
  package mutating func finish() throws(SnapshotError) -> ShardLedger {
    fatalError("not built yet")
  }

  /// The ledger of the meta group, checked against the digest in the snapshot.
  package mutating func finishMeta() throws(SnapshotError) -> MetaLedger {
    fatalError("not built yet")
  }
}
