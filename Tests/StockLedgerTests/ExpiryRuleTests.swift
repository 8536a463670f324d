import Primitives
import Testing

@testable import StockLedger

/// Rules T1, T3, T4, and C5 for what leaders make.
@Suite struct ExpiryRuleTests {
  private func limits() -> LedgerLimits {
    var limits = LedgerLimits()
    limits.expiriesPerEntryMax = LimitByRules(first: 2, second: 1)
    return limits
  }

  @Test func ruleT1_logTimeNeverGoesBack() {
    var shop = Shop.stocked(["A": 10])
    let before = shop.ledger.logTime
    shop.pass(-60_000)
    #expect(shop.ledger.logTime == before)
  }

  @Test func ruleT3_dueHoldsEndInOrderAndSoManyAnEntry() {
    var shop = Shop.stocked(["A": 100], limits: limits())
    for ttl in [3_000, 1_000, 2_000, 1_000, 60_000] as [Int64] { shop.reserve(1, ttl: ttl) }
    shop.pass(5_000)
    #expect(
      (1...5).map { shop.reservation($0)!.state } == [.held, .expired, .held, .expired, .held])
    #expect(shop.ledger.nextDeadline! < shop.ledger.logTime)
    shop.pass(0)
    #expect(
      (1...5).map { shop.reservation($0)!.state }
        == [.expired, .expired, .expired, .expired, .held])
    #expect(shop.books().promised == 1)
  }

  @Test func ruleT3_aCommandThatLacksUnitsEndsDueHoldsOfItsAccountAsNeeded() {
    var shop = Shop.stocked(["A": 10, "B": 10], limits: limits())
    for _ in 0..<2 { shop.reserve(1, of: "B", ttl: 1_000) }
    for _ in 0..<5 { shop.reserve(2, ttl: 2_000) }
    shop.reserve(8, of: "B", ttl: 1_500)
    shop.now += 5_000
    // The entry itself ends 1 and 2; three units of A need two holds more.
    #expect(shop.reserve(3).outcome == .full)
    let states = (1...8).map { shop.reservation($0)!.state }
    #expect(
      states == [.expired, .expired, .expired, .expired, .held, .held, .held, .held])
    #expect(shop.books("A").promised == 9)
  }

  @Test func ruleT3_aDueHoldThatWasNotEndedYetIsExpiredForItsOwner() {
    var shop = Shop.stocked(["A": 10], limits: limits())
    for _ in 0..<4 { shop.reserve(2, ttl: 1_000) }
    shop.now += 1_000
    #expect(shop.send(.confirm(4)).refusal == .holdExpired)
    #expect(shop.books().promised == 2)
  }

  @Test func ruleT3_dueHoldsCoverAShortfallFirst() {
    var shop = Shop.stocked(["A": 8], limits: limits())
    for _ in 0..<4 { shop.reserve(2, ttl: 1_000) }
    shop.now += 1_000
    let answer = shop.send(.adjust(sku: "A", location: "L1", delta: -6))
    #expect(answer.rows == [RowAnswer(outcome: .applied, shortfall: 0, onHand: 2)])
  }

  @Test func ruleT4_deadlinesAreAbsoluteAndSurviveARestart() throws {
    var shop = Shop.stocked(["A": 10])
    shop.reserve(5, ttl: 10_000)
    let deadline = shop.ledger.nextDeadline
    shop.ledger = try restore(&shop.ledger)
    shop.term = 9
    #expect(shop.ledger.nextDeadline == deadline)
    shop.pass(10_000)
    #expect(shop.reservation(1)?.state == .expired)
  }

  @Test func ruleT4_reacquireTakesWhatTheHoldHadWithItsWishesAndDay() {
    var shop = Shop.stocked(["A": 2])
    shop.learn([.putAccount("A", "L2", pool: "main")])
    shop.send(.adjust(sku: "A", location: "L2", delta: 9))
    shop.send(.adjust(sku: "A", location: "L1", delta: 3, day: Shop.day0 + 2))
    shop.send(
      .reserve(
        ttl: 1_000, requiredBy: Shop.day0 + 2,
        lines: [OrderLine(sku: "A", quantity: 4, location: "L1")]))
    shop.send(.release(1, [OrderLine(sku: "A", quantity: 1)]))
    shop.pass(1_000)
    let again = shop.send(.confirm(1, .reacquire))
    #expect(again.outcome == .full)
    #expect(again.reservation?.lines.map(\.location) == ["L1", "L1"])
    #expect(again.reservation?.lines.map(\.reserved) == [2, 1])
    #expect(shop.books("A", "L2").promised == 0)
  }

  @Test func ruleC5_leaderMadeCommandsOfAnotherTermDoNothing() {
    var shop = Shop.stocked(["A": 10])
    let version = shop.ledger.catalogVersion
    shop.term = 2
    var body = ByteWriter()
    for number in [UInt64(0), version, version + 1] { body.put(number) }
    body.put(UInt32(0))
    shop.send(.update(body.bytes, term: 1))
    #expect(shop.ledger.catalogVersion == version)
    #expect(shop.send(.pulse(term: 1)).refusal == .none)
    shop.send(.update(body.bytes, term: 2))
    #expect(shop.ledger.catalogVersion == version + 1)
  }
}
