import Primitives
import Testing

@testable import StockLedger

/// An order of one line has a way of its own through the ledger. It must end as the same order with
/// its line in two parts, which goes the general way.
@Suite struct ReserveUsualTests {
  private static func pair() -> (Shop, Shop) {
    var shop = Shop.stocked(["A": 60, "B": 40], buffer: 5)
    shop.learn([.putAccount("A", "L2", pool: "main")])
    shop.send(.adjust(sku: "A", location: "L2", delta: 30))
    return (shop, shop)
  }

  /// What the short way remembers of a SKU must not outlive a change of the catalog.
  private static func catalog(_ random: inout SeededRandom) -> Ask {
    switch random.below(3) {
    case 0: .putSku("A", active: random.chance(5, in: 6), units: [("box", 6)])
    case 1:
      .putPool(
        "main", regions: ["eu"],
        locations: random.chance(1, in: 2) ? ["L1", "L2"] : ["L2", "L1"])
    default: .putAccount("A", "L1", pool: "main", buffer: Int64(random.below(20)))
    }
  }

  private static func supply(_ random: inout SeededRandom) -> Ask {
    let day = random.chance(1, in: 2) ? Absent.day : Shop.day0 + Int32(random.below(9))
    return .adjust(
      sku: random.chance(1, in: 3) ? "B" : "A", location: "L1", delta: Int64(random.below(12)) + 1,
      day: day)
  }

  private static func orders(_ random: inout SeededRandom) -> (whole: Ask, parts: Ask) {
    let sku = ["A", "A", "A", "B", "Z"][Int(random.below(5))]
    let unit = ["", "", "", "box", "each", "ton"][Int(random.below(6))]
    let quantity = Int64(random.below(9)) + 2
    let first = Int64(random.below(UInt64(quantity - 1))) + 1
    let location = ["", "", "", "L2", "L9"][Int(random.below(5))]
    let ttl: Int64 = random.chance(1, in: 4) ? 2_000 : 900_000
    let day = random.chance(1, in: 4) ? Shop.day0 + Int32(random.below(12)) : Absent.day
    let texts = random.chance(1, in: 3) ? ("", "", "") : ("o\(random.below(99))", "c", "web")
    func ask(_ quantities: [Int64], _ fill: Fill) -> Ask {
      .reserve(
        order: texts.0, customer: texts.1, channel: texts.2, ttl: ttl, fill: fill, requiredBy: day,
        lines: quantities.map {
          OrderLine(sku: sku, quantity: $0, unit: unit, location: location)
        })
    }
    let fill: Fill = random.chance(1, in: 3) ? .partial : .allOrNothing
    return (ask([quantity], fill), ask([first, quantity - first], fill))
  }

  @Test(arguments: 1...6 as ClosedRange<UInt64>)
  func anOrderOfOneLineEndsLikeTheSameInTwoParts(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var (one, two) = Self.pair()
    var made: [(Ask, Ask)] = []
    for n in 1...320 {
      let id = "r\(n)"
      switch random.below(11) {
      case 0...5:
        let (whole, parts) = Self.orders(&random)
        #expect(one.send(whole, id: id) == two.send(parts, id: id), "\(whole)")
        made.append((whole, parts))
      case 6:
        let (whole, parts) = made.last ?? Self.orders(&random)
        #expect(
          one.send(whole, id: "again\(made.count)") == two.send(parts, id: "again\(made.count)"))
        #expect(
          one.send(whole, id: "again\(made.count)") == two.send(parts, id: "again\(made.count)"))
      case 7:
        let ask = Ask.release(random.below(one.ledger.reservationsMade + 1))
        #expect(one.send(ask, id: id) == two.send(ask, id: id))
      case 8:
        let ask = Self.supply(&random)
        #expect(one.send(ask, id: id) == two.send(ask, id: id))
      case 9:
        let item = Self.catalog(&random)
        one.learn([item])
        two.learn([item])
      default:
        let pause = Int64(random.below(3_000))
        one.pass(pause)
        two.pass(pause)
      }
      #expect(one.books("A") == two.books("A") && one.books("A", "L2") == two.books("A", "L2"))
      #expect(one.books("B") == two.books("B"))
      #expect(one.ledger.sizes.liveLines == two.ledger.sizes.liveLines)
      #expect(one.ledger.counters == two.ledger.counters)
    }
    #expect(one.ledger.reservationsMade > 30)
  }
}
