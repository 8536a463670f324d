import Primitives
import Testing

@testable import StockLedger

private func nodes(_ places: [(String, String)]) -> [NodePlace] {
  places.enumerated().map { at, place in
    NodePlace(node: NodeID(UInt64(at + 1)), region: utf8(place.0), zone: utf8(place.1))
  }
}

private func members(_ region: String, _ nodes: [NodePlace]) -> [UInt64] {
  PlacementRule.shard(region: utf8(region), nodes: nodes).voters.map(\.rawValue)
}

@Suite struct PlacementTests {
  @Test func withOneNodePerRegionEachShardIsEverywhereAndLedAtHome() {
    let nodes = nodes([("eu", "a"), ("us", "a"), ("ap", "a")])
    let founders = PlacementRule.shard(region: utf8("us"), nodes: nodes)
    #expect(founders.voters.map(\.rawValue) == [1, 2, 3])
    #expect(founders.preferred == [NodeID(2)])
  }

  @Test func moreThanFiveRegionsDoNotMakeMoreThanFiveMembers() {
    let nodes = nodes((0..<7).map { ("r\($0)", "a") })
    #expect(members("r6", nodes) == [1, 2, 3, 4, 7])
  }

  @Test func withThreeNodesPerRegionAShardStaysInItsRegion() {
    let nodes = nodes(
      ["eu", "us", "ap"].flatMap { region in ["a", "b", "c"].map { (region, $0) } })
    #expect(members("us", nodes) == [4, 5, 6])
  }

  @Test func manyNodesOfARegionAreSpreadOverZonesInOddNumber() {
    let seven = nodes([
      ("eu", "a"), ("eu", "a"), ("eu", "a"), ("eu", "b"), ("eu", "c"), ("eu", "c"), ("us", "a"),
    ])
    #expect(members("eu", seven) == [1, 2, 4, 5, 6])
    let five = nodes([("eu", "a"), ("eu", "a"), ("eu", "b"), ("eu", "c"), ("us", "a")])
    #expect(members("eu", five) == [1, 3, 4])
  }

  @Test func aRegionWithTooFewNodesBorrowsMembers() {
    let nodes = nodes([("eu", "a"), ("eu", "b"), ("us", "a"), ("ap", "a")])
    #expect(members("us", nodes) == [1, 2, 3])
    #expect(members("eu", nodes) == [1, 2, 3])
  }

  @Test func theMetaGroupVotesOncePerRegionAndTheOthersLearn() {
    let nodes = nodes([("eu", "a"), ("eu", "b"), ("us", "a"), ("us", "b"), ("ap", "a")])
    let meta = PlacementRule.meta(nodes: nodes)
    #expect(meta.voters.map(\.rawValue) == [1, 3, 5])
    #expect(meta.learners.map(\.rawValue) == [2, 4])
  }
}

/// A shard is founded once, by the nodes that the catalog had when its PutPool was applied.
@Suite struct FoundersTests {
  private func founded() -> MetaShop {
    var meta = MetaShop()
    for (number, region) in [(1, "eu"), (2, "us"), (3, "ap")] {
      meta.send(.putNode(UInt64(number), region: region, zone: "a", address: "h:\(number)"))
    }
    meta.send(.putPool("main", regions: ["eu"], locations: []))
    return meta
  }

  private func founders(_ meta: MetaShop, _ pool: String) -> [UInt64]? {
    meta.ledger.shard(pool: utf8(pool), region: utf8("eu"))?.founders.voters.map(\.rawValue)
  }

  @Test func nodesThatComeAndGoLaterLeaveTheFoundersAsTheyWere() {
    var meta = founded()
    #expect(founders(meta, "main") == [1, 2, 3])
    meta.send(.putNode(4, region: "sa", zone: "a", address: "h:4"))
    meta.send(.dropNode(3))
    meta.send(.putPool("main", regions: ["eu", "us"], locations: []))
    meta.send(.putPool("later", regions: ["eu"], locations: []))
    #expect(founders(meta, "main") == [1, 2, 3])
    #expect(founders(meta, "later") == [1, 2, 4])
    #expect(meta.ledger.nodes.map(\.node.rawValue) == [1, 2, 4])
  }

  @Test func aNodeThatIsNotThereIsDroppedWithoutAChange() {
    var meta = founded()
    let version = meta.ledger.catalogVersion
    #expect(meta.send(.dropNode(9)).version == version)
    #expect(meta.send(.dropNode(3)).version == version + 1)
    #expect(meta.send(.dropNode(0)).refusal == .invalidArgument)
  }

  @Test func trap27_aSnapshotKeepsTheFoundersAndTheDigestCoversThem() throws {
    var meta = founded()
    meta.send(.dropNode(3))
    var snapshot = meta.ledger.snapshot()
    var loader = SnapshotLoader()
    while let chunk = snapshot.nextChunk(maxBytes: 64) { try loader.append(chunk) }
    var restored = try loader.finishMeta()
    #expect(restored.shards == meta.ledger.shards)
    #expect(restored.digest() == meta.ledger.digest())
    let shard = restored.shards[0]
    restored.books.header.shards[0] = ShardDescriptor(
      id: shard.id, pool: shard.pool, region: shard.region,
      founders: Founders(voters: shard.founders.voters))
    #expect(restored.digest() != meta.ledger.digest())
  }
}
