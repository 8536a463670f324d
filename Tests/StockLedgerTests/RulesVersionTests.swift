import Primitives
import Testing

@testable import StockLedger

/// What an entry does changes with the version of the rules, and that with an entry (design, section 6).
@Suite struct RulesVersionTests {
  private static func limits(knowing newest: RulesVersion = .newest) -> LedgerLimits {
    var limits = LedgerLimits()
    limits.expiriesPerEntryMax = LimitByRules(first: 3, second: 2)
    limits.rulesMax = newest
    return limits
  }

  private static func raised() -> Shop {
    var shop = Shop.stocked(["A": 100], limits: limits())
    shop.enter([CommandWriter.raise(to: .second)])
    return shop
  }

  private static func bytes(_ ledger: ShardLedger) -> [UInt8] {
    var snapshot = ledger.snapshot()
    var bytes: [UInt8] = []
    while let chunk = snapshot.nextChunk(maxBytes: 1 << 16) { bytes += chunk }
    return bytes
  }

  private static func load(
    _ bytes: [UInt8], knowing newest: RulesVersion = .newest
  ) throws(SnapshotError) -> ShardLedger {
    var loader = SnapshotLoader(limits: limits(knowing: newest))
    try loader.append(bytes)
    return try loader.finish()
  }

  @Test func theNextEntryGoesByTheNewRules() {
    var shop = Shop.stocked(["A": 100], limits: Self.limits())
    #expect(shop.ledger.rules == .first)
    for _ in 0..<10 { shop.reserve(1, ttl: 1_000) }
    shop.pass(5_000)
    #expect(shop.ledger.counters.reservationsExpired == 3)
    // This entry itself still begins by the old ones.
    shop.enter([CommandWriter.raise(to: .second)])
    #expect(shop.ledger.counters.reservationsExpired == 6)
    #expect(shop.ledger.rules == .second)
    shop.pass(0)
    #expect(shop.ledger.counters.reservationsExpired == 8)
  }

  @Test func theyAreNeverLowered() {
    var shop = Self.raised()
    shop.enter([CommandWriter.raise(to: .first)])
    #expect(shop.ledger.rules == .second)
  }

  /// Builds that know only the first version have to agree on its digests and read its snapshots.
  @Test func theFirstVersionIsWrittenAsItWas() throws {
    var shop = Shop.stocked(["A": 100], limits: Self.limits())
    let bytes = Self.bytes(shop.ledger)
    #expect(bytes[8] == 3, "the format's version")
    var header = ByteWriter()
    BooksHeader(shard: ShardID(2)).write(into: &header)
    let before = header.count
    header = ByteWriter()
    var raised = BooksHeader(shard: ShardID(2))
    raised.rules = .second
    raised.write(into: &header)
    #expect(header.count == before + 2)
    var old = try Self.load(bytes, knowing: .first)
    #expect(old.digest() == shop.ledger.digest())
  }

  @Test func aSnapshotKeepsTheVersionAndIsRefusedByAnOlderBuild() throws {
    var shop = Self.raised()
    let bytes = Self.bytes(shop.ledger)
    var restored = try Self.load(bytes)
    #expect(restored.rules == .second)
    #expect(restored.digest() == shop.ledger.digest())
    #expect(throws: SnapshotError.self) { try Self.load(bytes, knowing: .first) }
  }

  @Test func membersByDifferentRulesHaveDifferentDigests() {
    var shop = Self.raised()
    var other = Shop.stocked(["A": 100], limits: Self.limits())
    other.pass(0)
    #expect(shop.ledger.appliedIndex == other.ledger.appliedIndex)
    #expect(shop.ledger.digest() != other.ledger.digest())
  }

  @Test func onlyAnEntryOfItsOwnRaises() {
    #expect(CommandReader.rulesRaised(by: CommandWriter.raise(to: .second)) == .second)
    #expect(CommandReader.rulesRaised(by: []) == nil)
    var pulse = ByteWriter()
    CommandWriter.pulse(term: Term(7), into: &pulse)
    #expect(CommandReader.rulesRaised(by: pulse.bytes) == nil)
    #expect(CommandReader.validate(CommandWriter.raise(to: .second)) == 1)
  }
}
