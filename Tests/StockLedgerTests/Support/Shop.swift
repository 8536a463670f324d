import Primitives

@testable import StockLedger

/// A ledger with its log: sends commands, checks all invariants after each, reads the answers.
struct Shop {
  var ledger: ShardLedger
  var now: Int64
  var index: UInt64 = 0
  var term: UInt64 = 1
  private var minted = 0

  static let day0: Int32 = 20_000
  static let start = Int64(day0) * 86_400_000 + 3_600_000

  init(
    limits: LedgerLimits = LedgerLimits(), now: Int64 = Shop.start, checksEachCommand: Bool = true
  ) {
    var limits = limits
    limits.checksEachCommand = checksEachCommand
    ledger = ShardLedger(shard: ShardID(2), limits: limits)
    self.now = now
  }

  /// Pool `main` in `eu` with `skus`, locations L1 and L2 in this order, owner `us`.
  static func stocked(
    _ onHand: [String: Int64] = ["A": 10], locations: [String] = ["L1", "L2"],
    buffer: Int64 = 0, limits: LedgerLimits = LedgerLimits(), checksEachCommand: Bool = true
  ) -> Shop {
    var shop = Shop(limits: limits, checksEachCommand: checksEachCommand)
    let skus = onHand.keys.sorted()
    shop.learn(
      locations.map { .putLocation($0, region: "eu") }
        + [.putPool("main", regions: ["eu"], locations: locations)]
        + skus.map { .putSku($0, units: [("box", 6)]) }
        + skus.map { .putAccount($0, locations[0], pool: "main", buffer: buffer) })
    for sku in skus where onHand[sku]! > 0 {
      shop.send(.adjust(sku: sku, location: locations[0], delta: onHand[sku]!))
    }
    return shop
  }

  /// Applies catalog items as one update.
  mutating func learn(_ items: [Ask]) {
    let version = ledger.catalogVersion
    var body = ByteWriter()
    body.put(UInt64(0))
    body.put(version)
    body.put(version + UInt64(items.count))
    body.put(UInt32(items.count))
    for item in items {
      body.put(item.kind.rawValue)
      body.bytes += item.record(id: "").dropFirst(4 + 2 + 1 + 8)
    }
    send(.update(body.bytes, term: term))
  }

  /// One entry with these records.
  @discardableResult
  mutating func enter(_ records: [[UInt8]]) -> [Answer] {
    index += 1
    var out = ByteWriter()
    ledger.apply(
      payload: records.flatMap { $0 }, index: LogIndex(index), term: Term(term),
      logTime: LogTime(milliseconds: now), outcomes: &out)
    return Answer.all(out.bytes)
  }

  /// One entry with one command; an id is minted when none is given.
  @discardableResult
  mutating func send(_ ask: Ask, id: String? = nil, sentAt: Int64 = Absent.time) -> Answer {
    minted += 1
    return enter([ask.record(id: id ?? "minted-\(minted)", sentAt: sentAt)])[0]
  }

  @discardableResult
  mutating func reserve(
    _ quantity: Int64, of sku: String = "A", id: String? = nil, ttl: Int64 = 900_000
  ) -> Answer {
    send(.reserve(ttl: ttl, lines: [OrderLine(sku: sku, quantity: quantity)]), id: id)
  }

  /// An entry without commands, later.
  mutating func pass(_ milliseconds: Int64) {
    now += milliseconds
    index += 1
    ledger.advance(index: LogIndex(index), term: Term(term), logTime: LogTime(milliseconds: now))
  }

  /// False for a SKU that the catalog does not know.
  func writeAvailability(_ sku: String, _ day: Day?, into out: inout ByteWriter) -> Bool {
    unsafe utf8(sku).withUnsafeBytes {
      unsafe ledger.availability(sku: $0, date: day, into: &out)
    }
  }

  func books(_ sku: String = "A", _ location: String = "L1", _ owner: String = "us")
    -> AccountBooks
  {
    ledger.position(
      sku: Array(sku.utf8), location: Array(location.utf8), owner: Array(owner.utf8))!
  }

  func reservation(_ number: UInt64) -> ReservationAnswer? {
    var out = ByteWriter()
    guard ledger.reservation(number: number, into: &out) else { return nil }
    return unsafe out.bytes.withUnsafeBytes {
      var reader = unsafe ByteReader($0)
      return reader.reservation()
    }
  }
}
