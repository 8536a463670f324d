package import Primitives

// Reserving.

extension API {
  /// What to do with what can't be had in full.
  package enum Fill: Int32, WireEnum {
    /// The same as FILL_ALL_OR_NOTHING.
    case unspecified = 0
    /// Every line in full, or no reservation.
    case allOrNothing = 1
    /// As much of each line as there is.
    case partial = 2
  }

  /// What Confirm does after the deadline.
  package enum OnExpired: Int32, WireEnum {
    /// The same as ON_EXPIRED_REFUSE.
    case unspecified = 0
    /// FAILED_PRECONDITION with reason HOLD_EXPIRED.
    case refuse = 1
    /// Admits the same lines again under the same name: all of them, or OUTCOME_NONE.
    case reacquire = 2
  }

  /// One line of an order.
  package struct ReserveLine: WireMessage {
    package static let name = "holdfast.v1.ReserveLine"

    /// The SKU.
    package var sku = ""
    /// 1 to 1,000,000,000,000, in `unit`.
    package var quantity: Int64 = 0
    /// A unit of the SKU; empty: its base unit.
    package var unit = ""
    /// Only from here; empty: the pool's locations in their order.
    package var location = ""

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &sku)
      visitor.field(2, &quantity)
      visitor.field(3, &unit)
      visitor.field(4, &location)
    }
  }

  /// Asks for units for one order.
  package struct ReserveRequest: WireMessage {
    package static let name = "holdfast.v1.ReserveRequest"

    /// At most 36 bytes, a UUIDv7 by preference. A retry with the same id and body repeats the
    /// answer. Empty: the node makes one, and the call isn't protected against its own retry.
    package var requestID = ""
    /// When the first attempt was sent; the same on every retry.
    package var firstSentAt: LogTime?
    /// The pool to promise from.
    package var pool = ""
    /// The region to promise in; empty: the region of the node that was asked.
    package var region = ""
    /// The order, as its system calls it.
    package var orderID = ""
    /// The customer, as the order system calls it.
    package var customer = ""
    /// The channel that sells.
    package var channel = ""
    /// 1 to 2,000 lines. Lines of one SKU are merged before they are checked.
    package var lines: [ReserveLine] = []
    /// How long the hold lives, 1 s to 30 days; absent: 15 minutes.
    package var ttl: Swift.Duration?
    /// What to do when there isn't enough.
    package var fill = Fill.unspecified
    /// The units must be available on this day; absent: today, the UTC day of log time.
    package var requiredBy: CivilDate?

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &requestID)
      visitor.field(2, &firstSentAt)
      visitor.field(3, &pool)
      visitor.field(4, &region)
      visitor.field(5, &orderID)
      visitor.field(6, &customer)
      visitor.field(7, &channel)
      visitor.field(8, &lines)
      visitor.field(9, &ttl)
      visitor.field(10, &fill)
      visitor.field(11, &requiredBy)
    }
  }

  /// What an order got.
  package struct ReserveResponse: WireMessage {
    package static let name = "holdfast.v1.ReserveResponse"

    /// The request's id, or the one that the node made.
    package var requestID = ""
    /// All, a part or nothing.
    package var outcome = Outcome.unspecified
    /// The reservation as it is now; absent with OUTCOME_NONE.
    package var reservation: Reservation?
    /// One per SKU, in the order of the request.
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
}
