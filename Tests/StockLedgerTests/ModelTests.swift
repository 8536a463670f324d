import Primitives
import Testing

@testable import StockLedger

/// Seeded random commands against the model, invariants after each, restarts in between.
@Suite struct ModelTests {
  private static let skus = ["A", "B", "C"]
  private static let places = ["L1", "L2"]

  private func shop() -> (Shop, Model) {
    var shop = Shop()
    shop.learn(
      [.putLocation("L1", region: "eu"), .putLocation("L2", region: "eu")]
        + [.putPool("main", regions: ["eu"], locations: Self.places)]
        + Self.skus.map { .putSku($0, units: [("box", 6)]) }
        + Self.skus.flatMap { sku in
          Self.places.map { .putAccount(sku, $0, pool: "main", buffer: $0 == "L2" ? 3 : 0) }
        })
    let accounts = Self.skus.flatMap { sku in
      Self.places.map { Model.Account(sku: sku, location: $0, buffer: $0 == "L2" ? 3 : 0) }
    }
    return (shop, Model(accounts: accounts))
  }

  private func ask(_ random: inout SeededRandom, _ sequence: inout UInt64, _ orders: Int) -> Ask {
    let sku = Self.skus[Int(random.below(3))]
    let place = Self.places[Int(random.below(2))]
    let number = random.below(UInt64(orders) + 2)
    func lines(_ random: inout SeededRandom) -> [OrderLine] {
      (0...random.below(3)).map { _ in
        OrderLine(
          sku: Self.skus[Int(random.below(3))], quantity: Int64(random.below(6) + 1),
          unit: random.chance(1, in: 5) ? "box" : "",
          location: random.chance(1, in: 3) ? Self.places[Int(random.below(2))] : "")
      }
    }
    switch random.below(12) {
    case 0...3:
      return .reserve(
        ttl: Int64(random.below(20) + 1) * 1_000,
        fill: random.chance(1, in: 3) ? .partial : .allOrNothing, lines: lines(&random))
    case 4: return .confirm(number)
    case 5:
      let lines = random.chance(1, in: 2) ? [OrderLine(sku: sku, quantity: 2)] : []
      return .release(number, lines)
    case 6, 7:
      let lines = random.chance(1, in: 2) ? [OrderLine(sku: sku, quantity: 1)] : []
      return .fulfill(number, lines)
    case 8...10:
      sequence += random.below(3)
      return .adjust(
        source: random.chance(1, in: 4) ? "wms" : "erp", sequence: sequence, sku: sku,
        location: place, delta: Int64(random.below(30)) - 9)
    default:
      sequence += 1
      let version = sequence > 6 ? sequence - random.below(6) : sequence
      return .sync(
        version: version,
        [CountRow(sku: sku, location: place, onHand: Int64(random.below(40)))])
    }
  }

  private func verdict(_ answer: Answer, _ ask: Ask) -> Model.Verdict {
    if answer.refusal != .none { return .refused(answer.refusal) }
    switch ask {
    case .reserve: return .got(answer.lines.map(\.reserved))
    case .adjust: return .row(answer.rows[0].outcome, onHand: answer.rows[0].onHand!)
    case .sync: return .row(answer.rows[0].outcome, onHand: 0)
    default: return .done
    }
  }

  @Test(arguments: 1...5 as ClosedRange<UInt64>)
  func randomCommandsAnswerLikeTheModel(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var (shop, model) = shop()
    var twin = shop
    var sequence: UInt64 = 0
    var asked: [(String, Ask)] = []
    for step in 0..<250 {
      if random.chance(1, in: 6) { shop.now += Int64(random.below(8_000)) }
      twin.now = shop.now
      var next = ("id-\(step)", ask(&random, &sequence, model.orders.count))
      if case .adjust(_, 0, _, _, _, _, _, _) = next.1 { continue }
      if case .adjust(_, _, _, _, _, 0, _, _) = next.1 { continue }
      if random.chance(1, in: 8), !asked.isEmpty {
        let again = asked[Int(random.below(UInt64(asked.count)))]
        next = random.chance(3, in: 4) ? again : (again.0, next.1)
      }
      asked.append(next)
      var expected = model.take(next.1, id: next.0, now: shop.now)
      let answer = shop.send(next.1, id: next.0)
      if case .row(let outcome, _) = expected, case .sync = next.1 {
        expected = .row(outcome, onHand: 0)
      }
      #expect(verdict(answer, next.1) == expected, "seed \(seed), step \(step): \(next)")
      try compare(shop, model, "seed \(seed), step \(step): \(next)")
      #expect(twin.send(next.1, id: next.0) == answer)
      if step % 67 == 66 { shop.ledger = try restore(&shop.ledger) }
    }
    #expect(shop.ledger.digest() == twin.ledger.digest(), "seed \(seed)")
    #expect(model.orders.count > 15)
  }

  private func compare(_ shop: Shop, _ model: Model, _ context: String) throws {
    for at in model.accounts.indices {
      let account = model.accounts[at]
      let books = shop.books(account.sku, account.location)
      try #require(books.onHand == account.onHand, "\(context), \(account.sku)\(account.location)")
      try #require(books.promised == model.promised(at), "\(context)")
    }
    for (at, order) in model.orders.enumerated() {
      let reservation = shop.reservation(UInt64(at) + 1)
      try #require(reservation?.state == order.state, "\(context), order \(at + 1)")
      let lines = reservation!.lines.map {
        Model.Line(
          sku: $0.sku, location: $0.location, reserved: $0.reserved, fulfilled: $0.fulfilled,
          released: $0.released)
      }
      try #require(lines == order.lines, "\(context), order \(at + 1)")
    }
  }

  @Test(arguments: 1...2 as ClosedRange<UInt64>)
  func trap29_twoLedgersFedTheSameLogGiveTheSameBytes(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var (shop, _) = shop()
    var (other, _) = self.shop()
    var sequence: UInt64 = 0
    for step in 0..<60 {
      let records = (0..<8).map {
        ask(&random, &sequence, 40).record(id: "id-\(step)-\($0)")
      }
      let payload = records.flatMap { $0 }
      let time = LogTime(milliseconds: shop.now + Int64(step) * 700)
      var outs = [ByteWriter(), ByteWriter()]
      shop.ledger.apply(
        payload: payload, index: LogIndex(100 + UInt64(step)), term: Term(1), logTime: time,
        outcomes: &outs[0])
      other.ledger.apply(
        payload: payload, index: LogIndex(100 + UInt64(step)), term: Term(1), logTime: time,
        outcomes: &outs[1])
      #expect(outs[0].bytes == outs[1].bytes)
      // Only one of the two takes digests on the way: that is no part of the state.
      if step % 7 == 0 { _ = shop.ledger.digest() }
    }
    #expect(shop.ledger.digest() == other.ledger.digest())
  }
}
