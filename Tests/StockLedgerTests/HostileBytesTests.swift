import Primitives
import Testing

@testable import StockLedger

@Suite struct HostileBytesTests {
  private let samples: [Ask] = [
    .reserve(lines: [
      OrderLine(sku: "A", quantity: 1), OrderLine(sku: "B", quantity: 2, unit: "box"),
    ]),
    .confirm(1, .reacquire), .extend(1, ttl: 5_000),
    .release(1, [OrderLine(sku: "A", quantity: 1)]),
    .fulfill(1, [OrderLine(sku: "A", quantity: 1)], source: "wms", sequence: 3),
    .adjust(sequence: 1, sku: "A", location: "L1", delta: 4),
    .sync(
      version: 2,
      [
        CountRow(
          sku: "A", location: "L1", onHand: 4,
          inbound: [Inbound(day: Shop.day0 + 3, quantity: 2)])
      ]),
    .putSku("A", units: [("box", 6)]), .putLocation("L1", region: "eu"),
    .putPool("main", regions: ["eu"], locations: ["L1"]),
    .putAccount("A", "L1", pool: "main", buffer: 1),
    .putNode(1, region: "eu", zone: "a", address: "h:1"), .dropNode(1), .pulse(term: 1),
  ]

  @Test func whatTheWriterWritesIsWellFormedAndAnyCutOfItIsNot() {
    for ask in samples {
      let record = ask.record(id: "id")
      #expect(CommandReader.validate(record) == 1, "\(ask)")
      for end in 1..<record.count {
        #expect(CommandReader.validate(Array(record[..<end])) == nil, "\(ask) cut at \(end)")
      }
    }
    let all = samples.flatMap { $0.record(id: "id") }
    #expect(CommandReader.validate(all) == samples.count)
    #expect(CommandReader.validate([]) == 0)
  }

  @Test func aCatalogUpdateIsValidatedItemByItem() {
    let meta = MetaShop.twoRegions()
    let body = meta.ledger.update(for: ShardID(2), after: 0, maxBytes: 1 << 20)!
    var record = Ask.update(body, term: 1).record(id: "")
    #expect(CommandReader.validate(record) == 1)
    record[4 + 2 + 1 + 8 + 24] = 200
    #expect(CommandReader.validate(record) == nil)
  }

  /// Well-formed records with nonsense in them must have an outcome each; the books must hold.
  @Test(arguments: 1...4 as ClosedRange<UInt64>)
  func whateverAWellFormedRecordSaysHasAnOutcome(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var shop = Shop.stocked(["A": 50, "B": 50])
    var meta = MetaShop.twoRegions()
    shop.reserve(5)
    shop.send(.confirm(1))
    var applied = 0
    for _ in 0..<1_000 {
      var record = samples[Int(random.below(UInt64(samples.count)))].record(
        id: "id-\(random.below(1 << 40))")
      for _ in 0...random.below(3) {
        record[Int(random.below(UInt64(record.count - 4))) + 4] = UInt8(random.below(256))
      }
      guard CommandReader.validate(record) == 1 else { continue }
      applied += 1
      #expect(shop.enter([record]).count == 1)
      var out = ByteWriter()
      meta.index += 1
      meta.ledger.apply(
        payload: record, index: LogIndex(meta.index), term: Term(1),
        logTime: LogTime(milliseconds: meta.now), outcomes: &out)
      #expect(Answer.all(out.bytes).count == 1)
    }
    #expect(applied > 100)
  }

  /// A damaged snapshot is an error or, at worst, not the digest that it names; never a trap.
  @Test(arguments: 1...3 as ClosedRange<UInt64>)
  func aDamagedSnapshotIsRefused(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var shop = Shop.stocked(["A": 50])
    for n in 1...6 { shop.reserve(Int64(n)) }
    var snapshot = shop.ledger.snapshot()
    var bytes: [UInt8] = []
    while let chunk = snapshot.nextChunk(maxBytes: 1 << 16) { bytes += chunk }
    for _ in 0..<120 {
      var damaged = bytes
      damaged[Int(random.below(UInt64(bytes.count)))] ^= UInt8(1 << random.below(8))
      if random.chance(1, in: 4) { damaged.removeLast(Int(random.below(UInt64(bytes.count)))) }
      #expect(throws: SnapshotError.self) {
        var loader = SnapshotLoader()
        try loader.append(damaged)
        _ = try loader.finish()
      }
    }
    var loader = SnapshotLoader()
    try loader.append(bytes)
    var restored = try loader.finish()
    #expect(restored.digest() == shop.ledger.digest())
  }
}
