import Primitives
import StockLedger

/// Command records as WireFormat would write them.
enum Commands {
  static func reserve(
    id: String, order: String, sku: String, quantity: Int64, ttl: Int64 = 900_000
  ) -> [UInt8] {
    record(.reserve, id: id) { out in
      out.put(short: Array(order.utf8))
      out.put(short: Array("customer".utf8))
      out.put(short: Array("shop".utf8))
      out.put(ttl)
      out.put(Fill.allOrNothing.rawValue)
      out.put(Absent.day)
      out.put(UInt16(1))
      out.put(short: Array(sku.utf8))
      out.put(quantity)
      out.put(short: [])
      out.put(short: [])
    }
  }

  static func confirm(id: String, number: UInt64) -> [UInt8] {
    record(.confirm, id: id) { out in
      out.put(number)
      out.put(OnExpired.refuse.rawValue)
    }
  }

  static func release(id: String, number: UInt64) -> [UInt8] {
    record(.release, id: id) { out in
      out.put(number)
      out.put(UInt16(0))
    }
  }

  static func adjustSupply(
    id: String, sequence: UInt64, sku: String, location: String, delta: Int64
  ) -> [UInt8] {
    record(.adjustSupply, id: id) { out in
      out.put(short: Array("erp".utf8))
      out.put(sequence)
      out.put(short: Array(sku.utf8))
      out.put(short: Array(location.utf8))
      out.put(short: Array("acme".utf8))
      out.put(delta)
      out.put(Absent.day)
      out.put(Absent.time)
      out.put(short: [])
    }
  }

  static func putSku(id: String, sku: String) -> [UInt8] {
    record(.putSku, id: id) { out in
      out.put(short: Array(sku.utf8))
      out.put(short: Array("piece".utf8))
      out.put(UInt8(1))
      out.put(UInt16(0))
    }
  }

  static func putLocation(id: String, location: String, region: String) -> [UInt8] {
    record(.putLocation, id: id) { out in
      out.put(short: Array(location.utf8))
      out.put(short: Array(region.utf8))
      out.put(short: Array("a".utf8))
    }
  }

  static func putPool(
    id: String, pool: String, regions: [String], locations: [String]
  ) -> [UInt8] {
    record(.putPool, id: id) { out in
      out.put(short: Array(pool.utf8))
      for list in [regions, locations] {
        out.put(UInt16(list.count))
        for name in list { out.put(short: Array(name.utf8)) }
      }
    }
  }

  static func putAccount(
    id: String, sku: String, location: String, pool: String, buffer: Int64 = 0
  ) -> [UInt8] {
    record(.putAccount, id: id) { out in
      out.put(short: Array(sku.utf8))
      out.put(short: Array(location.utf8))
      out.put(short: Array("acme".utf8))
      out.put(short: Array(pool.utf8))
      out.put(buffer)
    }
  }

  private static func record(
    _ kind: CommandKind, id: String, _ body: (inout ByteWriter) -> Void
  ) -> [UInt8] {
    var out = ByteWriter()
    let mark = CommandWriter.begin(kind, requestID: Array(id.utf8), into: &out)
    body(&out)
    CommandWriter.end(mark, into: &out)
    return out.bytes
  }
}

/// What a client reads from an outcome record.
struct Outcome: Equatable {
  var kind: UInt8
  var refusal: CallRefusal
  var fill: FillOutcome?
  var number: UInt64?
  var state: UInt8?
  var orderID: String?

  init(record bytes: [UInt8]) {
    (self) = unsafe bytes.withUnsafeBytes { bytes in
      var reader = unsafe OutcomeReader(bytes)
      guard var record = reader.next() else { fatalError("no outcome in \(bytes.count) bytes") }
      return Outcome(reading: &record)
    }
  }

  private init(reading record: inout OutcomeRecord) {
    kind = record.kind
    refusal = record.refusal
    guard refusal == .none, (1...5).contains(kind) else { return }
    fill = FillOutcome(rawValue: record.body.get(UInt8.self))
    let hasReservation = kind == 1 ? record.body.get(UInt8.self) == 1 : true
    guard hasReservation else { return }
    let reservation = ReservationRecord(from: &record.body)
    number = reservation.number
    state = reservation.state
    orderID = unsafe String(decoding: reservation.orderID, as: UTF8.self)
  }

  /// The records of one reply, each by itself.
  static func split(_ bytes: [UInt8]) -> [[UInt8]] {
    unsafe bytes.withUnsafeBytes { all in
      var reader = unsafe OutcomeReader(all)
      var records: [[UInt8]] = []
      var start = 0
      while reader.next() != nil {
        records.append(Array(bytes[start..<reader.offset]))
        start = reader.offset
      }
      precondition(reader.isValid && start == bytes.count, "outcomes end at \(start)")
      return records
    }
  }
}
