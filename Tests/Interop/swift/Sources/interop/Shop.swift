import Foundation
import GRPCCore
import HoldfastStubs
import SwiftProtobuf

/// A pool of its own with one location in each region, and the clients to use it.
struct Shop {
  static let regions = ["eu", "us", "ap"]

  let pool: String
  let sku: String
  private let tag: String
  let reservations: Holdfast_V1_ReservationService.Client<Transport>
  let availability: Holdfast_V1_AvailabilityService.Client<Transport>
  let supply: Holdfast_V1_SupplyService.Client<Transport>
  let catalog: Holdfast_V1_CatalogService.Client<Transport>
  let audit: Holdfast_V1_AuditService.Client<Transport>

  /// Puts the catalog's rows and books `units` into eu's location.
  init(_ client: Client, units: Int64 = 100) async throws {
    tag = String(UUID().uuidString.prefix(8))
    pool = "pool-\(tag)"
    sku = "sku-\(tag)"
    reservations = .init(wrapping: client)
    availability = .init(wrapping: client)
    supply = .init(wrapping: client)
    catalog = .init(wrapping: client)
    audit = .init(wrapping: client)
    try await putCatalog()
    try await receive(units, in: "eu")
  }

  func location(in region: String) -> String { "\(region)-\(tag)" }

  private func putCatalog() async throws {
    _ = try await catalog.putSku(
      .with {
        $0.requestID = newID()
        $0.sku = sku
        $0.baseUnit = "each"
        $0.active = true
        $0.units = [
          .with {
            $0.unit = "case"
            $0.baseUnitsEach = 12
          }
        ]
      })
    for region in Self.regions {
      _ = try await catalog.putLocation(
        .with {
          $0.requestID = newID()
          $0.location = location(in: region)
          $0.region = region
          $0.zone = "\(region)-a"
        })
    }
    _ = try await catalog.putPool(
      .with {
        $0.requestID = newID()
        $0.pool = pool
        $0.regions = Self.regions
        $0.locations = Self.regions.map(location(in:))
      })
    for region in Self.regions { try await putAccount(in: region) }
  }

  private func putAccount(in region: String) async throws {
    _ = try await catalog.putAccount(
      .with {
        $0.requestID = newID()
        $0.sku = sku
        $0.location = location(in: region)
        $0.owner = "acme"
        $0.pool = pool
      })
  }

  /// Books units in, once a region; waits out the moment until the shard has heard of its account.
  func receive(_ units: Int64, in region: String) async throws {
    let request = Holdfast_V1_AdjustSupplyRequest.with {
      $0.requestID = newID()
      $0.source = "wms"
      $0.sourceSequence = 1
      $0.sku = sku
      $0.location = location(in: region)
      $0.owner = "acme"
      $0.delta = units
    }
    let answer = try await untilKnown { try await supply.adjustSupply(request) }
    try expect(answer.outcome, .applied)
    try expect(answer.onHand, units)
  }

  /// A request for units of the shop's SKU in eu.
  func order(_ quantity: Int64, in region: String = "eu") -> Holdfast_V1_ReserveRequest {
    .with {
      $0.requestID = newID()
      $0.pool = pool
      $0.region = region
      $0.orderID = "o-1"
      $0.lines = [
        .with {
          $0.sku = sku
          $0.quantity = quantity
        }
      ]
    }
  }

  func reserve(_ quantity: Int64) async throws -> Holdfast_V1_ReserveResponse {
    try await reservations.reserve(order(quantity))
  }

  /// The shop's SKU in eu, read with a majority behind the answer.
  func stock(
    atLeast position: Holdfast_V1_Position? = nil
  ) async throws -> Holdfast_V1_SkuAvailability {
    let answer = try await availability.queryAvailability(
      .with {
        $0.pool = pool
        $0.region = "eu"
        $0.skus = [sku]
        if let position { $0.atLeast = position }
      })
    let by = answer.answered.by
    try expect(by == .lease || by == .quorum, "a linearizable read was answered by \(by)")
    try expect(answer.skus.count, 1)
    return answer.skus[0]
  }

  func watchRequest() -> Holdfast_V1_WatchAvailabilityRequest {
    .with {
      $0.pool = pool
      $0.region = "eu"
      $0.skus = [sku]
    }
  }
}

func newID() -> String { UUID().uuidString }

/// Repeats a call while the answer is that the catalog has not arrived or nobody leads yet.
func untilKnown<Answer>(_ call: () async throws -> Answer) async throws -> Answer {
  for _ in 1..<200 {
    do {
      return try await call()
    } catch let error as RPCError where [.notFound, .unavailable].contains(error.code) {
      try await Task.sleep(for: .milliseconds(50))
    }
  }
  return try await call()
}
