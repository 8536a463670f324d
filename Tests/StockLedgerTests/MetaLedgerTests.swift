import Primitives
import Testing

@testable import StockLedger

/// The meta group's ledger with its log.
struct MetaShop {
  var ledger: MetaLedger
  var now = Shop.start
  var index: UInt64 = 0
  private var minted = 0

  init(limits: LedgerLimits = LedgerLimits()) {
    var limits = limits
    limits.checksEachCommand = true
    ledger = MetaLedger(limits: limits)
  }

  @discardableResult
  mutating func send(_ ask: Ask, id: String? = nil, sentAt: Int64 = Absent.time) -> Answer {
    minted += 1
    index += 1
    var out = ByteWriter()
    ledger.apply(
      payload: ask.record(id: id ?? "minted-\(minted)", sentAt: sentAt), index: LogIndex(index),
      term: Term(1), logTime: LogTime(milliseconds: now), outcomes: &out)
    return Answer.all(out.bytes)[0]
  }

  /// With nodes the pool's shards have founders.
  static func twoRegions(nodes: Int = 0) -> MetaShop {
    var meta = MetaShop()
    for number in 0..<nodes {
      meta.send(.putNode(UInt64(number + 1), region: "eu", zone: "a", address: "h:1"))
    }
    meta.send(.putLocation("L1", region: "eu"))
    meta.send(.putLocation("L2", region: "us"))
    meta.send(.putPool("main", regions: ["eu", "us"], locations: ["L2", "L1"]))
    meta.send(.putSku("A", units: [("box", 6)]))
    meta.send(.putAccount("A", "L1", pool: "main", buffer: 2))
    meta.send(.putAccount("A", "L2", pool: "main"))
    return meta
  }
}

func utf8(_ text: String) -> [UInt8] { Array(text.utf8) }

@Suite struct MetaLedgerTests {
  @Test func aPoolOpensAShardPerRegionInOrder() {
    let meta = MetaShop.twoRegions()
    let regions = [utf8("eu"), utf8("us")]
    #expect(meta.ledger.shards.map(\.id) == [ShardID(2), ShardID(3)])
    #expect(meta.ledger.shards.map(\.pool) == [utf8("main"), utf8("main")])
    #expect(meta.ledger.shards.map(\.region) == regions)
    #expect(meta.ledger.catalogVersion == 6)
  }

  @Test func ruleS4_anAccountHasOneHome() {
    var meta = MetaShop.twoRegions()
    let key = AccountKey(sku: utf8("A"), location: utf8("L2"), owner: utf8("us"))
    #expect(meta.ledger.home(ofAccount: key) == ShardID(3))
    #expect(
      meta.send(.putPool("other", regions: ["us"], locations: ["L2"])).refusal == .secondHome)
    meta.send(.putPool("other", regions: ["us"], locations: []))
    #expect(meta.send(.putAccount("A", "L2", pool: "other")).refusal == .secondHome)
    #expect(meta.ledger.home(ofAccount: key) == ShardID(3))
  }

  @Test func everyRefusalInItsOrder() {
    var meta = MetaShop.twoRegions()
    let table: [(Ask, CallRefusal)] = [
      (.reserve(lines: []), .wrongShard),
      (.putSku("", base: "each"), .invalidArgument),
      (.putSku("B", units: [("box", 0)]), .invalidArgument),
      (.putSku("B", units: [("box", 2), ("box", 3)]), .invalidArgument),
      (.putSku("B", base: "each", units: [("each", 2)]), .invalidArgument),
      (.putSku(String(repeating: "x", count: 65)), .invalidArgument),
      (.putPool("p", regions: [], locations: []), .invalidArgument),
      (.putPool("p", regions: ["eu", "eu"], locations: []), .invalidArgument),
      (.putAccount("A", "L1", pool: "main", buffer: -1), .invalidArgument),
      (.putPool("p", regions: ["eu"], locations: ["L9"]), .unknownLocation),
      (.putPool("p", regions: ["ap"], locations: ["L1"]), .unknownRegion),
      (.putPool("p", regions: ["eu"], locations: ["L1"]), .secondHome),
      (.putAccount("Z", "L9", pool: "nope"), .unknownPool),
      (.putAccount("Z", "L9", pool: "main"), .unknownSku),
      (.putAccount("A", "L9", pool: "main"), .unknownLocation),
      (.putSku("A", base: "piece"), .inUse),
      (.putLocation("L1", region: "us"), .inUse),
      (.putPool("main", regions: ["eu"], locations: ["L1"]), .inUse),
      (.putPool("main", regions: ["eu", "us"], locations: ["L1"]), .inUse),
    ]
    for (ask, refusal) in table {
      let before = meta.ledger.digest()
      #expect(meta.send(ask).refusal == refusal, "\(ask)")
      #expect(meta.ledger.catalogVersion == 6)
      #expect(before != meta.ledger.digest(), "the index moved")
    }
  }

  @Test func anItemThatSaysTheSameKeepsItsVersion() {
    var meta = MetaShop.twoRegions()
    #expect(meta.send(.putSku("A", units: [("box", 6)])).version == 6)
    #expect(meta.send(.putSku("A", units: [("box", 12)])).version == 7)
    #expect(meta.ledger.sku(utf8("A"))?.version == 7)
    #expect(meta.ledger.sku(utf8("A"))?.units[0].baseUnitsEach == 12)
  }

  @Test func ruleQ2_aRepeatedPutAnswersItsVersionAndAnotherBodyIsRefused() {
    var meta = MetaShop.twoRegions()
    #expect(meta.send(.putSku("B"), id: "r").version == 7)
    meta.send(.putSku("C"))
    #expect(meta.send(.putSku("B"), id: "r").version == 7)
    #expect(meta.send(.putSku("D"), id: "r").refusal == .requestIDReused)
    #expect(meta.ledger.catalogVersion == 8)
  }

  @Test func aShardLearnsWhatItNeedsInPieces() {
    var meta = MetaShop.twoRegions()
    for n in 0..<200 { meta.send(.putSku("S\(n)")) }
    var shop = Shop()
    var pieces = 0
    while let body = meta.ledger.update(
      for: ShardID(2), after: shop.ledger.catalogVersion, maxBytes: 1_000)
    {
      shop.send(.update(body, term: 1))
      pieces += 1
      #expect(pieces < 100)
    }
    #expect(pieces >= 3)
    #expect(shop.ledger.catalogVersion == meta.ledger.catalogVersion)
    #expect(shop.ledger.pool == utf8("main"))
    #expect(shop.ledger.region == utf8("eu"))
    #expect(shop.books("A", "L1").buffer == 2)
    #expect(
      shop.ledger.position(sku: utf8("A"), location: utf8("L2"), owner: utf8("us")) == nil)
    var out = ByteWriter()
    #expect(shop.writeAvailability("S199", nil, into: &out))
  }

  @Test func listingsPageInOrderOfName() {
    var meta = MetaShop()
    for n in (0..<700).reversed() { meta.send(.putSku("S\(1_000 + n)")) }
    var names: [String] = []
    while case let page = meta.ledger.skus(after: utf8(names.last ?? ""), limit: 64),
      !page.isEmpty
    {
      names += page.map { String(decoding: $0.sku, as: UTF8.self) }
    }
    #expect(names == (0..<700).map { "S\(1_000 + $0)" })
  }

  @Test func trap27_aSnapshotOfTheCatalogHoldsEverything() throws {
    var meta = MetaShop.twoRegions(nodes: 2)
    meta.send(.putSku("B"), id: "r")
    meta.send(.putNode(3, region: "eu", zone: "a", address: "host:1"), id: "n")
    let digest = meta.ledger.digest()
    var snapshot = meta.ledger.snapshot()
    var loader = SnapshotLoader()
    while let chunk = snapshot.nextChunk(maxBytes: 64) { try loader.append(chunk) }
    var restored = meta
    restored.ledger = try loader.finishMeta()
    #expect(restored.ledger.digest() == digest)
    #expect(restored.ledger.nodes.map(\.node) == [1, 2, 3].map { NodeID($0) })
    #expect(restored.send(.putSku("B"), id: "r").version == 9)
    #expect(restored.send(.putSku("C")) == meta.send(.putSku("C")))
  }
}
