package import Primitives

// What happens to a reservation afterwards.

extension API {
  /// Asks to confirm a hold.
  package struct ConfirmRequest: WireMessage {
    package static let name = "holdfast.v1.ConfirmRequest"

    /// As in ReserveRequest.
    package var requestID = ""
    /// The reservation.
    package var name = ""
    /// What to do when the deadline has passed.
    package var onExpired = OnExpired.unspecified
    /// As in ReserveRequest.
    package var firstSentAt: LogTime?

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &requestID)
      visitor.field(2, &name)
      visitor.field(3, &onExpired)
      visitor.field(4, &firstSentAt)
    }
  }

  /// The answer to a confirmation.
  package struct ConfirmResponse: WireMessage {
    package static let name = "holdfast.v1.ConfirmResponse"

    /// The request's id, or the one that the node made.
    package var requestID = ""
    /// OUTCOME_FULL, or OUTCOME_NONE when the units could not be acquired again.
    package var outcome = Outcome.unspecified
    /// The reservation as it is now.
    package var reservation: Reservation?
    /// After an attempt to acquire again: one per SKU.
    package var lines: [LineResult] = []
    /// The log time of the decision.
    package var logTime: LogTime?
    /// The entry that decided.
    package var position: Position?

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &requestID)
      visitor.field(2, &outcome)
      visitor.field(3, &reservation)
      visitor.field(4, &lines)
      visitor.field(5, &logTime)
      visitor.field(6, &position)
    }
  }

  /// Asks for more time.
  package struct ExtendRequest: WireMessage {
    package static let name = "holdfast.v1.ExtendRequest"

    /// As in ReserveRequest.
    package var requestID = ""
    /// The reservation.
    package var name = ""
    /// The deadline becomes log time plus this, 1 s to 30 days, unless it is later already; absent:
    /// 15 minutes.
    package var ttl: Swift.Duration?
    /// As in ReserveRequest.
    package var firstSentAt: LogTime?

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &requestID)
      visitor.field(2, &name)
      visitor.field(3, &ttl)
      visitor.field(4, &firstSentAt)
    }
  }

  /// The answer to an extension.
  package struct ExtendResponse: WireMessage {
    package static let name = "holdfast.v1.ExtendResponse"

    /// The request's id, or the one that the node made.
    package var requestID = ""
    /// The reservation as it is now.
    package var reservation: Reservation?
    /// The log time of the decision.
    package var logTime: LogTime?
    /// The entry that decided.
    package var position: Position?

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &requestID)
      visitor.field(2, &reservation)
      visitor.field(3, &logTime)
      visitor.field(4, &position)
    }
  }

  /// Gives units back.
  package struct ReleaseRequest: WireMessage {
    package static let name = "holdfast.v1.ReleaseRequest"

    /// As in ReserveRequest.
    package var requestID = ""
    /// The reservation.
    package var name = ""
    /// What to give back; none: all that is left.
    package var lines: [SkuQuantity] = []
    /// As in ReserveRequest.
    package var firstSentAt: LogTime?

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &requestID)
      visitor.field(2, &name)
      visitor.field(3, &lines)
      visitor.field(4, &firstSentAt)
    }
  }

  /// The answer to a release.
  package struct ReleaseResponse: WireMessage {
    package static let name = "holdfast.v1.ReleaseResponse"

    /// The request's id, or the one that the node made.
    package var requestID = ""
    /// The reservation as it is now.
    package var reservation: Reservation?
    /// The log time of the decision.
    package var logTime: LogTime?
    /// The entry that decided.
    package var position: Position?

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &requestID)
      visitor.field(2, &reservation)
      visitor.field(3, &logTime)
      visitor.field(4, &position)
    }
  }

  /// Records a shipment.
  package struct FulfillRequest: WireMessage {
    package static let name = "holdfast.v1.FulfillRequest"

    /// As in ReserveRequest.
    package var requestID = ""
    /// The reservation.
    package var name = ""
    /// What was shipped; none: all that is left.
    package var lines: [SkuQuantity] = []
    /// Who reports it; together with `source_sequence` it makes the fact unique for ever.
    package var source = ""
    /// The source's own sequence for the accounts concerned, from 1; 0: the source has none.
    package var sourceSequence: UInt64 = 0
    /// As in ReserveRequest.
    package var firstSentAt: LogTime?

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &requestID)
      visitor.field(2, &name)
      visitor.field(3, &lines)
      visitor.field(4, &source)
      visitor.field(5, &sourceSequence)
      visitor.field(6, &firstSentAt)
    }
  }

  /// The answer to a shipment.
  package struct FulfillResponse: WireMessage {
    package static let name = "holdfast.v1.FulfillResponse"

    /// The request's id, or the one that the node made.
    package var requestID = ""
    /// The reservation as it is now.
    package var reservation: Reservation?
    /// The log time of the decision.
    package var logTime: LogTime?
    /// The entry that decided.
    package var position: Position?

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &requestID)
      visitor.field(2, &reservation)
      visitor.field(3, &logTime)
      visitor.field(4, &position)
    }
  }
}
