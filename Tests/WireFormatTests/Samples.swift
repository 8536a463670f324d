import Primitives
import StockLedger

@testable import WireFormat

// Requests that are right in every field, as the tables of limits start from them.

enum Samples {
  static let minted = {
    var random = SeededRandom(seed: 7)
    return MintedID(milliseconds: 1_700_000_000_000, random: &random)
  }()

  static let name = "pools/web/regions/eu/reservations/42"

  static func line(_ sku: String = "sku-1", _ quantity: Int64 = 3) -> API.ReserveLine {
    var line = API.ReserveLine()
    line.sku = sku
    line.quantity = quantity
    line.unit = "carton"
    line.location = "ham"
    return line
  }

  static func reserve() -> API.ReserveRequest {
    var request = API.ReserveRequest()
    request.requestID = "018f2b6e-0000-7000-8000-000000000001"
    request.firstSentAt = LogTime(milliseconds: 1_700_000_000_123)
    request.pool = "web"
    request.region = "eu"
    request.orderID = "4711"
    request.customer = "c-9"
    request.channel = "shop"
    request.lines = [line(), line("sku-2", 1)]
    request.ttl = .seconds(90)
    request.fill = .partial
    request.requiredBy = CivilDate(year: 2026, month: 3, day: 1)
    return request
  }

  /// One that only protobuf-c reads: with an unknown field at its end.
  static let unusualReserve = reserve().encoded() + [0x98, 0x06, 1]

  static func confirm() -> API.ConfirmRequest {
    var request = API.ConfirmRequest()
    request.requestID = "c-1"
    request.name = name
    request.onExpired = .reacquire
    return request
  }

  static func extend() -> API.ExtendRequest {
    var request = API.ExtendRequest()
    request.requestID = "e-1"
    request.name = name
    request.ttl = .seconds(60)
    return request
  }

  static func quantity(_ sku: String, _ quantity: Int64) -> API.SkuQuantity {
    var line = API.SkuQuantity()
    line.sku = sku
    line.quantity = quantity
    return line
  }

  static func release() -> API.ReleaseRequest {
    var request = API.ReleaseRequest()
    request.requestID = "r-1"
    request.name = name
    request.lines = [quantity("sku-1", 2)]
    return request
  }

  static func fulfill() -> API.FulfillRequest {
    var request = API.FulfillRequest()
    request.requestID = "f-1"
    request.name = name
    request.lines = [quantity("sku-1", 1)]
    request.source = "wms"
    request.sourceSequence = 12
    return request
  }

  static func adjust() -> API.AdjustSupplyRequest {
    var request = API.AdjustSupplyRequest()
    request.requestID = "a-1"
    request.source = "erp"
    request.sourceSequence = 9
    request.sku = "sku-1"
    request.location = "ham"
    request.owner = "acme"
    request.delta = -5
    request.availableOn = CivilDate(year: 2026, month: 12, day: 31)
    request.occurredAt = LogTime(milliseconds: 1_700_000_000_000)
    request.reference = "doc-1"
    return request
  }

  static func sync() -> API.SyncSupplyRequest {
    var inbound = API.InboundSupply()
    inbound.availableOn = CivilDate(year: 2026, month: 4, day: 2)
    inbound.quantity = 40
    inbound.reference = "po-1"
    var request = API.SyncSupplyRequest()
    request.requestID = "s-1"
    request.source = "erp"
    request.sourceVersion = 3
    request.countedAt = LogTime(milliseconds: 1_700_000_000_000)
    request.rows = (0..<3).map { i in
      var row = API.SyncSupplyRow()
      row.sku = "sku-\(i)"
      row.location = "ham"
      row.owner = "acme"
      row.onHand = Int64(10 * i)
      row.inbound = i == 2 ? [inbound] : []
      return row
    }
    return request
  }

  static func putSku() -> API.PutSkuRequest {
    var unit = API.SkuUnit()
    unit.unit = "carton"
    unit.baseUnitsEach = 12
    var request = API.PutSkuRequest()
    request.requestID = "p-1"
    request.sku = "sku-1"
    request.baseUnit = "each"
    request.units = [unit]
    request.active = true
    return request
  }

  static func putLocation() -> API.PutLocationRequest {
    var request = API.PutLocationRequest()
    request.requestID = "p-2"
    request.location = "ham"
    request.region = "eu"
    request.zone = "eu-1"
    return request
  }

  static func putPool() -> API.PutPoolRequest {
    var request = API.PutPoolRequest()
    request.requestID = "p-3"
    request.pool = "web"
    request.regions = ["eu", "us"]
    request.locations = ["ham", "nyc"]
    return request
  }

  static func putAccount() -> API.PutAccountRequest {
    var request = API.PutAccountRequest()
    request.requestID = "p-4"
    request.sku = "sku-1"
    request.location = "ham"
    request.owner = "acme"
    request.pool = "web"
    request.buffer = 5
    return request
  }

  /// Every request that is a single command, with its method.
  static let commands: [(HoldfastMethod, [UInt8])] = [
    (.reserve, reserve().encoded()), (.confirm, confirm().encoded()),
    (.extend, extend().encoded()), (.release, release().encoded()),
    (.fulfill, fulfill().encoded()), (.adjustSupply, adjust().encoded()),
    (.putSku, putSku().encoded()), (.putLocation, putLocation().encoded()),
    (.putPool, putPool().encoded()), (.putAccount, putAccount().encoded()),
  ]
}

/// A decoded command: its route as plain values, and its record.
struct Decoded {
  var route: CommandRoute
  var pool: String
  var region: String
  var sku: String
  var location: String
  var owner: String
  var record: [UInt8]

  var bodyBytes: [UInt8] {
    unsafe record.withUnsafeBytes {
      var reader = unsafe CommandReader($0)
      return reader.next().map { unsafe [UInt8]($0.body) } ?? []
    }
  }
}

func text(_ bytes: UnsafeRawBufferPointer) -> String {
  unsafe String(decoding: bytes, as: UTF8.self)
}

/// Decodes with a decoder of its own.
func decode(
  _ method: HoldfastMethod, _ bytes: [UInt8], limits: WireLimits = WireLimits()
) throws -> Decoded {
  var decoder = RequestDecoder(limits: limits, homeRegion: Array("eu".utf8))
  var out = ByteWriter()
  return try unsafe bytes.withUnsafeBytes {
    let route = try unsafe decoder.command(method, $0, minted: Samples.minted, into: &out)
    return unsafe Decoded(
      route: route, pool: text(route.pool), region: text(route.region), sku: text(route.sku),
      location: text(route.location), owner: text(route.owner), record: out.bytes)
  }
}

/// What decoding is refused with; nil when it isn't.
func refused(
  _ method: HoldfastMethod, _ bytes: [UInt8], limits: WireLimits = WireLimits()
) -> RequestRefusal? {
  do {
    _ = try decode(method, bytes, limits: limits)
    return nil
  } catch { return error as? RequestRefusal }
}
