import GRPCCore
import HoldfastStubs
import SwiftProtobuf

/// What reads show.
enum Reading {
  static let cases: [Case<Fixture>] = [
    Case("get and list show reservations, page by page", getAndList),
    Case("a trace shows each event once", traceShowsEvents),
    Case("a position makes any node wait for it (rule Q4)", positionMakesAnyNodeWait),
  ]

  static func getAndList(_ given: Fixture) async throws {
    let shop = try await Shop(given.client)
    var names: [String] = []
    for number in 0..<5 {
      var request = shop.order(1)
      request.orderID = "o-\(number)"
      names.append(try await shop.reservations.reserve(request).reservation.name)
    }
    let got = try await shop.reservations.getReservation(.with { $0.name = names[2] })
    try expect(got.reservation.orderID, "o-2")

    var listed: [String] = []
    var request = Holdfast_V1_ListReservationsRequest.with {
      $0.pool = shop.pool
      $0.region = "eu"
      $0.pageSize = 2
    }
    repeat {
      let page = try await shop.reservations.listReservations(request)
      try expect(page.reservations.count <= 2, "a page of \(page.reservations.count)")
      listed += page.reservations.map(\.name)
      request.pageToken = page.nextPageToken
    } while !request.pageToken.isEmpty && listed.count <= names.count
    try expect(listed, names)
  }

  static func traceShowsEvents(_ given: Fixture) async throws {
    let shop = try await Shop(given.client)
    let name = try await shop.reserve(3).reservation.name
    _ = try await shop.release(name)
    let trace = try await shop.audit.traceReservation(.with { $0.name = name })
    try expect(trace.events.map(\.kind), [.reserve, .release])
  }

  static func positionMakesAnyNodeWait(_ given: Fixture) async throws {
    let shop = try await Shop(given.client)
    let position = try await shop.reserve(5).position
    for region in Shop.regions {
      let seen = try await given.cluster.withClient(of: region, over: given.wire) { client in
        let availability = Holdfast_V1_AvailabilityService.Client(wrapping: client)
        return try await availability.queryAvailability(
          .with {
            $0.pool = shop.pool
            $0.region = "eu"
            $0.skus = [shop.sku]
            $0.atLeast = position
          })
      }
      try expect(seen.position.shard, position.shard)
      try expect(seen.position.index >= position.index, "\(region) showed \(seen.position)")
      try expect(seen.skus.map(\.reserved), [5])
    }
  }
}
