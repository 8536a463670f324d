package import Primitives
package import RaftConsensus
package import StockLedger

/// Everything that one node has for another after one turn of a lane (rule C7). Envelopes may be
/// lost, repeated and reordered.
package struct PeerEnvelope: Sendable {
  package var messages: [Message] = []
  /// Absent where the reading would be old when it leaves.
  package var clock: ClockSample?
  package var catalogPushes: [CatalogPush] = []
  package var catalogAcks: [CatalogAck] = []
  package var appliedDigests: [AppliedDigest] = []
  /// The newest version of the ledger's rules that the sender's build knows. It goes with the clock.
  package var rules: RulesVersion?

  package init() {}

  package var isEmpty: Bool {
    messages.isEmpty && clock == nil && catalogPushes.isEmpty && catalogAcks.isEmpty
      && appliedDigests.isEmpty
  }
}

/// One reading of a node's wall clock, for the median that stamps log time (rule T2).
package struct ClockSample: Sendable, Equatable {
  /// Milliseconds since 1970 UTC.
  package var wall: Int64
  /// Raised by one with every sample to the same node.
  package var sequence: UInt64
  /// The newest sequence that the sender has from the receiver; zero: none. It bounds the
  /// sample's age by the receiver's own clock.
  package var heardSequence: UInt64

  package init(wall: Int64, sequence: UInt64, heardSequence: UInt64) {
    self.wall = wall
    self.sequence = sequence
    self.heardSequence = heardSequence
  }
}

/// A piece of the catalog for one shard, from the leader of the meta group to the shard's leader.
package struct CatalogPush: Sendable, Equatable {
  package var shard: ShardID
  /// The meta leader's term.
  package var term: Term
  package var fromVersion: UInt64
  package var toVersion: UInt64
  /// The items in the ledger's form: what follows the three numbers in a catalogUpdate's body.
  package var items: [UInt8]

  package init(
    shard: ShardID, term: Term, fromVersion: UInt64, toVersion: UInt64, items: [UInt8]
  ) {
    self.shard = shard
    self.term = term
    self.fromVersion = fromVersion
    self.toVersion = toVersion
    self.items = items
  }
}

/// The catalog version that a shard works by, from its leader to the leader of the meta group.
package struct CatalogAck: Sendable, Equatable {
  package var shard: ShardID
  package var version: UInt64

  package init(shard: ShardID, version: UInt64) {
    self.shard = shard
    self.version = version
  }
}

/// The digest of a member's ledger at an index (rule C10).
package struct AppliedDigest: Sendable, Equatable {
  package var shard: ShardID
  package var member: MemberID
  package var index: LogIndex
  package var digest: Hash128

  package init(shard: ShardID, member: MemberID, index: LogIndex, digest: Hash128) {
    self.shard = shard
    self.member = member
    self.index = index
    self.digest = digest
  }
}
