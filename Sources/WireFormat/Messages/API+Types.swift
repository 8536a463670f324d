package import Primitives

// What several services share.

extension API {
  /// A point in the log of one shard. Passed back as `at_least` it makes any node show a state that
  /// includes what was answered with it.
  package struct Position: WireMessage {
    package static let name = "holdfast.v1.Position"

    /// The shard's number; unique in the cluster.
    package var shard: UInt32 = 0
    /// The log index of the entry that was applied last.
    package var index: UInt64 = 0

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &shard)
      visitor.field(2, &index)
    }
  }

  /// How fresh a read has to be.
  package enum Read: Int32, WireEnum {
    /// The same as READ_LINEARIZABLE.
    case unspecified = 0
    /// Includes everything that was acknowledged before the read was sent.
    case linearizable = 1
    /// Whatever the asked node has, with its age; works without a majority.
    case stale = 2
  }

  /// What made an answer to a read as fresh as it is.
  package enum AnsweredBy: Int32, WireEnum {
    /// Not set.
    case unspecified = 0
    /// The leader answered alone under its lease.
    case lease = 1
    /// A majority confirmed the leader after the read arrived.
    case quorum = 2
    /// Nobody was asked: see `as_of` and `leader_heard_ago`.
    case stale = 3
  }

  /// How a read was answered.
  package struct Answered: WireMessage {
    package static let name = "holdfast.v1.Answered"

    /// The kind of answer.
    package var by = AnsweredBy.unspecified
    /// With ANSWERED_BY_STALE: the log time of the state that was read.
    package var asOf: LogTime?
    /// With ANSWERED_BY_STALE: how long ago the node last heard of the shard's leader.
    package var leaderHeardAgo: Swift.Duration?

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &by)
      visitor.field(2, &asOf)
      visitor.field(3, &leaderHeardAgo)
    }
  }

  /// What became of a well-formed request.
  package enum Outcome: Int32, WireEnum {
    /// Not set.
    case unspecified = 0
    /// Everything that was asked for.
    case full = 1
    /// A part of it; see the lines.
    case partial = 2
    /// Nothing; see the lines.
    case none = 3
  }

  /// Why a line got less than it asked for.
  package enum LineReason: Int32, WireEnum {
    /// It got all.
    case unspecified = 0
    /// The catalog has no active SKU of this name.
    case unknownSku = 1
    /// The SKU has no such unit.
    case unknownUnit = 2
    /// The pool has no such location in this region.
    case unknownLocation = 3
    /// Too few units can be promised for the date.
    case insufficientSupply = 4
    /// Enough units are there, but the account's buffer protects them.
    case bufferProtected = 5
  }

  /// What one SKU of a request got. Lines of the same SKU are merged.
  package struct LineResult: WireMessage {
    package static let name = "holdfast.v1.LineResult"

    /// The SKU.
    package var sku = ""
    /// Base units asked for.
    package var requested: Int64 = 0
    /// Base units promised.
    package var reserved: Int64 = 0
    /// Why `reserved` is less than `requested`.
    package var reason = LineReason.unspecified
    /// Where the promised units come from, in the order of assignment.
    package var assignments: [Assignment] = []

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &sku)
      visitor.field(2, &requested)
      visitor.field(3, &reserved)
      visitor.field(4, &reason)
      visitor.field(5, &assignments)
    }
  }

  /// Units of one account that were bound to a line.
  package struct Assignment: WireMessage {
    package static let name = "holdfast.v1.Assignment"

    /// Where.
    package var location = ""
    /// Whose.
    package var owner = ""
    /// Base units.
    package var quantity: Int64 = 0
    /// The day on which they become available; absent for units on hand.
    package var date: CivilDate?

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &location)
      visitor.field(2, &owner)
      visitor.field(3, &quantity)
      visitor.field(4, &date)
    }
  }

  /// A number of base units of one SKU.
  package struct SkuQuantity: WireMessage {
    package static let name = "holdfast.v1.SkuQuantity"

    /// The SKU.
    package var sku = ""
    /// 1 to 1,000,000,000,000 base units.
    package var quantity: Int64 = 0

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &sku)
      visitor.field(2, &quantity)
    }
  }
}
