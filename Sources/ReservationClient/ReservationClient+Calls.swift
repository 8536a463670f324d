import GRPCTransport
package import WireFormat

extension ReservationClient {
  /// Promises units to an order until a deadline. An empty region is filled in first.
  package func reserve(
    _ request: API.ReserveRequest
  ) async throws(ClientFailure) -> API.ReserveResponse {
    let filled = try await withRegion(request)
    return try await send(filled, route: .pool(filled.pool, region: filled.region))
  }

  /// The same request with a region: that of the node that this client asks.
  package func withRegion(
    _ request: API.ReserveRequest
  ) async throws(ClientFailure) -> API.ReserveRequest {
    guard request.region.isEmpty else { return request }
    var filled = request
    filled.region = try await region()
    return filled
  }

  /// Takes the deadline off a hold.
  package func confirm(
    _ request: API.ConfirmRequest
  ) async throws(ClientFailure) -> API.ConfirmResponse {
    try await send(request, route: .reservation(request.name))
  }

  /// Moves the deadline of a hold.
  package func extend(
    _ request: API.ExtendRequest
  ) async throws(ClientFailure) -> API.ExtendResponse {
    try await send(request, route: .reservation(request.name))
  }

  /// Gives units back.
  package func release(
    _ request: API.ReleaseRequest
  ) async throws(ClientFailure) -> API.ReleaseResponse {
    try await send(request, route: .reservation(request.name))
  }

  /// Records a shipment.
  package func fulfill(
    _ request: API.FulfillRequest
  ) async throws(ClientFailure) -> API.FulfillResponse {
    try await send(request, route: .reservation(request.name))
  }

  /// Reads one reservation; nothing when there is none of this name.
  package func reservation(
    named name: String
  ) async throws(ClientFailure) -> API.Reservation? {
    do {
      return try await send(API.GetReservationRequest(name: name)).reservation
    } catch {
      if case .refused(let failure) = error, failure.code == .notFound { return nil }
      throw error
    }
  }
}
