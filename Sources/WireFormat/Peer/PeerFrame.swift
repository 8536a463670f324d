package import Primitives
package import RaftConsensus

/// Everything that one node has for another after a turn: `holdfast.peer.v1.Envelope` as values.
package struct PeerFrame: Sendable, Equatable {
  package var from: NodeID
  package var to: NodeID
  package var messages: [Message] = []
  package var clock: ClockSample?
  package var catalogPushes: [CatalogPush] = []
  package var catalogAcks: [CatalogAck] = []
  package var digests: [AppliedDigest] = []

  package init(from: NodeID, to: NodeID) {
    self.from = from
    self.to = to
  }

  /// One reading of the sender's clock (rule T2).
  package struct ClockSample: Sendable, Equatable {
    package var wallMilliseconds: Int64
    package var sequence: UInt64
    package var heardSequence: UInt64

    package init(wallMilliseconds: Int64, sequence: UInt64, heardSequence: UInt64) {
      self.wallMilliseconds = wallMilliseconds
      self.sequence = sequence
      self.heardSequence = heardSequence
    }
  }

  /// A catalog update for a shard; `items` is the body of its record from the item count on.
  package struct CatalogPush: Sendable, Equatable {
    package var shard: ShardID
    package var term: Term
    package var fromVersion: UInt64
    package var toVersion: UInt64
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
}

/// What one frame may hold. A peer that goes beyond it isn't one of ours.
package struct PeerLimits: Sendable {
  /// A frame as bytes. Entries of a turn, chunks and many groups' messages fit many times over.
  package var frameBytesMax = 64 << 20
  package var messagesMax = 65_536
  /// The entries of one append.
  package var entriesMax = 65_536
  package var learnersMax = 64
  package var catalogPushesMax = 4_096
  package var catalogAcksMax = 65_536
  package var digestsMax = 65_536

  package init() {}
}

extension Hash128 {
  /// 16 bytes, the high word first, as clients and peers see a digest.
  package var wireBytes: [UInt8] {
    [high, low].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * $0)) } }
  }

  package init?(wireBytes bytes: some Collection<UInt8>) {
    guard bytes.count == 16 else { return nil }
    func word(_ part: some Sequence<UInt8>) -> UInt64 { part.reduce(0) { $0 << 8 | UInt64($1) } }
    self.init(high: word(bytes.prefix(8)), low: word(bytes.dropFirst(8)))
  }
}
