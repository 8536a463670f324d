// Who leads a shard and who belongs to it.

extension API {
  /// Asks for another leader.
  package struct TransferLeadershipRequest: WireMessage {
    package static let name = "holdfast.v1.TransferLeadershipRequest"

    /// The shard's number, as DescribeCluster tells it.
    package var shard: UInt32 = 0
    /// The node that is to lead; 0: the member that has the most of the log.
    package var node: UInt64 = 0

    package init() {}

    package init(shard: UInt32, node: UInt64) {
      self.shard = shard
      self.node = node
    }

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &shard)
      visitor.field(2, &node)
    }
  }

  /// Who leads now.
  package struct TransferLeadershipResponse: WireMessage {
    package static let name = "holdfast.v1.TransferLeadershipResponse"

    /// The leader's node.
    package var leader: UInt64 = 0
    /// The term.
    package var term: UInt64 = 0

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &leader)
      visitor.field(2, &term)
    }
  }

  /// What becomes of a node's seat in a shard.
  package enum MemberChangeKind: Int32, WireEnum {
    /// Not set; refused.
    case unspecified = 0
    /// The node gets a seat without a vote.
    case addLearner = 1
    /// The learner gets a vote.
    case promote = 2
    /// The voter goes on as a learner.
    case demote = 3
    /// The member loses its seat.
    case remove = 4
  }

  /// One seat's change.
  package struct MemberChange: WireMessage {
    package static let name = "holdfast.v1.MemberChange"

    /// The node.
    package var node: UInt64 = 0
    /// What becomes of its seat.
    package var kind = MemberChangeKind.unspecified

    package init() {}

    package init(node: UInt64, kind: MemberChangeKind) {
      self.node = node
      self.kind = kind
    }

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &node)
      visitor.field(2, &kind)
    }
  }

  /// Asks for other members.
  package struct ChangeMembersRequest: WireMessage {
    package static let name = "holdfast.v1.ChangeMembersRequest"

    /// The shard's number, as DescribeCluster tells it.
    package var shard: UInt32 = 0
    /// At least one; each node once.
    package var changes: [MemberChange] = []

    package init() {}

    package init(shard: UInt32, changes: [MemberChange]) {
      self.shard = shard
      self.changes = changes
    }

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &shard)
      visitor.field(2, &changes)
    }
  }

  /// The shard after the change.
  package struct ChangeMembersResponse: WireMessage {
    package static let name = "holdfast.v1.ChangeMembersResponse"

    /// In the order of their ids.
    package var members: [MemberDescription] = []
    /// The last committed index.
    package var commit: UInt64 = 0

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &members)
      visitor.field(2, &commit)
    }
  }
}
