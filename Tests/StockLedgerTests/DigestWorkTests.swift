import Primitives
import Testing

@testable import StockLedger

/// Rule C10: a digest in steps is the digest at its index, whatever the ledger does meanwhile.
@Suite struct DigestWorkTests {
  private static func shop(holds: Int) -> Shop {
    var shop = Shop.stocked(["A": 1_000_000, "B": 1_000_000], checksEachCommand: false)
    for _ in 0..<(holds / 50) {
      shop.enter(
        (0..<50).map { n in
          Ask.reserve(
            ttl: 1_000 + Int64(n) * 100,
            lines: [OrderLine(sku: n % 3 == 0 ? "B" : "A", quantity: 1)]
          ).record(id: "r\(shop.ledger.reservationsMade)-\(n)-\(shop.index)")
        })
    }
    return shop
  }

  /// The digest without anything that was hashed before.
  private static func fresh(_ ledger: ShardLedger) throws -> Hash128 {
    var snapshot = ledger.snapshot()
    var loader = SnapshotLoader()
    while let chunk = snapshot.nextChunk(maxBytes: 1 << 20) { try loader.append(chunk) }
    var restored = try loader.finish()
    return restored.digest()
  }

  @Test(arguments: 1...4 as ClosedRange<UInt64>)
  func stepsEndWithTheDigestOfTheirIndex(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var shop = Self.shop(holds: 3_000)
    for round in 0..<3 {
      var copy = shop.ledger
      let expected = copy.digest()
      var work = shop.ledger.startDigest()
      #expect(work.index == shop.ledger.appliedIndex)
      var steps = 0
      var digest: Hash128?
      while digest == nil {
        var budget = 1 + Int(random.below(4))
        digest = work.step(pages: &budget)
        steps += 1
        let number = random.below(shop.ledger.reservationsMade) + 1
        shop.send(random.chance(1, in: 2) ? .release(number) : .confirm(number))
        shop.reserve(1)
        if random.chance(1, in: 3) { shop.pass(50) }
      }
      #expect(steps > (round == 0 ? 3 : 0))
      #expect(digest == expected)
      shop.ledger.adoptHashes(of: work)
      #expect(shop.ledger.digest() == (try Self.fresh(shop.ledger)))
    }
    shop.ledger.checkInvariants()
  }

  @Test func whatWasHashedIsNotHashedAgain() {
    var shop = Self.shop(holds: 3_000)
    var work = shop.ledger.startDigest()
    var budget = Int.max
    #expect(work.step(pages: &budget) != nil)
    let first = Int.max - budget
    shop.reserve(1)
    shop.ledger.adoptHashes(of: work)
    var next = shop.ledger.startDigest()
    budget = 1_000
    #expect(next.step(pages: &budget) != nil)
    #expect(first > 20 && 1_000 - budget < 5, "\(first) pages, then \(1_000 - budget)")
  }

  @Test func aBudgetIsNeverOverdrawn() {
    let shop = Self.shop(holds: 2_000)
    var work = shop.ledger.startDigest()
    var budget = 2
    #expect(work.step(pages: &budget) == nil && budget == 0)
    budget = 0
    #expect(work.step(pages: &budget) == nil && budget == 0)
  }
}
