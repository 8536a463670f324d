import Primitives
import Testing

@testable import StockLedger

/// Rules Q1 and Q2.
@Suite struct RequestRuleTests {
  static func uuid7(at milliseconds: Int64, _ n: Int) -> String {
    let hex = String(milliseconds, radix: 16)
    let time = String(repeating: "0", count: 12 - hex.count) + hex
    let tail = String(n, radix: 16)
    return time.prefix(8) + "-" + time.suffix(4) + "-7000-8000-"
      + String(repeating: "0", count: 12 - tail.count) + tail
  }

  @Test func ruleQ1_aRetryGetsTheSameAnswerWhateverHappenedMeanwhile() {
    var shop = Shop.stocked(["A": 10])
    let first = shop.reserve(6, id: "r")
    shop.send(.adjust(sku: "A", location: "L1", delta: -6))
    shop.pass(10_000)
    #expect(shop.reserve(6, id: "r") == first)
    #expect(shop.ledger.reservationsMade == 1)
  }

  @Test func ruleQ2_outcomesThatChangedNothingAreJudgedAnew() {
    var shop = Shop.stocked(["A": 10])
    #expect(shop.reserve(11, id: "r").outcome == FillOutcome.none)
    shop.send(.adjust(sku: "A", location: "L1", delta: 1))
    #expect(shop.reserve(11, id: "r").outcome == .full)
  }

  @Test func ruleQ2_aPartialOrderIsAnsweredAsFirstDecided() {
    var shop = Shop.stocked(["A": 10, "B": 0])
    let ask = Ask.reserve(
      fill: .partial,
      lines: [
        OrderLine(sku: "B", quantity: 1), OrderLine(sku: "A", quantity: 12),
        OrderLine(sku: "Z", quantity: 2),
      ])
    let first = shop.send(ask, id: "r")
    #expect(first.outcome == .partial)
    #expect(first.lines.map(\.reserved) == [0, 10, 0])
    #expect(first.lines.map(\.reason) == [.insufficientSupply, .insufficientSupply, .unknownSku])
    shop.send(.adjust(sku: "A", location: "L1", delta: 100))
    #expect(shop.send(ask, id: "r") == first)
    shop.send(.release(1))
    let ended = shop.send(ask, id: "r")
    #expect(ended.lines == first.lines && ended.outcome == .partial)
    #expect(ended.reservation?.state == .released)
  }

  @Test func ruleQ2_anEndedRequestIsRememberedForTheHorizon() {
    var shop = Shop.stocked(["A": 10])
    let sent = shop.now
    shop.send(.reserve(lines: [OrderLine(sku: "A", quantity: 1)]), id: "r", sentAt: sent)
    shop.send(.release(1))
    shop.pass(24 * 3_600_000)
    let again = shop.send(
      .reserve(lines: [OrderLine(sku: "A", quantity: 1)]), id: "r", sentAt: sent)
    #expect(again.reservation?.state == .released)
    shop.pass(2_000)
    // Something must be remembered for the oldest to be forgotten.
    shop.reserve(1)
    shop.send(.release(2))
    let late = shop.send(
      .reserve(lines: [OrderLine(sku: "A", quantity: 1)]), id: "r", sentAt: sent)
    #expect(late.refusal == .requestTooOld)
    #expect(shop.ledger.requestFloor.milliseconds > sent)
  }

  @Test func ruleQ2_whatLeavesEarlyRaisesTheFloor() {
    var limits = LedgerLimits()
    limits.endedRequestsMax = 3
    limits.endedReservationsKept = 2
    var shop = Shop.stocked(["A": 100], limits: limits)
    let ids = (0..<5).map { Self.uuid7(at: shop.now + Int64($0) * 1_000, $0) }
    for (n, id) in ids.enumerated() {
      #expect(shop.reserve(1, id: id).outcome == .full)
      shop.send(.release(UInt64(n + 1)))
      shop.pass(1_000)
    }
    #expect(shop.ledger.sizes.endedRequests == 3)
    #expect(shop.reserve(1, id: ids[0]).refusal == .requestTooOld)
    let last = shop.reserve(1, id: ids[4])
    #expect(last.reservation?.number == 5 && last.reservation?.state == .released)
    #expect(shop.reserve(1, id: Self.uuid7(at: shop.now, 9)).outcome == .full)
    #expect(shop.books().promised == 1)
  }

  @Test func ruleQ2_aUUIDv7TellsItsTime() {
    var shop = Shop.stocked(["A": 10])
    let ahead = Self.uuid7(at: shop.now + 300_001, 1)
    #expect(shop.reserve(1, id: ahead).refusal == .requestFromTheFuture)
    #expect(shop.reserve(1, id: Self.uuid7(at: shop.now + 300_000, 1)).outcome == .full)
    let upper = Self.uuid7(at: shop.now + 300_000, 1).uppercased()
    #expect(shop.reserve(1, id: upper).reservation?.number == 1, "the same UUID")
  }

  @Test func ruleQ2_aLiveReservationIsRememberedBeyondTheHorizon() {
    var shop = Shop.stocked(["A": 10])
    shop.reserve(1, id: "r")
    shop.send(.confirm(1))
    shop.pass(40 * 86_400_000)
    for n in 0..<4 { shop.send(.adjust(sku: "A", location: "L1", delta: 1), id: "a\(n)") }
    #expect(shop.reserve(1, id: "r").reservation?.state == .confirmed)
    #expect(shop.ledger.reservationsMade == 1)
  }

  @Test func idsAreKeptAsTheirBytesWhenTheyAreUUIDs() {
    func key(_ text: String) -> Hash128 {
      unsafe Array(text.utf8).withUnsafeBytes { unsafe RequestID.key($0) }
    }
    let uuid = key("01234567-89ab-7def-8123-456789ABCDEF")
    #expect(uuid == Hash128(high: 0x0123_4567_89ab_7def, low: 0x8123_4567_89ab_cdef))
    for broken in [
      "01234567-89ab-7def-8123-456789ABCDEG", "01234567+89ab-7def-8123-456789ABCDEF",
      "01234567-89ab-7def-8123-456789ABCDE", "0123456-789ab-7def-8123-456789ABCDEF",
      "\u{10}1234567-89ab-7def-8123-456789ABCDEF", "o1234567-89ab-7def-8123-456789ABCDEF",
      "/1234567-89ab-7def-8123-456789ABCDEF", ":1234567-89ab-7def-8123-456789ABCDEF",
      "@1234567-89ab-7def-8123-456789ABCDEF", "`1234567-89ab-7def-8123-456789ABCDEF",
    ] {
      #expect(key(broken) != uuid)
      #expect(unsafe Array(broken.utf8).withUnsafeBytes { unsafe RequestID.uuid($0) } == nil)
    }
  }
}
