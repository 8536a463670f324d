package import Primitives
package import RaftConsensus
package import StockLedger

/// Validated commands of one burst for one shard.
package struct SubmitBatch: Sendable {
  package var shard: ShardID
  /// Command records back to back.
  package var commands: [UInt8]
  /// One per record, in order; opaque to the core, unique among what is under way in the lane.
  package var tokens: [UInt64]
  /// One caller's batch: taken or refused as a whole, instead of as far as there is room.
  package var isIndivisible: Bool

  package init(
    shard: ShardID, commands: [UInt8], tokens: [UInt64], isIndivisible: Bool = false
  ) {
    self.shard = shard
    self.commands = commands
    self.tokens = tokens
    self.isIndivisible = isIndivisible
  }
}

package enum ReadConsistency: Sendable {
  case linearizable
  case stale
}

/// Asks for an instant at which the shard's ledger may be read.
package struct ReadRequest: Sendable {
  package var shard: ShardID
  package var token: UInt64
  package var consistency: ReadConsistency
  /// Waits until this index is applied (rule Q4).
  package var atLeast: LogIndex?

  package init(
    shard: ShardID, token: UInt64, consistency: ReadConsistency, atLeast: LogIndex? = nil
  ) {
    self.shard = shard
    self.token = token
    self.consistency = consistency
    self.atLeast = atLeast
  }
}

/// The ledger that a snapshot was loaded into.
package enum RestoredLedger: Sendable {
  /// There was no snapshot: the ledger starts empty, and the log from its first entry.
  case empty
  case meta(MetaLedger)
  case shard(ShardLedger)
}

/// What storage has of one group after a start.
package struct RestoredShard: Sendable {
  package var shard: ShardID
  /// As given by `OpenedShard.descriptor`.
  package var descriptor: [UInt8]
  package var hardState: HardState
  /// The snapshot that `ledger` was loaded from.
  package var mark: SnapshotMark?
  package var ledger: RestoredLedger
  /// The log behind the snapshot.
  package var entries: [Entry]
  /// Storage found rows or the snapshot corrupt: the member stays out of service until a leader
  /// has repaired it (rule C9).
  package var isFlawed: Bool
  /// The seat was taken away and the group closed: nothing is left of it but the hard state.
  package var isClosed: Bool

  package init(
    shard: ShardID, descriptor: [UInt8], hardState: HardState, mark: SnapshotMark?,
    ledger: RestoredLedger, entries: [Entry], isFlawed: Bool = false, isClosed: Bool = false
  ) {
    self.shard = shard
    self.descriptor = descriptor
    self.hardState = hardState
    self.mark = mark
    self.ledger = ledger
    self.entries = entries
    self.isFlawed = isFlawed
    self.isClosed = isClosed
  }
}
