package import Primitives

// The state of one node.

extension API {
  /// Asks for one node.
  package struct DescribeNodeRequest: WireMessage {
    package static let name = "holdfast.v1.DescribeNodeRequest"

    /// Where digests are wanted; the newest of each shard when none are named.
    package var digestsAt: [DigestAt] = []

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &digestsAt)
    }
  }

  /// A point at which a digest is wanted.
  package struct DigestAt: WireMessage {
    package static let name = "holdfast.v1.DigestAt"

    /// The shard.
    package var shard: UInt32 = 0
    /// The index.
    package var index: UInt64 = 0

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &shard)
      visitor.field(2, &index)
    }
  }

  /// One node, by itself.
  package struct DescribeNodeResponse: WireMessage {
    package static let name = "holdfast.v1.DescribeNodeResponse"

    /// Who it is.
    package var node: NodeDescription?
    /// Its seats, in the order of the shards' ids.
    package var seats: [SeatDescription] = []
    /// How long it has run.
    package var uptime: Swift.Duration?
    /// Processor time that it has used.
    package var cpuTime: Swift.Duration?
    /// Memory that it occupies.
    package var residentBytes: UInt64 = 0
    /// Calls that it has answered.
    package var callsAnswered: UInt64 = 0
    /// Durable commits to disk.
    package var syncs: UInt64 = 0
    /// Bytes in them.
    package var syncedBytes: UInt64 = 0
    /// How long half of the recent syncs took at most.
    package var syncP50: Swift.Duration?
    /// How long 99 of 100 recent syncs took at most.
    package var syncP99: Swift.Duration?
    /// What the program calls itself.
    package var version = ""

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &node)
      visitor.field(2, &seats)
      visitor.field(3, &uptime)
      visitor.field(4, &cpuTime)
      visitor.field(5, &residentBytes)
      visitor.field(6, &callsAnswered)
      visitor.field(7, &syncs)
      visitor.field(8, &syncedBytes)
      visitor.field(9, &syncP50)
      visitor.field(10, &syncP99)
      visitor.field(11, &version)
    }
  }

  /// A seat as its node sees it.
  package struct SeatDescription: WireMessage {
    package static let name = "holdfast.v1.SeatDescription"

    /// The shard.
    package var shard: UInt32 = 0
    /// Its pool; empty for the catalog's.
    package var pool = ""
    /// Its region; empty for the catalog's.
    package var region = ""
    /// The seat's number.
    package var member: UInt64 = 0
    /// What it is.
    package var role = MemberRole.unspecified
    /// The leader's node; 0: none is known.
    package var leader: UInt64 = 0
    /// The term.
    package var term: UInt64 = 0
    /// The last committed index that it knows.
    package var commit: UInt64 = 0
    /// The last index in its ledger.
    package var applied: UInt64 = 0
    /// Digests, the newest first.
    package var digests: [DigestReport] = []
    /// Of the leader only: how far the members are.
    package var members: [MemberDescription] = []
    /// The log time of the last applied entry.
    package var logTime: LogTime?
    /// The catalog version that the shard works by.
    package var catalogVersion: UInt64 = 0
    /// Reservations made since the shard began.
    package var reservationsMade: UInt64 = 0
    /// Reservations that hold units now.
    package var liveReservations: UInt64 = 0
    /// How long an ended request id is still recognised.
    package var dedupeHorizon: Swift.Duration?
    /// Whether it does its part.
    package var standing = SeatStanding.unspecified

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &shard)
      visitor.field(2, &pool)
      visitor.field(3, &region)
      visitor.field(4, &member)
      visitor.field(5, &role)
      visitor.field(6, &leader)
      visitor.field(7, &term)
      visitor.field(8, &commit)
      visitor.field(9, &applied)
      visitor.field(10, &digests)
      visitor.field(11, &members)
      visitor.field(12, &logTime)
      visitor.field(13, &catalogVersion)
      visitor.field(14, &reservationsMade)
      visitor.field(15, &liveReservations)
      visitor.field(16, &dedupeHorizon)
      visitor.field(17, &standing)
    }
  }

  /// A digest of a ledger.
  package struct DigestReport: WireMessage {
    package static let name = "holdfast.v1.DigestReport"

    /// At this index.
    package var index: UInt64 = 0
    /// 16 bytes.
    package var digest: [UInt8] = []

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &index)
      visitor.field(2, &digest)
    }
  }
}
