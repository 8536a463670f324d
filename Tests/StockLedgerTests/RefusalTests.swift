import Primitives
import Testing

@testable import StockLedger

/// One table row: what is sent, what must come back.
private struct Case {
  var ask: Ask
  var refusal: CallRefusal
  var id: String?
  var sentAt = Absent.time
  var state: ReservationState?
}

@Suite struct RefusalTests {
  /// Reservation 1 is held (3 A), 2 confirmed (2 A), 3 released.
  private func shop() -> Shop {
    var shop = Shop.stocked(["A": 10, "B": 5])
    shop.reserve(3, id: "first")
    shop.reserve(2)
    shop.send(.confirm(2))
    shop.reserve(1)
    shop.send(.release(3))
    return shop
  }

  private func one(_ quantity: Int64 = 1, ttl: Int64 = 900_000) -> Ask {
    .reserve(ttl: ttl, lines: [OrderLine(sku: "A", quantity: quantity)])
  }

  @Test func everyRefusalOfACallInItsOrder() {
    var shop = shop()
    let long = String(repeating: "x", count: 65)
    let late = shop.now + 5 * 60_000
    let table: [Case] = [
      Case(ask: .putSku("A"), refusal: .wrongShard),
      // Limits of the record, before anything else.
      Case(ask: one(0), refusal: .invalidArgument, id: "first"),
      Case(ask: one(1_000_000_000_001), refusal: .invalidArgument),
      Case(ask: one(ttl: 999), refusal: .invalidArgument),
      Case(ask: one(ttl: 30 * 86_400_000 + 1), refusal: .invalidArgument),
      Case(
        ask: .reserve(order: long, lines: [OrderLine(sku: "A", quantity: 1)]),
        refusal: .invalidArgument),
      Case(ask: .reserve(lines: []), refusal: .invalidArgument),
      Case(
        ask: .reserve(lines: (0..<2_001).map { OrderLine(sku: "S\($0)", quantity: 1) }),
        refusal: .invalidArgument),
      Case(ask: one(), refusal: .invalidArgument, id: ""),
      Case(ask: one(), refusal: .invalidArgument, id: String(repeating: "r", count: 37)),
      Case(ask: .extend(1, ttl: 1), refusal: .invalidArgument),
      Case(ask: .release(1, [OrderLine(sku: "A", quantity: 0)]), refusal: .invalidArgument),
      Case(ask: .fulfill(2, source: "", sequence: 4), refusal: .invalidArgument),
      Case(ask: .adjust(sku: "A", location: "L1", delta: 0), refusal: .invalidArgument),
      Case(
        ask: .adjust(source: "", sequence: 1, sku: "A", location: "L1", delta: 1),
        refusal: .invalidArgument),
      Case(
        ask: .adjust(sku: "A", location: "L1", delta: 1, occurredAt: late + 1),
        refusal: .invalidArgument),
      Case(
        ask: .sync(
          version: 1, countedAt: late + 1,
          [
            CountRow(sku: "A", location: "L1", onHand: 1)
          ]), refusal: .invalidArgument),
      Case(ask: .sync(version: 0, []), refusal: .invalidArgument),
      Case(
        ask: .sync(version: 1, [CountRow(sku: "A", location: "L1", onHand: -1)]),
        refusal: .invalidArgument),
      // Who asks again.
      Case(ask: one(), refusal: .requestIDReused, id: "first"),
      Case(ask: .confirm(99), refusal: .requestIDReused, id: "first"),
      Case(ask: one(), refusal: .requestFromTheFuture, sentAt: late + 1),
      Case(ask: .confirm(99), refusal: .requestFromTheFuture, sentAt: late + 1),
      // What it speaks of.
      Case(ask: .confirm(99), refusal: .unknownReservation),
      Case(ask: .extend(99, ttl: 1_000), refusal: .unknownReservation),
      Case(ask: .release(99, [OrderLine(sku: "Z", quantity: 1)]), refusal: .unknownReservation),
      Case(ask: .fulfill(99), refusal: .unknownReservation),
      Case(ask: .adjust(sku: "Z", location: "L9", delta: 1), refusal: .unknownSku),
      Case(ask: .adjust(sku: "A", location: "L9", delta: 1), refusal: .unknownLocation),
      Case(ask: .adjust(sku: "A", location: "L2", delta: 1), refusal: .unknownAccount),
      Case(
        ask: .adjust(sku: "A", location: "L1", owner: "them", delta: 1), refusal: .unknownAccount),
      Case(
        ask: .sync(
          version: 1,
          [
            CountRow(sku: "A", location: "L1", onHand: 1),
            CountRow(sku: "A", location: "L2", onHand: 1),
          ]), refusal: .unknownAccount),
      Case(ask: .release(3, [OrderLine(sku: "B", quantity: 1)]), refusal: .unknownLine),
      // Whether it fits the state.
      Case(
        ask: .release(3, [OrderLine(sku: "A", quantity: 99)]), refusal: .wrongState,
        state: .released),
      Case(ask: .confirm(2), refusal: .wrongState, state: .confirmed),
      Case(ask: .confirm(3, .reacquire), refusal: .wrongState, state: .released),
      Case(ask: .extend(2, ttl: 1_000), refusal: .wrongState, state: .confirmed),
      Case(ask: .fulfill(1), refusal: .wrongState, state: .held),
      Case(
        ask: .release(1, [OrderLine(sku: "A", quantity: 2), OrderLine(sku: "A", quantity: 2)]),
        refusal: .quantityExceedsLine),
      Case(ask: .fulfill(2, [OrderLine(sku: "A", quantity: 3)]), refusal: .quantityExceedsLine),
    ]
    for each in table {
      let books = shop.books()
      let answer = shop.send(each.ask, id: each.id, sentAt: each.sentAt)
      #expect(answer.refusal == each.refusal, "\(each.ask)")
      #expect(answer.state == each.state, "\(each.ask)")
      #expect(shop.books() == books, "\(each.ask) changed something")
    }
    #expect(shop.send(one(), sentAt: late).refusal == .none, "five minutes ahead are allowed")
  }

  @Test func aShardWithoutItsCatalogSaysSo() {
    var shop = Shop()
    #expect(shop.reserve(1).refusal == .catalogMissing)
  }

  @Test func aFullLedgerRefusesNewOnesAndServesTheOthers() {
    var limits = LedgerLimits()
    limits.reservationsMax = 1
    var shop = Shop.stocked(["A": 10], limits: limits)
    shop.reserve(1)
    #expect(shop.reserve(1).refusal == .ledgerFull)
    #expect(shop.send(.confirm(1)).refusal == .none)
  }

  @Test func everyReasonOfALineInItsOrder() {
    var shop = Shop.stocked(["A": 10, "B": 5], buffer: 4)
    shop.learn([.putSku("OFF", active: false), .putLocation("LX", region: "us")])
    let table: [(OrderLine, LineReason)] = [
      (OrderLine(sku: "Z", quantity: 1, unit: "crate", location: "L9"), .unknownSku),
      (OrderLine(sku: "OFF", quantity: 1), .unknownSku),
      (OrderLine(sku: "A", quantity: 1, unit: "crate", location: "L9"), .unknownUnit),
      (OrderLine(sku: "A", quantity: 1, location: "L9"), .unknownLocation),
      (OrderLine(sku: "A", quantity: 1, location: "LX"), .unknownLocation),
      (OrderLine(sku: "A", quantity: 7), .bufferProtected),
      (OrderLine(sku: "A", quantity: 10), .bufferProtected),
      (OrderLine(sku: "A", quantity: 11), .insufficientSupply),
      (OrderLine(sku: "A", quantity: 1, location: "L2"), .insufficientSupply),
      (OrderLine(sku: "A", quantity: 2, unit: "box"), .insufficientSupply),
      (OrderLine(sku: "A", quantity: 1, unit: "box"), .none),
    ]
    for (line, reason) in table {
      let answer = shop.send(.reserve(lines: [line]))
      #expect(answer.lines[0].reason == reason, "\(line)")
      #expect(answer.outcome == (reason == .none ? .full : FillOutcome.none), "\(line)")
      #expect((answer.reservation == nil) == (reason != .none), "\(line)")
    }
    #expect(shop.books().promised == 6)
  }

  @Test func unitsAreCheckedArithmetic() {
    var shop = Shop.stocked(["A": 10])
    shop.learn([.putSku("A", units: [("ship", 1_000_000_000_000)])])
    let line = OrderLine(sku: "A", quantity: 1_000_000_000_000, unit: "ship")
    #expect(shop.send(.reserve(lines: [line])).refusal == .quantityOverflow)
  }
}
