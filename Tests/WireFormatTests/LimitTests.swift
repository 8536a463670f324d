import Primitives
import Testing

@testable import WireFormat

/// CONTRACTS, section 2: every limit is kept, and crossing it is a refusal that names the field and
/// the limit.
@Suite struct LimitTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var method: HoldfastMethod
    var bytes: [UInt8]
    var field: String
    var limit: String
    var testDescription: String { "\(method) \(field) \(limit)" }
  }

  static let long65 = String(repeating: "é", count: 32) + "x"
  static let fits64 = String(repeating: "é", count: 32)

  static func reserve(_ change: (inout API.ReserveRequest) -> Void) -> [UInt8] {
    var request = Samples.reserve()
    change(&request)
    return request.encoded()
  }

  static func adjust(_ change: (inout API.AdjustSupplyRequest) -> Void) -> [UInt8] {
    var request = Samples.adjust()
    change(&request)
    return request.encoded()
  }

  static let texts: [Case] = [
    ("pool", reserve { $0.pool = long65 }), ("region", reserve { $0.region = long65 }),
    ("order_id", reserve { $0.orderID = long65 }),
    ("customer", reserve { $0.customer = long65 }), ("channel", reserve { $0.channel = long65 }),
    ("lines[1].sku", reserve { $0.lines[1].sku = long65 }),
    ("lines[0].unit", reserve { $0.lines[0].unit = long65 }),
    ("lines[0].location", reserve { $0.lines[0].location = long65 }),
  ].map { Case(method: .reserve, bytes: $0.1, field: $0.0, limit: "64") }

  static let facts: [Case] = [
    ("source", adjust { $0.source = long65 }), ("sku", adjust { $0.sku = long65 }),
    ("location", adjust { $0.location = long65 }), ("owner", adjust { $0.owner = long65 }),
    ("reference", adjust { $0.reference = long65 }),
  ].map { Case(method: .adjustSupply, bytes: $0.1, field: $0.0, limit: "64") }

  static let numbers: [Case] = [
    Case(
      method: .reserve, bytes: reserve { $0.requestID = String(repeating: "i", count: 37) },
      field: "request_id", limit: "36"),
    Case(
      method: .reserve,
      bytes: reserve { $0.lines = [API.ReserveLine](repeating: Samples.line(), count: 2_001) },
      field: "lines", limit: "2000"),
    Case(
      method: .reserve, bytes: reserve { $0.lines[0].quantity = 1_000_000_000_001 },
      field: "lines[0].quantity", limit: "1000000000000"),
    Case(
      method: .reserve, bytes: reserve { $0.ttl = .seconds(30 * 86_400 + 1) }, field: "ttl",
      limit: "2592000000"),
    Case(
      method: .adjustSupply, bytes: adjust { $0.delta = -1_000_000_000_001 }, field: "delta",
      limit: "1000000000000"),
    Case(
      method: .reserve, bytes: [UInt8](repeating: 0, count: (4 << 20) + 1), field: "message",
      limit: "4194304"),
  ]

  @Test(arguments: texts + facts + numbers)
  func aCrossedLimitNamesItsFieldAndItself(_ crossed: Case) throws {
    let refusal = try #require(refused(crossed.method, crossed.bytes))
    #expect(refusal.reason == .limitExceeded && refusal.code == .invalidArgument)
    #expect(refusal.violations.map(\.field) == [crossed.field])
    #expect(refusal.metadata.contains(RefusalNote("field", crossed.field)))
    #expect(refusal.metadata.contains(RefusalNote("limit", crossed.limit)))
  }

  static let within: [[UInt8]] = [
    reserve {
      $0.requestID = String(repeating: "i", count: 36)
      $0.pool = fits64
      $0.region = fits64
      $0.orderID = fits64
      $0.customer = fits64
      $0.channel = fits64
      $0.lines[0].sku = fits64
      $0.lines[0].unit = fits64
      $0.lines[0].location = fits64
    },
    reserve { $0.lines = [API.ReserveLine](repeating: Samples.line(), count: 2_000) },
    reserve { $0.lines[0].quantity = 1_000_000_000_000 },
    reserve { $0.ttl = .seconds(30 * 86_400) },
    reserve { $0.ttl = .seconds(1) },
  ]

  @Test(arguments: within)
  func whatReachesALimitIsTaken(_ bytes: [UInt8]) throws {
    #expect(refused(.reserve, bytes) == nil)
  }

  @Test func aNameHasTwoTextsOfSixtyFourBytes() throws {
    func confirm(_ name: String) -> RequestRefusal? {
      var request = Samples.confirm()
      request.name = name
      return WireFormatTests.refused(.confirm, request.encoded())
    }
    let longest = String(repeating: "p", count: 64)
    let number = UInt64.max
    #expect(confirm("pools/\(longest)/regions/\(longest)/reservations/\(number)") == nil)
    let crossed = confirm("pools/\(longest)p/regions/eu/reservations/1")
    #expect(crossed?.reason == .limitExceeded)
    let tooLong = confirm("pools/" + String(repeating: "p", count: 300))
    #expect(tooLong?.metadata.contains(RefusalNote("limit", "192")) == true)
  }

  @Test(arguments: [(8_193, 1, "requests", "8192"), (17, 964, "requests[16].lines", "16384")])
  func aBatchHasTwoLimits(_ items: Int, _ lines: Int, _ field: String, _ limit: String) throws {
    var item = API.ReserveRequest()
    item.pool = "w"
    item.lines = [API.ReserveLine](repeating: Samples.quantityOnly("a", 1), count: lines)
    var batch = API.BatchReserveRequest()
    batch.requests = [API.ReserveRequest](repeating: item, count: items)
    #expect(decodeBatch(batch)?.metadata.contains(RefusalNote("limit", limit)) == true)
    #expect(decodeBatch(batch)?.violations.first?.field == field)
    batch.requests.removeLast()
    #expect(decodeBatch(batch) == nil, "one fewer is taken")
  }

  private func decodeBatch(_ batch: API.BatchReserveRequest) -> RequestRefusal? {
    var decoder = RequestDecoder(homeRegion: [])
    var out = ByteWriter()
    do {
      let items = try unsafe batch.encoded().withUnsafeBytes {
        try unsafe decoder.batch($0, into: &out) { Samples.minted }
      }
      #expect(items.count == batch.requests.count && items.allSatisfy { $0.refusal == nil })
      return nil
    } catch { return error as? RequestRefusal }
  }

  @Test func elementsOfOtherRequestsAreLimitedToo() {
    var limits = WireLimits()
    limits.linesMax = 1
    limits.skuUnitsMax = 0
    limits.poolRegionsMax = 1
    #expect(refused(.release, twoLines(Samples.release()), limits: limits)?.field == "lines")
    #expect(refused(.putSku, Samples.putSku().encoded(), limits: limits)?.field == "units")
    #expect(refused(.putPool, Samples.putPool().encoded(), limits: limits)?.field == "regions")
    limits.poolRegionsMax = 2
    limits.poolLocationsMax = 1
    #expect(refused(.putPool, Samples.putPool().encoded(), limits: limits)?.field == "locations")
  }

  private func twoLines(_ request: API.ReleaseRequest) -> [UInt8] {
    var request = request
    request.lines.append(Samples.quantity("b", 1))
    return request.encoded()
  }

  @Test func aCountIsLimitedInRowsAndInbound() {
    func sync(_ limits: WireLimits) -> RequestRefusal? {
      var decoder = RequestDecoder(limits: limits, homeRegion: [])
      var out = ByteWriter()
      do {
        _ = try unsafe Samples.sync().encoded().withUnsafeBytes {
          try unsafe decoder.sync($0, minted: Samples.minted, into: &out) { _, _, _ in ShardID(2) }
        }
        return nil
      } catch { return error as? RequestRefusal }
    }
    #expect(sync(WireLimits()) == nil)
    var limits = WireLimits()
    limits.syncRowsMax = 2
    #expect(sync(limits)?.field == "rows")
    limits = WireLimits()
    limits.syncInboundMax = 0
    #expect(sync(limits)?.field == "rows[2].inbound")
    limits = WireLimits()
    limits.inboundPerRowMax = 0
    #expect(sync(limits)?.field == "rows[2].inbound")
  }

  @Test func anArenaIsAllThatAMessageGets() {
    var limits = WireLimits()
    limits.arenaBytesMax = 600
    let refusal = refused(.reserve, Samples.unusualReserve, limits: limits)
    #expect(refusal?.reason == .limitExceeded && refusal?.field == "message")
    #expect(refusal?.metadata.contains(RefusalNote("limit", "600")) == true)
    #expect(refused(.reserve, Samples.reserve().encoded(), limits: limits) == nil)
  }

  @Test func pagesAreCutToTheirLargestSize() throws {
    var decoder = RequestDecoder(homeRegion: Array("eu".utf8))
    for (asked, given) in [(Int32(0), Int32(100)), (1, 1), (1_000, 1_000), (5_000, 1_000)] {
      var request = API.ListReservationsRequest()
      request.pool = "web"
      request.pageSize = asked
      let read: API.ListReservationsRequest = try unsafe request.encoded().withUnsafeBytes {
        try unsafe decoder.read(.listReservations, $0)
      }
      #expect(read.pageSize == given && read.region == "eu")
    }
  }
}

extension RequestRefusal {
  /// The one field that is named.
  var field: String? { violations.count == 1 ? violations[0].field : nil }
}
