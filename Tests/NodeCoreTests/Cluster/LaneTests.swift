import Primitives
import RaftConsensus
import StockLedger
import Testing

@testable import NodeCore

/// A lane without the meta group: lane 0 tells it what to open, and the catalog comes in pushes.
@Suite struct LaneTests {
  private let shard = ShardID(3)

  /// Nodes 1 to 3 founded the shard; each further region is one more node, which did not.
  private func opened(
    seed: UInt64, lost: UInt64 = 0, regions: [String] = ["eu", "us", "ap"]
  ) -> VirtualCluster {
    let cluster = VirtualCluster(
      .init(
        seed: seed, regions: regions, lost: lost, repeated: lost,
        tweak: {
          $0.lanes = 2
          $0.lane = 1
        }))
    let nodes = cluster.nodes[0].settings.nodes.prefix(3).map(\.id)
    let descriptor = GroupDescriptor(
      shard: shard, pool: Array("web".utf8), region: Array("us".utf8),
      founders: Founders(voters: nodes, preferred: [nodes[1]]))
    for at in cluster.nodes.indices {
      cluster.with(at) { core, now in
        core.open(
          OpenedShard(shard: shard, lane: 1, descriptor: descriptor.encoded()), now: now)
      }
    }
    return cluster
  }

  /// What the meta leader would push: a pool with one location, and one SKU with its account.
  private var push: CatalogPush {
    var items = ByteWriter()
    items.put(UInt32(4))
    for record in [
      Commands.putSku(id: "", sku: "tea"),
      Commands.putLocation(id: "", location: "dc", region: "us"),
      Commands.putPool(id: "", pool: "web", regions: ["us"], locations: ["dc"]),
      Commands.putAccount(id: "", sku: "tea", location: "dc", pool: "web"),
    ] {
      // An item is the record without its length, flags, id and time.
      items.put(record[4])
      items.bytes.append(contentsOf: record[15...])
    }
    return CatalogPush(
      shard: shard, term: Term(1), fromVersion: 0, toVersion: 4, items: items.bytes)
  }

  private func push(_ cluster: VirtualCluster, to at: Int) {
    var envelope = PeerEnvelope()
    envelope.catalogPushes = [push]
    cluster.with(at) { core, now in
      core.receive(envelope, from: NodeID(UInt64(at + 1)), now: now)
    }
  }

  @Test func theShardsLeaderAnnouncesItselfThroughLaneZero() throws {
    let cluster = opened(seed: 71)
    #expect(cluster.run(seconds: 10) { cluster.leader(of: self.shard) == 1 })
    #expect(
      cluster.run(seconds: 2) {
        cluster.toOwnNode.contains {
          $0.node == 1 && $0.envelope.catalogAcks == [CatalogAck(shard: self.shard, version: 0)]
        }
      })
    #expect(cluster.nodes[0].core?.withMetaLedger { _ in true } == nil)
  }

  @Test func ruleC5_aPushIsAnEntryOfTheShardAndARepeatedOneDoesNothing() throws {
    let cluster = opened(seed: 72)
    try #require(cluster.run(seconds: 10) { cluster.leader(of: self.shard) == 1 })
    push(cluster, to: 0)
    cluster.run(seconds: 1)
    #expect(
      cluster.nodes[0].core?.withShardLedger(shard) { $0.catalogVersion } == 0,
      "a follower proposes nothing")
    for _ in 0..<3 { push(cluster, to: 1) }
    #expect(cluster.isQuiet(shard))
    for node in cluster.nodes {
      #expect(node.core?.withShardLedger(shard) { $0.catalogVersion } == 4)
    }
    push(cluster, to: 1)
    #expect(cluster.isQuiet(shard))
    #expect(cluster.nodes[1].core?.counters.catalogUpdates == 1)
    #expect(cluster.toOwnNode.last?.envelope.catalogAcks == [CatalogAck(shard: shard, version: 4)])
  }

  /// Lane 0 tells of every shard of the lane, so that the node finds its seat when it gets one.
  @Test func ruleC1_aNodeIsAddedToAShardOutsideLaneZero() throws {
    let cluster = opened(seed: 75, regions: ["eu", "us", "ap", "sa"])
    try #require(cluster.run(seconds: 10) { cluster.leader(of: self.shard) == 1 })
    push(cluster, to: 1)
    try #require(cluster.isQuiet(shard))
    #expect(cluster.nodes[3].core?.load.groups == 0)
    #expect(cluster.change(shard, .learner(NodeID(4))))
    #expect(cluster.change(shard, .voter(NodeID(4))))
    #expect(cluster.isQuiet(shard))
    #expect(cluster.nodes[3].core?.withShardLedger(shard) { $0.catalogVersion } == 4)
    cluster.crash(3)
    cluster.start(3)
    #expect(cluster.nodes[3].core?.members(of: shard)?.voters.contains(NodeID(4)) == true)
  }

  /// What lane 0 finds in the catalog goes to the shard's lane, whoever founded it.
  @Test func laneZeroTellsTheOthersOfShardsThatTheNodeDidNotFound() throws {
    let cluster = VirtualCluster(
      .init(
        seed: 76, regions: ["eu", "us", "ap", "eu"],
        founders: [NodeID(1), NodeID(2), NodeID(3)], tweak: { $0.lanes = 2 }))
    let shop = Shop(cluster)
    try #require(cluster.elect())
    shop.call(
      "p", Commands.putPool(id: "p", pool: "web", regions: ["eu", "us"], locations: []), to: .meta,
      at: 0)
    try #require(shop.settle())
    try #require(cluster.change(.meta, .learner(NodeID(4))))
    func told(_ at: Int) -> [ShardID] {
      cluster.openedElsewhere.filter { $0.node == at }.map(\.shard)
    }
    #expect(cluster.run(seconds: 10) { told(3) == [self.shard] })
    #expect(told(0) == [shard])
    #expect(cluster.nodes[3].core?.knownShards == [.meta, ShardID(2), shard])
    #expect(cluster.nodes[3].core?.load.groups == 1)
  }

  @Test(arguments: Seeds.of([73, 74]))
  func aShardOfThisLaneSellsAndSurvivesItsLeader(seed: UInt64) throws {
    let cluster = opened(seed: seed, lost: 20)
    let shop = Shop(cluster)
    try #require(cluster.run(seconds: 30) { cluster.leader(of: self.shard) != nil })
    push(cluster, to: cluster.leader(of: shard)!)
    try #require(cluster.isQuiet(shard))
    shop.call(
      "f", Commands.adjustSupply(id: "f", sequence: 1, sku: "tea", location: "dc", delta: 100),
      to: shard, at: 0)
    #expect(shop.settle())
    let traffic = Traffic(cluster, shop: shop, shards: [shard], skus: ["tea"])
    var down: Int?
    let answered = traffic.play(100) { round in
      if round % 60 == 15, down == nil, let leader = cluster.leader(of: shard) {
        cluster.crash(leader)
        down = leader
      } else if round % 60 == 45, let node = down {
        cluster.start(node)
        down = nil
      }
    }
    if let down { cluster.start(down) }
    #expect(answered, "seed \(seed)")
    #expect(traffic.judge(unitsPerSku: 100) == [], "seed \(seed)")
  }
}
