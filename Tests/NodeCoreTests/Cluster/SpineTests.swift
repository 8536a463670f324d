import Primitives
import RaftConsensus
import StockLedger
import Testing

@testable import NodeCore

/// The way of a command from catalog to answer, on networks that behave.
@Suite struct SpineTests {
  @Test func aPoolOpensItsShardsAndSellsFromEveryNode() throws {
    let cluster = VirtualCluster(.init(seed: 11))
    let shop = Shop(cluster)
    try #require(cluster.elect())
    let shards = try #require(cluster.stock(skus: ["tea", "cup"], units: 100, shop: shop))
    #expect(shards == [ShardID(2), ShardID(3), ShardID(4)])
    let traffic = Traffic(cluster, shop: shop, shards: shards, skus: ["tea", "cup"])
    #expect(traffic.play(120))
    #expect(traffic.judge(unitsPerSku: 100) == [])
    #expect(cluster.entriesCompared > 100)
  }

  @Test func eachShardIsLedInItsOwnRegion() throws {
    let cluster = VirtualCluster(.init(seed: 12))
    let shop = Shop(cluster)
    try #require(cluster.elect())
    let shards = try #require(cluster.stock(skus: ["tea"], units: 5, shop: shop))
    for (region, shard) in shards.enumerated() { #expect(cluster.leader(of: shard) == region) }
    for at in cluster.nodes.indices {
      let placement = cluster.nodes[at].core?.placement(of: shards[1])
      #expect(placement?.members == [1, 2, 3].map { NodeID($0) })
      #expect(placement?.leader == NodeID(2))
    }
  }

  @Test func withThreeNodesPerRegionTheCatalogReachesShardsOfOtherNodes() throws {
    let regions = ["eu", "eu", "eu", "us", "us", "us", "ap", "ap", "ap"]
    let zones = ["a", "b", "c", "a", "b", "c", "a", "b", "c"]
    let cluster = VirtualCluster(.init(seed: 13, regions: regions, zones: zones))
    let shop = Shop(cluster)
    try #require(cluster.elect())
    let shards = try #require(cluster.stock(skus: ["tea"], units: 50, shop: shop))
    let traffic = Traffic(cluster, shop: shop, shards: shards, skus: ["tea"])
    #expect(traffic.play(60))
    #expect(traffic.judge(unitsPerSku: 50) == [])
    // A node without a member says who may know more; every node has the catalog.
    #expect(cluster.nodes[0].core?.withShardLedger(shards[1]) { _ in true } == nil)
    #expect(
      cluster.nodes[0].core?.placement(of: shards[1])?.members == [4, 5, 6].map { NodeID($0) })
    #expect(cluster.nodes[8].core?.withMetaLedger { $0.shards.count } == 3)
  }

  @Test func trap22_aSingleMemberAnswersOnlyWhatIsOnItsDisk() throws {
    let cluster = VirtualCluster(.init(seed: 14, regions: ["eu"]))
    let shop = Shop(cluster)
    try #require(cluster.elect())
    let shard = try #require(cluster.stock(skus: ["tea"], units: 5, shop: shop))[0]
    let record = Commands.reserve(id: "r", order: "o", sku: "tea", quantity: 1)
    cluster.submit(0, SubmitBatch(shard: shard, commands: record, tokens: [900]))
    #expect(cluster.answers[900] == nil)
    cluster.crash(0)
    cluster.start(0)
    #expect(cluster.run(seconds: 10) { cluster.leader(of: shard) == 0 })
    #expect(cluster.answers[900] == nil)
    #expect(cluster.nodes[0].core?.withShardLedger(shard) { $0.reservationsMade } == 0)
    shop.call("r", record, to: shard, at: 0)
    #expect(shop.settle())
    #expect(shop.calls.last?.outcome?.fill == .full)
    #expect(cluster.nodes[0].core?.withShardLedger(shard) { $0.reservationsMade } == 1)
  }

  @Test func theBatchGrowsWhileAWriteIsUnderWay() throws {
    let cluster = VirtualCluster(.init(seed: 15, regions: ["eu"]))
    let shop = Shop(cluster)
    try #require(cluster.elect())
    let shard = try #require(cluster.stock(skus: ["tea"], units: 500, shop: shop))[0]
    #expect(cluster.isQuiet(shard))
    for number in 0..<40 {
      shop.call(
        "r\(number)",
        Commands.reserve(id: "r\(number)", order: "o\(number)", sku: "tea", quantity: 1), to: shard,
        at: 0)
    }
    #expect(shop.settle())
    let places = Set(
      cluster.replies.suffix(2).map { "\($0.index.rawValue): \($0.tokens.count)" })
    let last = try #require(cluster.replies.last?.index.rawValue)
    #expect(places == ["\(last - 1): 1", "\(last): 39"])
  }

  @Test func ruleQ3_callsAreOrderedAsTheyWereSubmitted() throws {
    let cluster = VirtualCluster(.init(seed: 16))
    let shop = Shop(cluster)
    try #require(cluster.elect())
    let shard = try #require(cluster.stock(skus: ["tea"], units: 500, shop: shop))[0]
    let leader = try #require(cluster.leader(of: shard))
    var commands: [UInt8] = []
    for number in 0..<50 {
      commands += Commands.reserve(
        id: "q\(number)", order: "o\(number)", sku: "tea", quantity: 1)
    }
    cluster.submit(
      leader, SubmitBatch(shard: shard, commands: commands, tokens: Array(1_000..<1_050)))
    #expect(cluster.run(seconds: 5) { cluster.answers[1_049] != nil })
    let numbers = (1_000..<1_050).compactMap { token in
      cluster.answers[UInt64(token)].flatMap { Outcome(record: $0).number }
    }
    #expect(numbers.count == 50 && numbers == numbers.sorted())
  }

  @Test func theSameSeedTellsTheSameStory() throws {
    func story() throws -> [String] {
      let cluster = VirtualCluster(.init(seed: 17, lost: 30, repeated: 30))
      let shop = Shop(cluster)
      try #require(cluster.elect())
      let shards = try #require(cluster.stock(skus: ["tea"], units: 40, shop: shop))
      let traffic = Traffic(cluster, shop: shop, shards: shards, skus: ["tea"])
      #expect(traffic.play(40))
      return shards.flatMap { shard in
        cluster.isQuiet(shard)
          ? cluster.digests(shard).map { "\($0.index.rawValue) \($0.digest)" } : ["never quiet"]
      } + ["\(cluster.now)"]
    }
    #expect(try story() == story())
  }
}
