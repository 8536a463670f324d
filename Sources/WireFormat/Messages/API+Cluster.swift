package import Primitives

// The state of the cluster.

extension API {
  /// Whether a node does its work.
  package enum NodeState: Int32, WireEnum {
    /// Not set.
    case unspecified = 0
    /// Reads its files.
    case starting = 1
    /// Answers calls.
    case serving = 2
    /// Finishes calls and takes no more.
    case draining = 3
    /// Did not answer the node that was asked.
    case unreachable = 4
  }

  /// What a member of a shard is at the moment.
  package enum MemberRole: Int32, WireEnum {
    /// Not known.
    case unspecified = 0
    /// Orders the shard.
    case leader = 1
    /// Follows a leader, with a vote.
    case follower = 2
    /// Stands for election.
    case candidate = 3
    /// Follows without a vote.
    case learner = 4
  }

  /// Whether a seat does its part.
  package enum SeatStanding: Int32, WireEnum {
    /// Not known.
    case unspecified = 0
    /// It does.
    case serving = 1
    /// It lost rows of its log and has no vote until the leader has given them to it again.
    case repairing = 2
    /// A majority had another ledger: it has no vote and answers nothing until it was given theirs.
    case rebuilding = 3
    /// No ledger of the shard has a majority: it takes no commands and gives no reads.
    case stopped = 4
  }

  /// Asks for the cluster.
  package struct DescribeClusterRequest: WireMessage {
    package static let name = "holdfast.v1.DescribeClusterRequest"

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {}
  }

  /// The cluster.
  package struct DescribeClusterResponse: WireMessage {
    package static let name = "holdfast.v1.DescribeClusterResponse"

    /// In the order of their ids.
    package var nodes: [NodeDescription] = []
    /// In the order of their ids; the first is the catalog's.
    package var shards: [ShardDescription] = []
    /// The node that answered.
    package var answeredBy: UInt64 = 0

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &nodes)
      visitor.field(2, &shards)
      visitor.field(3, &answeredBy)
    }
  }

  /// One node.
  package struct NodeDescription: WireMessage {
    package static let name = "holdfast.v1.NodeDescription"

    /// Its number.
    package var id: UInt64 = 0
    /// Where it is.
    package var region = ""
    /// Its failure domain.
    package var zone = ""
    /// What it does.
    package var state = NodeState.unspecified
    /// The address for clients with TLS.
    package var address = ""

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &id)
      visitor.field(2, &region)
      visitor.field(3, &zone)
      visitor.field(4, &state)
      visitor.field(5, &address)
    }
  }

  /// One shard.
  package struct ShardDescription: WireMessage {
    package static let name = "holdfast.v1.ShardDescription"

    /// Its number; 1 orders the catalog.
    package var id: UInt32 = 0
    /// The pool; empty for the catalog's.
    package var pool = ""
    /// The region; empty for the catalog's.
    package var region = ""
    /// The leader's node; 0: none is known.
    package var leader: UInt64 = 0
    /// The term.
    package var term: UInt64 = 0
    /// The last committed index.
    package var commit: UInt64 = 0
    /// The last index in the ledger of the member that described the shard.
    package var applied: UInt64 = 0
    /// The ledger's digest at `digest_index`, 16 bytes.
    package var digest: [UInt8] = []
    /// The index of `digest`; the newest that every reachable member has a digest of.
    package var digestIndex: UInt64 = 0
    /// In the order of their ids.
    package var members: [MemberDescription] = []
    /// The log time of the last applied entry.
    package var logTime: LogTime?
    /// The catalog version that the shard works by.
    package var catalogVersion: UInt64 = 0
    /// Reservations made since the shard began; repeated answers don't count.
    package var reservationsMade: UInt64 = 0
    /// Reservations that hold units now.
    package var liveReservations: UInt64 = 0
    /// How long an ended request id is still recognised.
    package var dedupeHorizon: Swift.Duration?

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &id)
      visitor.field(2, &pool)
      visitor.field(3, &region)
      visitor.field(4, &leader)
      visitor.field(5, &term)
      visitor.field(6, &commit)
      visitor.field(7, &applied)
      visitor.field(8, &digest)
      visitor.field(9, &digestIndex)
      visitor.field(10, &members)
      visitor.field(11, &logTime)
      visitor.field(12, &catalogVersion)
      visitor.field(13, &reservationsMade)
      visitor.field(14, &liveReservations)
      visitor.field(15, &dedupeHorizon)
    }
  }

  /// A node's seat in a shard.
  package struct MemberDescription: WireMessage {
    package static let name = "holdfast.v1.MemberDescription"

    /// The seat's number.
    package var id: UInt64 = 0
    /// Its role as the leader, or else the member itself, sees it.
    package var role = MemberRole.unspecified
    /// The last index that the leader knows to be on its disk.
    package var match: UInt64 = 0
    /// The node that has the seat.
    package var node: UInt64 = 0
    /// The member's own digest at the shard's `digest_index`; empty: not known.
    package var digest: [UInt8] = []
    /// The last index in the member's ledger; 0: not known.
    package var applied: UInt64 = 0
    /// Whether it does its part, by its own word.
    package var standing = SeatStanding.unspecified

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &id)
      visitor.field(2, &role)
      visitor.field(3, &match)
      visitor.field(4, &node)
      visitor.field(5, &digest)
      visitor.field(6, &applied)
      visitor.field(7, &standing)
    }
  }
}
