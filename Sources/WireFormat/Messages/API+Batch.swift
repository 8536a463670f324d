// Reserving much at once.

extension API {
  /// Asks for many reservations.
  package struct BatchReserveRequest: WireMessage {
    package static let name = "holdfast.v1.BatchReserveRequest"

    /// At most 8,192 requests with 16,384 lines in all.
    package var requests: [ReserveRequest] = []

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &requests)
    }
  }

  /// The answers to a batch.
  package struct BatchReserveResponse: WireMessage {
    package static let name = "holdfast.v1.BatchReserveResponse"

    /// One per request, in order.
    package var results: [BatchReserveResult] = []

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &results)
    }
  }

  /// What became of one request of a batch.
  package struct BatchReserveResult: WireMessage {
    package static let name = "holdfast.v1.BatchReserveResult"

    /// The answer.
    package var response: ReserveResponse?
    /// The status; an unknown outcome is UNAVAILABLE or DEADLINE_EXCEEDED.
    package var error: Status?

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &response)
      visitor.field(2, &error)
    }
  }

  /// One request of a stream.
  package struct StreamReserveRequest: WireMessage {
    package static let name = "holdfast.v1.StreamReserveRequest"

    /// The request.
    package var request: ReserveRequest?

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &request)
    }
  }

  /// One answer of a stream.
  package struct StreamReserveResponse: WireMessage {
    package static let name = "holdfast.v1.StreamReserveResponse"

    /// Which request of the stream this answers, counted from 1.
    package var sequence: UInt64 = 0
    /// The answer.
    package var response: ReserveResponse?
    /// The status.
    package var error: Status?

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &sequence)
      visitor.field(2, &response)
      visitor.field(3, &error)
    }
  }
}
