package import Primitives

// Reservations as clients see them.

extension API {
  /// Where a reservation is in its life.
  package enum ReservationState: Int32, WireEnum {
    /// Not set; in a filter: every state.
    case unspecified = 0
    /// Holds units until its deadline.
    case held = 1
    /// Holds units without a deadline.
    case confirmed = 2
    /// A part was shipped, the rest is still promised.
    case partiallyFulfilled = 3
    /// All of it was shipped.
    case fulfilled = 4
    /// Given back; what was shipped before stays shipped.
    case released = 5
    /// Its deadline passed before it was confirmed.
    case expired = 6
  }

  /// An order's claim on units.
  package struct Reservation: WireMessage {
    package static let name = "holdfast.v1.Reservation"

    /// pools/{pool}/regions/{region}/reservations/{number}
    package var name = ""
    /// The order, as its system calls it.
    package var orderID = ""
    /// The customer, as the order system calls it.
    package var customer = ""
    /// The channel that sold it.
    package var channel = ""
    /// The pool that promised the units.
    package var pool = ""
    /// The region whose shard keeps the reservation.
    package var region = ""
    /// Where it is in its life.
    package var state = ReservationState.unspecified
    /// The deadline in log time while HELD; absent afterwards.
    package var expiresAt: LogTime?
    /// What is promised from where.
    package var lines: [ReservationLine] = []
    /// Rises by one with every change.
    package var version: UInt64 = 0

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &name)
      visitor.field(2, &orderID)
      visitor.field(3, &customer)
      visitor.field(4, &channel)
      visitor.field(5, &pool)
      visitor.field(6, &region)
      visitor.field(7, &state)
      visitor.field(8, &expiresAt)
      visitor.field(9, &lines)
      visitor.field(10, &version)
    }
  }

  /// Units of one account in a reservation, in the SKU's base unit.
  package struct ReservationLine: WireMessage {
    package static let name = "holdfast.v1.ReservationLine"

    /// What.
    package var sku = ""
    /// Where.
    package var location = ""
    /// Whose.
    package var owner = ""
    /// Promised in all; still promised is what is neither fulfilled nor released of it.
    package var reserved: Int64 = 0
    /// Shipped.
    package var fulfilled: Int64 = 0
    /// Given back.
    package var released: Int64 = 0
    /// The day on which the units become available; absent for units on hand.
    package var date: CivilDate?

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &sku)
      visitor.field(2, &location)
      visitor.field(3, &owner)
      visitor.field(4, &reserved)
      visitor.field(5, &fulfilled)
      visitor.field(6, &released)
      visitor.field(7, &date)
    }
  }
}
