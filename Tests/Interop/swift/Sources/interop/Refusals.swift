import GRPCCore
import GRPCProtobuf
import HoldfastStubs
import SwiftProtobuf

/// Statuses and what is in `grpc-status-details-bin`.
enum Refusals {
  static let cases: [Case<Fixture>] = [
    Case("bad input names the field", badInputNamesTheField),
    Case("a reused request id is ALREADY_EXISTS", reusedID),
    Case("a wrong state is FAILED_PRECONDITION with the state", wrongState),
    Case("unknown names are NOT_FOUND", unknownNames),
    Case("holdfast-route: none names the leader instead of forwarding", routeNone),
  ]

  static func badInputNamesTheField(_ given: Fixture) async throws {
    let shop = try await Shop(given.client)
    let error = try await refusal(.invalidArgument) { try await shop.reserve(0) }
    try expect(try error.info().reason, "INVALID_FIELD")
    let bad = try error.details().compactMap(\.badRequest)
    try expect(bad.map { $0.violations.map(\.field) }, [["lines[0].quantity"]])
  }

  static func reusedID(_ given: Fixture) async throws {
    let shop = try await Shop(given.client)
    let first = shop.order(1)
    _ = try await shop.reservations.reserve(first)
    var other = shop.order(2)
    other.requestID = first.requestID
    let error = try await refusal(.alreadyExists) { try await shop.reservations.reserve(other) }
    try expect(try error.info().reason, "REQUEST_ID_REUSED")
    try expect(try await shop.stock().reserved, 1)
  }

  static func wrongState(_ given: Fixture) async throws {
    let shop = try await Shop(given.client)
    let name = try await shop.reserve(1).reservation.name
    _ = try await shop.release(name)
    let error = try await refusal(.failedPrecondition) { try await shop.release(name) }
    try expect(try error.info().reason, "WRONG_STATE")
    try expect(try error.info().metadata["state"], "RELEASED")
  }

  static func unknownNames(_ given: Fixture) async throws {
    let shop = try await Shop(given.client)
    let reservation = try await refusal(.notFound) {
      try await shop.reservations.getReservation(
        .with { $0.name = "pools/\(shop.pool)/regions/eu/reservations/999999999" })
    }
    try expect(try reservation.info().reason, "UNKNOWN_RESERVATION")
    var request = shop.order(1)
    request.pool = "no-such-pool"
    let pool = try await refusal(.notFound) { try await shop.reservations.reserve(request) }
    try expect(try pool.info().reason, "UNKNOWN_POOL")
  }

  /// The hint names a node that then does it under the same metadata.
  static func routeNone(_ given: Fixture) async throws {
    let shop = try await Shop(given.client)
    let request = shop.order(1)
    let metadata: Metadata = ["holdfast-route": "none"]
    let error = try await given.cluster.withClient(of: "us", over: given.wire) { client in
      let elsewhere = Holdfast_V1_ReservationService.Client(wrapping: client)
      return try await refusal(.unavailable) {
        try await elsewhere.reserve(request, metadata: metadata)
      }
    }
    let info = try error.info()
    try expect(info.reason, "NOT_LEADER")
    try expect(try error.details().compactMap(\.retryInfo).count, 1)
    let leader = try required(
      given.cluster.nodes.first { String($0.id) == info.metadata["leader"] }, "leader's node")
    try expect(info.metadata["address"], leader.endpoint)

    let answer = try await given.cluster.withClient(of: leader.region, over: given.wire) { client in
      try await Holdfast_V1_ReservationService.Client(wrapping: client)
        .reserve(request, metadata: metadata)
    }
    try expect(answer.outcome, .full)
  }
}
