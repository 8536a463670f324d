package import Primitives

// What sources report.

extension API {
  /// What became of a supply fact.
  package enum SupplyOutcome: Int32, WireEnum {
    /// Not set.
    case unspecified = 0
    /// Recorded.
    case applied = 1
    /// Covered by something newer of the same source; changed nothing.
    case staleVersion = 2
    /// Contradicts another source or lacks its deltas; set aside, changed nothing.
    case quarantined = 3
    /// Recorded, and promised units are no longer covered.
    case shortfall = 4
  }

  /// A delta.
  package struct AdjustSupplyRequest: WireMessage {
    package static let name = "holdfast.v1.AdjustSupplyRequest"

    /// As in ReserveRequest.
    package var requestID = ""
    /// Who reports it.
    package var source = ""
    /// The source's own sequence for this account, from 1; 0: the source has none.
    package var sourceSequence: UInt64 = 0
    /// What.
    package var sku = ""
    /// Where.
    package var location = ""
    /// Whose; may be empty, which is an owner like any other.
    package var owner = ""
    /// Base units, not 0, at most 1,000,000,000,000 either way.
    package var delta: Int64 = 0
    /// The day on which the units come; absent: they are on hand now.
    package var availableOn: CivilDate?
    /// When it happened, by the source's clock.
    package var occurredAt: LogTime?
    /// The source's document.
    package var reference = ""
    /// As in ReserveRequest.
    package var firstSentAt: LogTime?

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &requestID)
      visitor.field(2, &source)
      visitor.field(3, &sourceSequence)
      visitor.field(4, &sku)
      visitor.field(5, &location)
      visitor.field(6, &owner)
      visitor.field(7, &delta)
      visitor.field(8, &availableOn)
      visitor.field(9, &occurredAt)
      visitor.field(10, &reference)
      visitor.field(11, &firstSentAt)
    }
  }

  /// The answer to a delta.
  package struct AdjustSupplyResponse: WireMessage {
    package static let name = "holdfast.v1.AdjustSupplyResponse"

    /// The request's id, or the one that the node made.
    package var requestID = ""
    /// What became of it.
    package var outcome = SupplyOutcome.unspecified
    /// Promised units that the account no longer covers.
    package var shortfall: Int64 = 0
    /// Physically there afterwards.
    package var onHand: Int64 = 0
    /// The log time of the decision.
    package var logTime: LogTime?
    /// The entry that decided.
    package var position: Position?

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &requestID)
      visitor.field(2, &outcome)
      visitor.field(3, &shortfall)
      visitor.field(4, &onHand)
      visitor.field(5, &logTime)
      visitor.field(6, &position)
    }
  }

  /// A count.
  package struct SyncSupplyRequest: WireMessage {
    package static let name = "holdfast.v1.SyncSupplyRequest"

    /// As in ReserveRequest.
    package var requestID = ""
    /// Who counted.
    package var source = ""
    /// The source's version of the count, from 1. It replaces the source's facts up to this
    /// version; newer ones are applied again on top.
    package var sourceVersion: UInt64 = 0
    /// When it was counted, by the source's clock.
    package var countedAt: LogTime?
    /// 1 to 16,384 accounts.
    package var rows: [SyncSupplyRow] = []
    /// As in ReserveRequest.
    package var firstSentAt: LogTime?

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &requestID)
      visitor.field(2, &source)
      visitor.field(3, &sourceVersion)
      visitor.field(4, &countedAt)
      visitor.field(5, &rows)
      visitor.field(6, &firstSentAt)
    }
  }

  /// The count of one account.
  package struct SyncSupplyRow: WireMessage {
    package static let name = "holdfast.v1.SyncSupplyRow"

    /// What.
    package var sku = ""
    /// Where.
    package var location = ""
    /// Whose; may be empty, which is an owner like any other.
    package var owner = ""
    /// Physically there, 0 to 1,000,000,000,000.
    package var onHand: Int64 = 0
    /// What is on its way; replaces what the source said before. At most 180, in a call 16,384.
    package var inbound: [InboundSupply] = []

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &sku)
      visitor.field(2, &location)
      visitor.field(3, &owner)
      visitor.field(4, &onHand)
      visitor.field(5, &inbound)
    }
  }

  /// Units that come on a day.
  package struct InboundSupply: WireMessage {
    package static let name = "holdfast.v1.InboundSupply"

    /// The day.
    package var availableOn: CivilDate?
    /// Base units, 1 to 1,000,000,000,000.
    package var quantity: Int64 = 0
    /// The source's document.
    package var reference = ""

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &availableOn)
      visitor.field(2, &quantity)
      visitor.field(3, &reference)
    }
  }

  /// The answer to a count.
  package struct SyncSupplyResponse: WireMessage {
    package static let name = "holdfast.v1.SyncSupplyResponse"

    /// The request's id, or the one that the node made.
    package var requestID = ""
    /// One per row, in order.
    package var rows: [SyncSupplyRowResult] = []
    /// The latest log time of the shards concerned.
    package var logTime: LogTime?
    /// One per shard concerned.
    package var positions: [Position] = []

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &requestID)
      visitor.field(2, &rows)
      visitor.field(3, &logTime)
      visitor.field(4, &positions)
    }
  }

  /// What became of one row.
  package struct SyncSupplyRowResult: WireMessage {
    package static let name = "holdfast.v1.SyncSupplyRowResult"

    /// What became of it; unspecified with an error.
    package var outcome = SupplyOutcome.unspecified
    /// Promised units that the account no longer covers.
    package var shortfall: Int64 = 0
    /// Why the row's shard refused it; UNAVAILABLE and DEADLINE_EXCEEDED leave its outcome open.
    package var error: Status?

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &outcome)
      visitor.field(2, &shortfall)
      visitor.field(3, &error)
    }
  }
}
