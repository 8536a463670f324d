import GRPCTransport
package import WireFormat

extension ReservationClient {
  /// Promises units to an order until a deadline. An empty region is filled in first.
  package func reserve(
    _ request: ClientReserve
  ) async throws(ClientFailure) -> ClientReservationAnswer {
    let filled = try await withRegion(request)
    return try await send(
      filled, route: .pool(filled.pool, region: filled.region),
      answer: ClientReservationAnswer.self)
  }

  /// The same request with a region.
  package func withRegion(_ request: ClientReserve) async throws(ClientFailure) -> ClientReserve {
    guard request.region.isEmpty else { return request }
    var filled = request
    filled.region = try await region()
    return filled
  }

  /// Takes the deadline off a hold.
  package func confirm(
    _ request: ClientConfirm
  ) async throws(ClientFailure) -> ClientReservationAnswer {
    try await send(
      request, route: .reservation(request.name), answer: ClientReservationAnswer.self)
  }

  /// Moves the deadline of a hold.
  package func extend(
    _ request: ClientExtend
  ) async throws(ClientFailure) -> ClientReservationAnswer {
    try await sendForReservation(request, name: request.name)
  }

  /// Gives units back.
  package func release(
    _ request: ClientRelease
  ) async throws(ClientFailure) -> ClientReservationAnswer {
    try await sendForReservation(request, name: request.name)
  }

  /// Records a shipment.
  package func fulfill(
    _ request: ClientFulfill
  ) async throws(ClientFailure) -> ClientReservationAnswer {
    try await sendForReservation(request, name: request.name)
  }

  private func sendForReservation<Request: ClientRequest>(
    _ request: Request, name: String
  ) async throws(ClientFailure) -> ClientReservationAnswer {
    let bytes = try await send(request, route: .reservation(name))
    guard let answer = ClientReservationAnswer(withoutOutcome: bytes) else {
      throw .malformedAnswer(Request.method)
    }
    return answer
  }

  /// Reads one reservation; nothing when there is none of this name.
  package func reservation(
    named name: String
  ) async throws(ClientFailure) -> ClientReservation? {
    do {
      return try await send(
        ClientGetReservation(name: name), answer: ClientGetReservationAnswer.self
      ).reservation
    } catch .refused(let failure) where failure.code == .notFound {
      return nil
    }
  }
}
