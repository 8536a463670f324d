import Primitives
import Testing

@testable import StockLedger

/// Rules S1 to S4.
@Suite struct SupplyRuleTests {
  private func count(_ onHand: Int64, _ inbound: [Inbound] = []) -> [CountRow] {
    [CountRow(sku: "A", location: "L1", onHand: onHand, inbound: inbound)]
  }

  @Test func ruleS1_aSequenceIsToldOnce() {
    var shop = Shop.stocked(["A": 0])
    let fact = Ask.adjust(sequence: 5, sku: "A", location: "L1", delta: 4)
    #expect(shop.send(fact).rows[0].outcome == .applied)
    #expect(shop.send(fact).rows == [RowAnswer(outcome: .staleVersion, shortfall: 0, onHand: 4)])
    let older = Ask.adjust(sequence: 4, sku: "A", location: "L1", delta: 4)
    #expect(shop.send(older).rows[0].outcome == .staleVersion)
    let other = Ask.adjust(source: "wms", sequence: 5, sku: "A", location: "L1", delta: 1)
    #expect(shop.send(other).rows[0].outcome == .applied)
    #expect(shop.books().onHand == 5)
    #expect(
      shop.books().highWaterMarks == [
        AccountBooks.Mark(source: utf8("erp"), sequence: 5),
        AccountBooks.Mark(source: utf8("wms"), sequence: 5),
      ])
  }

  @Test func ruleS1_aShipmentIsToldOnceUnderAnotherRequest() {
    var shop = Shop.stocked(["A": 10])
    shop.reserve(4)
    shop.send(.confirm(1))
    let part = [OrderLine(sku: "A", quantity: 2)]
    shop.send(.fulfill(1, part, source: "wms", sequence: 7))
    let again = shop.send(.fulfill(1, part, source: "wms", sequence: 7))
    #expect(again.reservation?.lines[0].fulfilled == 2)
    #expect(shop.books().onHand == 8)
    shop.send(.fulfill(1, part, source: "wms", sequence: 8))
    #expect(shop.books().onHand == 6)
  }

  @Test func ruleS2_aShipmentThatACountContainsIsNotTakenOffAgain() {
    var shop = Shop.stocked(["A": 0])
    shop.send(.sync(version: 1, count(10)))
    shop.reserve(4)
    shop.send(.confirm(1))
    shop.send(.sync(version: 9, count(6)))
    let shipped = shop.send(.fulfill(1, source: "erp", sequence: 8))
    #expect(shipped.reservation?.state == .fulfilled)
    #expect(shop.books().onHand == 6)
    #expect(shop.books().promised == 0)
  }

  @Test func ruleS2_aLateCountDoesNotMintShippedUnits() {
    var shop = Shop.stocked(["A": 0])
    shop.send(.sync(version: 1, countedAt: shop.now, count(10)))
    shop.reserve(4)
    shop.send(.confirm(1))
    shop.pass(60_000)
    shop.send(.fulfill(1))
    // Taken before the shipment, told after it.
    shop.send(.sync(version: 2, countedAt: shop.now - 30_000, count(10)))
    #expect(shop.books().onHand == 6)
    // Taken after it: contains it.
    shop.pass(60_000)
    shop.send(.sync(version: 3, countedAt: shop.now, count(6)))
    #expect(shop.books().onHand == 6)
    #expect(shop.books().keptFacts == 0)
  }

  @Test func ruleS2_withoutSequencesTimeDecides() {
    var shop = Shop.stocked(["A": 0])
    let t = shop.now
    shop.send(.adjust(sku: "A", location: "L1", delta: 5, occurredAt: t - 10))
    shop.send(.adjust(sku: "A", location: "L1", delta: 7, occurredAt: t + 10))
    shop.send(.sync(version: 0, countedAt: t, count(20)))
    #expect(shop.books().onHand == 27)
    let old = Ask.adjust(sku: "A", location: "L1", delta: 1, occurredAt: t)
    #expect(shop.send(old).rows[0].outcome == .staleVersion)
    #expect(shop.send(.sync(version: 0, countedAt: t, count(1))).rows[0].outcome == .staleVersion)
    #expect(shop.books().onHand == 27)
  }

  @Test func ruleS2_aFactThatACountContainsChangesNothing() {
    var shop = Shop.stocked(["A": 0])
    shop.send(.sync(version: 10, count(20)))
    let late = Ask.adjust(sequence: 9, sku: "A", location: "L1", delta: 5)
    #expect(shop.send(late).rows[0].outcome == .staleVersion)
    #expect(shop.send(.sync(version: 10, count(3))).rows[0].outcome == .staleVersion)
    #expect(shop.books().onHand == 20)
  }

  @Test func ruleS2_aCountOlderThanWhatIsKeptIsQuarantined() {
    var limits = LedgerLimits()
    limits.factsPerAccountMax = 2
    var shop = Shop.stocked(["A": 0], limits: limits)
    for sequence in 1...4 as ClosedRange<UInt64> {
      shop.send(.adjust(sequence: sequence, sku: "A", location: "L1", delta: 1))
    }
    #expect(shop.send(.sync(version: 1, count(50))).rows[0].outcome == .quarantined)
    #expect(shop.books().onHand == 4)
    #expect(shop.send(.sync(version: 2, count(50))).rows[0].outcome == .applied)
    #expect(shop.books().onHand == 52)
  }

  @Test func ruleS2_factsAreKeptForSevenDays() {
    var shop = Shop.stocked(["A": 0])
    shop.send(.adjust(sequence: 1, sku: "A", location: "L1", delta: 1))
    shop.send(.adjust(sequence: 2, sku: "A", location: "L1", delta: 1))
    shop.pass(7 * 86_400_000 + 1)
    #expect(shop.send(.sync(version: 1, count(50))).rows[0].outcome == .quarantined)
    #expect(shop.books().keptFacts == 0)
    #expect(shop.send(.sync(version: 2, count(50))).rows[0].outcome == .applied)
  }

  @Test func ruleS2_aContradictionIsQuarantined() {
    var shop = Shop.stocked(["A": 0])
    shop.send(.sync(version: 1, count(10)))
    let below = Ask.adjust(sequence: 2, sku: "A", location: "L1", delta: -11)
    #expect(shop.send(below).rows[0].outcome == .quarantined)
    shop.send(.adjust(sequence: 4, sku: "A", location: "L1", delta: -8))
    #expect(shop.send(.sync(version: 3, count(5))).rows[0].outcome == .quarantined)
    #expect(shop.books().onHand == 2)
  }

  @Test func ruleS3_anAccountHasOneCountingSource() {
    var shop = Shop.stocked(["A": 0, "B": 0])
    shop.send(.sync(version: 1, count(10)))
    let other = shop.send(
      .sync(
        source: "wms", version: 9,
        count(99) + [CountRow(sku: "B", location: "L1", onHand: 3)]))
    #expect(other.rows.map(\.outcome) == [.quarantined, .applied])
    #expect(shop.books("A").onHand == 10)
    #expect(shop.books("B").onHand == 3)
  }

  @Test func aNegativeDeltaBelowThePromisesIsAShortfallNeverAnOversell() {
    var shop = Shop.stocked(["A": 10])
    shop.reserve(8)
    let answer = shop.send(.adjust(sku: "A", location: "L1", delta: -6))
    #expect(answer.rows == [RowAnswer(outcome: .shortfall, shortfall: 4, onHand: 4)])
    #expect(shop.books().promised == 8)
    #expect(shop.books().unpromised == 0)
  }
}
