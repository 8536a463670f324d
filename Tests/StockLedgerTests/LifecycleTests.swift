import Primitives
import Testing

@testable import StockLedger

@Suite struct LifecycleTests {
  @Test func aReservationIsHeldConfirmedShippedInPartsAndFulfilled() {
    var shop = Shop.stocked(["A": 10])
    let reserved = shop.reserve(6)
    #expect(reserved.outcome == .full)
    #expect(reserved.reservation?.state == .held)
    #expect(reserved.reservation?.expiresAt == shop.now + 900_000)
    #expect(
      reserved.lines == [
        LineAnswer(
          sku: "A", requested: 6, reserved: 6, reason: .none,
          assignments: [
            AssignmentAnswer(location: "L1", owner: "us", quantity: 6, day: Absent.day)
          ])
      ])
    #expect(shop.books().promised == 6)

    #expect(shop.send(.confirm(1)).reservation?.state == .confirmed)
    #expect(shop.ledger.nextDeadline == nil)
    let part = shop.send(.fulfill(1, [OrderLine(sku: "A", quantity: 2)]))
    #expect(part.reservation?.state == .partiallyFulfilled)
    #expect(shop.books().onHand == 8)
    #expect(shop.books().promised == 4)
    #expect(shop.send(.fulfill(1)).reservation?.state == .fulfilled)
    #expect(shop.books().onHand == 4)
    #expect(shop.books().promised == 0)
    #expect(shop.books().unpromised == 4)
  }

  @Test func releaseGivesUnitsBackInPartsAndInWhole() {
    var shop = Shop.stocked(["A": 10])
    shop.reserve(6)
    let part = shop.send(.release(1, [OrderLine(sku: "A", quantity: 2)]))
    #expect(part.reservation?.state == .held)
    #expect(part.reservation?.lines[0].released == 2)
    #expect(shop.books().promised == 4)
    #expect(shop.send(.release(1)).reservation?.state == .released)
    #expect(shop.books().promised == 0)
    #expect(shop.ledger.nextDeadline == nil)
  }

  @Test func ruleQ5_releaseOfAPartlyFulfilledReservationKeepsWhatWasShipped() {
    var shop = Shop.stocked(["A": 10])
    shop.reserve(6)
    shop.send(.confirm(1))
    shop.send(.fulfill(1, [OrderLine(sku: "A", quantity: 2)]))
    let ended = shop.send(.release(1)).reservation
    #expect(ended?.state == .released)
    #expect(ended?.lines[0].fulfilled == 2)
    #expect(ended?.lines[0].released == 4)
    #expect(shop.books().onHand == 8)
    #expect(shop.books().promised == 0)
  }

  @Test func aHoldEndsAtItsDeadlineAndItsUnitsComeBack() {
    var shop = Shop.stocked(["A": 10])
    shop.reserve(10, ttl: 60_000)
    shop.pass(59_999)
    #expect(shop.books().promised == 10)
    shop.pass(1)
    #expect(shop.books().promised == 0)
    #expect(shop.reservation(1)?.state == .expired)
    #expect(shop.reserve(10).outcome == .full)
  }
}
