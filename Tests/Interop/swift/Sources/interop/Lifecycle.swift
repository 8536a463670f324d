import GRPCCore
import HoldfastStubs
import SwiftProtobuf

/// A reservation's life.
enum Lifecycle {
  static let cases: [Case<Fixture>] = [
    Case("reserve, confirm, fulfill in parts", reserveConfirmFulfill),
    Case("a release gives units back", releaseGivesUnitsBack),
    Case("an extension moves the deadline", extensionMovesDeadline),
    Case("not enough is an outcome and not an error", notEnoughIsAnOutcome),
    Case("a retry under the same id acts once", retryActsOnce),
    Case("units have item-level factors", unitsHaveFactors),
    Case("another region is reached through any node", anotherRegion),
    Case("a batch answers each on its own", batchAnswersEach),
  ]

  static func reserveConfirmFulfill(_ given: Fixture) async throws {
    let shop = try await Shop(given.client)
    let answer = try await shop.reserve(10)
    let name = answer.reservation.name
    try expect(answer.outcome, .full)
    try expect(answer.reservation.state, .held)
    try expect(answer.lines.map(\.reserved), [10])
    try expect(name.hasPrefix("pools/\(shop.pool)/regions/eu/reservations/"), name)

    let confirmed = try await shop.reservations.confirm(
      .with {
        $0.requestID = newID()
        $0.name = name
      })
    try expect(confirmed.reservation.state, .confirmed)
    try expect(!confirmed.reservation.hasExpiresAt, "a confirmed reservation has a deadline")

    try expect(try await shop.fulfill(name, 4).reservation.state, .partiallyFulfilled)
    let rest = try await shop.fulfill(name, nil)
    try expect(rest.reservation.state, .fulfilled)
    try expect(rest.reservation.lines.map(\.fulfilled), [10])

    let stock = try await shop.stock(atLeast: rest.position)
    try expect([stock.onHand, stock.reserved, stock.atp], [90, 0, 90])
  }

  static func releaseGivesUnitsBack(_ given: Fixture) async throws {
    let shop = try await Shop(given.client)
    let name = try await shop.reserve(60).reservation.name
    try expect(try await shop.stock().atp, 40)
    let released = try await shop.release(name)
    try expect(released.reservation.state, .released)
    try expect(try await shop.stock().atp, 100)
  }

  static func extensionMovesDeadline(_ given: Fixture) async throws {
    let shop = try await Shop(given.client)
    let held = try await shop.reserve(1).reservation
    let extended = try await shop.reservations.extend(
      .with {
        $0.requestID = newID()
        $0.name = held.name
        $0.ttl.seconds = 3600
      })
    let gained = extended.reservation.expiresAt.seconds - held.expiresAt.seconds
    // From 15 minutes to an hour: 2,700 s and what passed between the two calls.
    try expect((2_690...2_800).contains(gained), "the deadline moved by \(gained) s")
  }

  static func notEnoughIsAnOutcome(_ given: Fixture) async throws {
    let shop = try await Shop(given.client)
    let none = try await shop.reserve(101)
    try expect(none.outcome, .none)
    try expect(none.lines.map(\.reason), [.insufficientSupply])
    try expect(!none.hasReservation, "NONE came with a reservation")

    var request = shop.order(101)
    request.fill = .partial
    let part = try await shop.reservations.reserve(request)
    try expect(part.outcome, .partial)
    try expect(part.lines.map(\.reserved), [100])
  }

  static func retryActsOnce(_ given: Fixture) async throws {
    let shop = try await Shop(given.client)
    let request = shop.order(30)
    let first = try await shop.reservations.reserve(request)
    let again = try await shop.reservations.reserve(request)
    try expect(again.reservation.name, first.reservation.name)
    try expect(again.requestID, request.requestID)
    try expect(try await shop.stock().reserved, 30)
  }

  static func unitsHaveFactors(_ given: Fixture) async throws {
    let shop = try await Shop(given.client)
    var request = shop.order(2)
    request.lines[0].unit = "case"
    try expect(try await shop.reservations.reserve(request).lines.map(\.reserved), [24])
  }

  static func anotherRegion(_ given: Fixture) async throws {
    let shop = try await Shop(given.client)
    try await shop.receive(7, in: "us")
    let answer = try await shop.reservations.reserve(shop.order(7, in: "us"))
    try expect(answer.outcome, .full)
    try expect(answer.reservation.name.contains("/regions/us/"), answer.reservation.name)
  }

  static func batchAnswersEach(_ given: Fixture) async throws {
    let shop = try await Shop(given.client)
    let batch = Holdfast_V1_BatchReserveRequest.with {
      $0.requests = [shop.order(60), shop.order(60), shop.order(40)]
      $0.requests[1].lines[0].quantity = 0
    }
    let results = try await shop.reservations.batchReserve(batch).results
    try expect(results.map(\.response.outcome), [.full, .unspecified, .full])
    try expect(results[1].error.code, Int32(Status.Code.invalidArgument.rawValue))
    try expect(try await shop.stock().atp, 0)
  }
}

extension Shop {
  /// Ships `quantity` units; nil: all that is left.
  func fulfill(_ name: String, _ quantity: Int64?) async throws -> Holdfast_V1_FulfillResponse {
    try await reservations.fulfill(
      .with {
        $0.requestID = newID()
        $0.name = name
        guard let quantity else { return }
        $0.lines = [
          .with {
            $0.sku = sku
            $0.quantity = quantity
          }
        ]
      })
  }

  func release(_ name: String) async throws -> Holdfast_V1_ReleaseResponse {
    try await reservations.release(
      .with {
        $0.requestID = newID()
        $0.name = name
      })
  }
}
