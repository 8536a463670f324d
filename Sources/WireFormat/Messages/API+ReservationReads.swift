package import Primitives

// Reading reservations.

extension API {
  /// Asks for one reservation.
  package struct GetReservationRequest: WireMessage {
    package static let name = "holdfast.v1.GetReservationRequest"

    /// The reservation.
    package var name = ""
    /// How fresh.
    package var read = Read.unspecified
    /// Wait until the state includes this position.
    package var atLeast: Position?

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &name)
      visitor.field(2, &read)
      visitor.field(3, &atLeast)
    }
  }

  /// One reservation.
  package struct GetReservationResponse: WireMessage {
    package static let name = "holdfast.v1.GetReservationResponse"

    /// The reservation.
    package var reservation: Reservation?
    /// How it was read.
    package var answered: Answered?
    /// The state that was read.
    package var position: Position?
    /// Its log time.
    package var logTime: LogTime?

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &reservation)
      visitor.field(2, &answered)
      visitor.field(3, &position)
      visitor.field(4, &logTime)
    }
  }

  /// Asks for a page of reservations.
  package struct ListReservationsRequest: WireMessage {
    package static let name = "holdfast.v1.ListReservationsRequest"

    /// The pool.
    package var pool = ""
    /// The region; empty: that of the node that was asked.
    package var region = ""
    /// At most 1,000; 0: 100.
    package var pageSize: Int32 = 0
    /// From the page before; empty: the first page.
    package var pageToken = ""
    /// Only of this state; unspecified: of every state.
    package var state = ReservationState.unspecified
    /// Only of this order; empty: of every order.
    package var orderID = ""
    /// Only of this customer; empty: of every customer.
    package var customer = ""
    /// How fresh.
    package var read = Read.unspecified
    /// Wait until the state includes this position.
    package var atLeast: Position?

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &pool)
      visitor.field(2, &region)
      visitor.field(3, &pageSize)
      visitor.field(4, &pageToken)
      visitor.field(5, &state)
      visitor.field(6, &orderID)
      visitor.field(7, &customer)
      visitor.field(8, &read)
      visitor.field(9, &atLeast)
    }
  }

  /// A page of reservations.
  package struct ListReservationsResponse: WireMessage {
    package static let name = "holdfast.v1.ListReservationsResponse"

    /// In the order of their numbers.
    package var reservations: [Reservation] = []
    /// For the next page; empty: this is the last.
    package var nextPageToken = ""
    /// How it was read.
    package var answered: Answered?
    /// The state that was read.
    package var position: Position?
    /// Its log time.
    package var logTime: LogTime?

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &reservations)
      visitor.field(2, &nextPageToken)
      visitor.field(3, &answered)
      visitor.field(4, &position)
      visitor.field(5, &logTime)
    }
  }
}
