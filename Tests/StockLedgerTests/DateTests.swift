import Primitives
import Testing

@testable import StockLedger

@Suite struct DateTests {
  private let today = Shop.day0

  private func ask(_ quantity: Int64, by day: Int32 = Absent.day, _ location: String = "") -> Ask {
    .reserve(requiredBy: day, lines: [OrderLine(sku: "A", quantity: quantity, location: location)])
  }

  /// 5 on hand, 10 on the third day, 10 on the ninth.
  private func shop() -> Shop {
    var shop = Shop.stocked(["A": 5])
    for day in [3, 9] as [Int32] {
      shop.send(.adjust(sku: "A", location: "L1", delta: 10, day: today + day))
    }
    return shop
  }

  private func atp(_ shop: Shop, _ day: Int32?) -> Int64 {
    var out = ByteWriter()
    #expect(shop.writeAvailability("A", day.map { Day(number: $0) }, into: &out))
    return unsafe out.bytes.withUnsafeBytes {
      var reader = unsafe ByteReader($0)
      var sum: Int64 = 0
      for _ in 0..<reader.get(UInt16.self) {
        _ = reader.text()
        _ = reader.text()
        _ = reader.get(Int64.self)
        _ = reader.get(Int64.self)
        sum += reader.get(Int64.self)
      }
      return sum
    }
  }

  @Test func onlySupplyByTheDayIsUsedAndOnHandFirst() {
    var shop = shop()
    #expect(shop.send(ask(6)).lines[0].reason == .insufficientSupply)
    #expect(shop.send(ask(6, by: today + 2)).outcome == FillOutcome.none)
    let answer = shop.send(ask(6, by: today + 3))
    #expect(answer.lines[0].assignments.map(\.day) == [Absent.day, today + 3])
    #expect(answer.lines[0].assignments.map(\.quantity) == [5, 1])
    #expect(shop.books().promised == 6)
    #expect(shop.books().unpromised == 19)
  }

  @Test func atpIsTheSmallestProjectionFromTheDayOn() {
    var shop = shop()
    #expect(
      [nil, today + 2, today + 3, today + 9, today + 500].map { atp(shop, $0) }
        == [5, 5, 15, 25, 25])
    // A promise of the ninth day's units; then the ninth day's supply shrinks below it.
    shop.send(ask(24, by: today + 9))
    #expect(atp(shop, today + 9) == 1)
    shop.send(.adjust(sku: "A", location: "L1", delta: -3, day: today + 9))
    #expect(atp(shop, today + 9) == 0)
    #expect(shop.books().shortfall == 2)
  }

  @Test func aNearPromiseDoesNotStarveAFarOne() {
    var shop = Shop.stocked(["A": 5])
    shop.send(.adjust(sku: "A", location: "L1", delta: 10, day: today + 3))
    shop.send(ask(15, by: today + 3))
    shop.send(.release(1, [OrderLine(sku: "A", quantity: 10)]))
    // Five on hand are promised still; the tenth day's ten are free.
    #expect(atp(shop, today) == 0)
    #expect(atp(shop, today + 3) == 10)
    shop.send(.adjust(sku: "A", location: "L1", delta: -10, day: today + 3))
    #expect(shop.send(ask(1, by: today + 3)).outcome == FillOutcome.none)
  }

  @Test func promisesFollowTheirSupplyWhenItIsReceived() {
    var shop = shop()
    shop.send(ask(12, by: today + 3))
    let counted = [
      CountRow(
        sku: "A", location: "L1", onHand: 15, inbound: [Inbound(day: today + 9, quantity: 10)])
    ]
    #expect(
      shop.send(.sync(version: 1, countedAt: shop.now, counted)).rows[0].outcome == .applied)
    #expect(shop.books().shortfall == 0)
    #expect(atp(shop, nil) == 3)
    shop.send(.confirm(1))
    shop.send(.fulfill(1))
    #expect(shop.books().onHand == 3)
    #expect(shop.books().promised == 0)
  }

  @Test func supplyWhoseDayHasComeCountsAndStaysDated() {
    var shop = shop()
    shop.pass(3 * 86_400_000)
    #expect(atp(shop, nil) == 15)
    let answer = shop.send(ask(7))
    #expect(answer.lines[0].assignments.map(\.day) == [Absent.day, today + 3])
    #expect(shop.books().onHand == 5)
  }

  @Test func unitsThatWereShippedBeforeTheyWereReceivedAreTakenFromWhatShouldHaveCome() {
    var shop = shop()
    shop.send(ask(8, by: today + 3))
    shop.send(.confirm(1))
    shop.send(.fulfill(1))
    #expect(shop.books().onHand == 0)
    #expect(shop.books().dated == 17)
    #expect(shop.books().promised == 0)
    #expect(shop.books().unpromised == 17)
  }

  @Test func assignmentsGoByOnHandThenLocationThenOwner() {
    var shop = Shop.stocked(["A": 1], locations: ["L2", "L1"])
    shop.learn([
      .putAccount("A", "L1", owner: "b", pool: "main"),
      .putAccount("A", "L1", owner: "a", pool: "main"),
    ])
    for owner in ["b", "a"] {
      shop.send(.adjust(sku: "A", location: "L1", owner: owner, delta: 1))
      shop.send(.adjust(sku: "A", location: "L1", owner: owner, delta: 1, day: today))
    }
    let answer = shop.send(ask(5)).lines[0].assignments
    #expect(answer.map { "\($0.location)\($0.owner)" } == ["L2us", "L1a", "L1b", "L1a", "L1b"])
    #expect(answer.map { $0.day == today } == [false, false, false, true, true])
  }

  @Test func aLineWithAWishIsServedBeforeALineWithout() {
    var shop = Shop.stocked(["A": 1])
    shop.learn([.putAccount("A", "L2", pool: "main")])
    shop.send(.adjust(sku: "A", location: "L2", delta: 1))
    let answer = shop.send(
      .reserve(lines: [
        OrderLine(sku: "A", quantity: 1), OrderLine(sku: "A", quantity: 1, location: "L1"),
      ]))
    #expect(answer.outcome == .full)
    #expect(answer.lines.map { $0.assignments[0].location } == ["L2", "L1"])
  }

  @Test func theBufferIsTakenOffEveryDay() {
    var shop = Shop.stocked(["A": 5], buffer: 4)
    shop.send(.adjust(sku: "A", location: "L1", delta: 10, day: today + 3))
    #expect([atp(shop, nil), atp(shop, today + 3)] == [1, 11])
    #expect(shop.send(ask(12, by: today + 3)).lines[0].reason == .bufferProtected)
    #expect(shop.send(ask(16, by: today + 3)).lines[0].reason == .insufficientSupply)
    #expect(shop.send(ask(11, by: today + 3)).outcome == .full)
  }
}
