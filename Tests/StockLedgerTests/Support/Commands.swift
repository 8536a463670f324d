import Primitives

@testable import StockLedger

/// Commands as plain values, so that tests read like scripts.
struct OrderLine: Equatable {
  var sku: String
  var quantity: Int64
  var unit = ""
  var location = ""
}

enum Ask: Equatable {
  case reserve(
    order: String = "o", customer: String = "c", channel: String = "web", ttl: Int64 = 900_000,
    fill: Fill = .allOrNothing, requiredBy: Int32 = Absent.day, lines: [OrderLine])
  case confirm(UInt64, OnExpired = .refuse)
  case extend(UInt64, ttl: Int64)
  case release(UInt64, [OrderLine] = [])
  case fulfill(UInt64, [OrderLine] = [], source: String = "", sequence: UInt64 = 0)
  case adjust(
    source: String = "erp", sequence: UInt64 = 0, sku: String, location: String,
    owner: String = "us", delta: Int64, day: Int32 = Absent.day, occurredAt: Int64 = Absent.time)
  case sync(source: String = "erp", version: UInt64, countedAt: Int64 = Absent.time, [CountRow])
  case putSku(String, base: String = "each", active: Bool = true, units: [(String, Int64)] = [])
  case putLocation(String, region: String, zone: String = "")
  case putPool(String, regions: [String], locations: [String])
  case putAccount(String, String, owner: String = "us", pool: String, buffer: Int64 = 0)
  case putNode(UInt64, region: String, zone: String, address: String)
  case dropNode(UInt64)
  case pulse(term: UInt64)
  case update([UInt8], term: UInt64)

  static func == (a: Ask, b: Ask) -> Bool { a.record(id: "x") == b.record(id: "x") }
}

struct CountRow: Equatable {
  var sku: String
  var location: String
  var owner = "us"
  var onHand: Int64
  var inbound: [Inbound] = []
}

struct Inbound: Equatable {
  var day: Int32
  var quantity: Int64
}

extension ByteWriter {
  mutating func put(text: String) { put(short: Array(text.utf8)) }

  mutating func put(skus lines: [OrderLine]) {
    put(UInt16(lines.count))
    for line in lines {
      put(text: line.sku)
      put(line.quantity)
    }
  }
}

extension Ask {
  var kind: CommandKind {
    switch self {
    case .reserve: .reserve
    case .confirm: .confirm
    case .extend: .extend
    case .release: .release
    case .fulfill: .fulfill
    case .adjust: .adjustSupply
    case .sync: .syncSupply
    case .putSku: .putSku
    case .putLocation: .putLocation
    case .putPool: .putPool
    case .putAccount: .putAccount
    case .putNode: .putNode
    case .dropNode: .dropNode
    case .pulse: .pulse
    case .update: .catalogUpdate
    }
  }

  func record(id: String, sentAt: Int64 = Absent.time) -> [UInt8] {
    var out = ByteWriter()
    switch self {
    case .pulse(let term): CommandWriter.pulse(term: Term(term), into: &out)
    case .update(let body, let term):
      CommandWriter.catalogUpdate(body: body, term: Term(term), into: &out)
    default:
      let mark = CommandWriter.begin(
        kind, requestID: Array(id.utf8), firstSentAt: sentAt, into: &out)
      writeBody(into: &out)
      CommandWriter.end(mark, into: &out)
    }
    return out.bytes
  }

  private func writeBody(into out: inout ByteWriter) {
    switch self {
    case .reserve(let order, let customer, let channel, let ttl, let fill, let day, let lines):
      for text in [order, customer, channel] { out.put(text: text) }
      out.put(ttl)
      out.put(fill.rawValue)
      out.put(day)
      out.put(UInt16(lines.count))
      for line in lines {
        out.put(text: line.sku)
        out.put(line.quantity)
        out.put(text: line.unit)
        out.put(text: line.location)
      }
    case .confirm(let number, let onExpired):
      out.put(number)
      out.put(onExpired.rawValue)
    case .extend(let number, let ttl):
      out.put(number)
      out.put(ttl)
    case .release(let number, let lines):
      out.put(number)
      out.put(skus: lines)
    case .fulfill(let number, let lines, let source, let sequence):
      out.put(number)
      out.put(skus: lines)
      out.put(text: source)
      out.put(sequence)
    default: writeSupplyOrCatalog(into: &out)
    }
  }

  private func writeSupplyOrCatalog(into out: inout ByteWriter) {
    switch self {
    case .adjust(
      let source, let sequence, let sku, let location, let owner, let delta, let day, let at):
      out.put(text: source)
      out.put(sequence)
      for text in [sku, location, owner] { out.put(text: text) }
      out.put(delta)
      out.put(day)
      out.put(at)
      out.put(text: "ref")
    case .sync(let source, let version, let countedAt, let rows):
      out.put(text: source)
      out.put(version)
      out.put(countedAt)
      out.put(UInt32(rows.count))
      for row in rows {
        for text in [row.sku, row.location, row.owner] { out.put(text: text) }
        out.put(row.onHand)
        out.put(UInt16(row.inbound.count))
        for inbound in row.inbound {
          out.put(inbound.day)
          out.put(inbound.quantity)
          out.put(text: "ship")
        }
      }
    case .putSku(let sku, let base, let active, let units):
      out.put(text: sku)
      out.put(text: base)
      out.put(UInt8(active ? 1 : 0))
      out.put(UInt16(units.count))
      for unit in units {
        out.put(text: unit.0)
        out.put(unit.1)
      }
    case .putLocation(let location, let region, let zone):
      for text in [location, region, zone] { out.put(text: text) }
    case .putPool(let pool, let regions, let locations):
      out.put(text: pool)
      for list in [regions, locations] {
        out.put(UInt16(list.count))
        for text in list { out.put(text: text) }
      }
    case .putAccount(let sku, let location, let owner, let pool, let buffer):
      for text in [sku, location, owner, pool] { out.put(text: text) }
      out.put(buffer)
    case .putNode(let node, let region, let zone, let address):
      out.put(node)
      for text in [region, zone, address] { out.put(text: text) }
    case .dropNode(let node): out.put(node)
    default: preconditionFailure("\(self) has no body")
    }
  }
}
