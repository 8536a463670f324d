import Primitives
import RaftConsensus
import StockLedger
import Testing

@testable import NodeCore

/// The list of nodes grows: who founded the groups stays who founded them.
@Suite struct GrowTests {
  private let four = NodeID(4)

  /// Nodes 1 to 3 begin the cluster, in three regions; node 4 is configured and no founder.
  private func founded(
    seed: UInt64, lost: UInt64 = 0, tweak: @escaping (inout NodeSettings) -> Void = { _ in }
  ) throws -> (cluster: VirtualCluster, traffic: Traffic, shards: [ShardID]) {
    let cluster = VirtualCluster(
      .init(
        seed: seed, regions: ["eu", "us", "ap", "eu"],
        founders: [NodeID(1), NodeID(2), NodeID(3)], lost: lost, repeated: lost, tweak: tweak))
    let shop = Shop(cluster)
    try #require(cluster.elect(seconds: 60), "seed \(seed): no meta leader")
    let shards = try #require(
      cluster.stock(skus: ["tea"], units: 90, shop: shop), "seed \(seed)")
    return (cluster, Traffic(cluster, shop: shop, shards: shards, skus: ["tea"]), shards)
  }

  private func founders(of shard: ShardID, on at: Int, _ cluster: VirtualCluster) -> Founders? {
    cluster.nodes[at].core?.descriptor(of: shard)?.founders
  }

  private func nodes(in cluster: VirtualCluster) -> [UInt64] {
    guard let at = cluster.leader(of: .meta) else { return [] }
    return cluster.nodes[at].core!.withMetaLedger { $0.nodes.map(\.node.rawValue) } ?? []
  }

  @Test(arguments: Seeds.of([931, 932, 933]))
  func ruleC1_aNodeThatIsNoFounderJoinsEveryGroupAndTheLeaderGoes(seed: UInt64) throws {
    let (cluster, traffic, shards) = try founded(seed: seed, lost: 10)
    #expect(cluster.nodes[3].core?.load.groups == 0, "seed \(seed): it has no seat anywhere")
    #expect(traffic.play(30), "seed \(seed)")
    for shard in [.meta] + shards {
      #expect(cluster.change(shard, .learner(four)), "seed \(seed): \(shard)")
      #expect(cluster.change(shard, .voter(four)), "seed \(seed): \(shard)")
    }
    #expect(traffic.play(30), "seed \(seed)")
    let gone = try #require(cluster.leader(of: shards[0]))
    for shard in shards.reversed() + [.meta] {
      #expect(cluster.change(shard, .remove(NodeID(UInt64(gone + 1)))), "seed \(seed): \(shard)")
    }
    cluster.crash(gone)
    #expect(traffic.play(30), "seed \(seed)")
    #expect(traffic.judge(unitsPerSku: 90) == [], "seed \(seed)")
    for shard in shards {
      #expect(founders(of: shard, on: 3, cluster)?.voters.map(\.rawValue) == [1, 2, 3])
    }
  }

  /// Pools that are put later are founded by nodes that are there: those with a seat in the catalog.
  @Test func newShardsAreFoundedByTheNodesOfTheirEntry() throws {
    let (cluster, _, shards) = try founded(seed: 941)
    let shop = Shop(cluster, firstToken: 1_000_000)
    func put(_ pool: String) throws -> Founders {
      shop.call(
        pool, Commands.putPool(id: pool, pool: pool, regions: ["eu"], locations: []), to: .meta,
        at: 0)
      try #require(shop.settle())
      let at = try #require(cluster.leader(of: .meta))
      let shard = cluster.nodes[at].core!.withMetaLedger {
        $0.shard(pool: Array(pool.utf8), region: Array("eu".utf8))
      }
      return try #require(shard ?? nil).founders
    }
    #expect(nodes(in: cluster) == [1, 2, 3])
    #expect(try put("before").voters.map(\.rawValue) == [1, 2, 3])
    try #require(cluster.change(.meta, .learner(four)))
    try #require(cluster.run(seconds: 10) { nodes(in: cluster) == [1, 2, 3, 4] })
    #expect(try put("with").voters.map(\.rawValue) == [1, 2, 4])
    try #require(cluster.change(.meta, .remove(four)))
    try #require(cluster.run(seconds: 10) { nodes(in: cluster) == [1, 2, 3] })
    #expect(try put("without").voters.map(\.rawValue) == [1, 2, 3])
    #expect(founders(of: shards[0], on: 0, cluster)?.voters.map(\.rawValue) == [1, 2, 3])
  }

  /// A zone that is too long, which no configuration lets through: each version of the catalog refuses it
  /// once, and that holds up nobody.
  @Test func aNodeThatTheCatalogRefusesHoldsUpNobody() throws {
    var options = VirtualCluster.Options(seed: 971)
    options.zones = ["a", "a", String(repeating: "z", count: 65)]
    let cluster = VirtualCluster(options)
    try #require(cluster.run(seconds: 20) { cluster.leader(of: .meta) != nil })
    let shop = Shop(cluster)
    shop.call("s", Commands.putSku(id: "s", sku: "s"), to: .meta, at: 0)
    #expect(shop.settle())
    #expect(nodes(in: cluster) == [1, 2])
    #expect(!cluster.run(seconds: 5) { nodes(in: cluster) != [1, 2] })
    let proposed = cluster.nodes.compactMap { $0.core?.counters.entriesProposed }.reduce(0, +)
    #expect(proposed < 10, "the node twice, the SKU, and what leaders begin with")
  }

  /// Who comes late and finds the log compacted gets the founders with the snapshot.
  @Test func trap27_aLateJoinerFindsTheSameFoundersInTheSnapshot() throws {
    let (cluster, traffic, shards) = try founded(seed: 951) {
      $0.snapshotLogBytes = 400
      $0.raft.tailBytesMax = 100
    }
    #expect(traffic.play(40))
    try #require(cluster.change(.meta, .learner(four)))
    #expect(
      cluster.run(seconds: 20) {
        cluster.seen.contains { $0.node == 3 && $0.event.isInstalled(.meta) }
      })
    for shard in shards {
      #expect(cluster.run(seconds: 5) { founders(of: shard, on: 3, cluster) != nil })
      let own = founders(of: shard, on: 3, cluster)
      #expect(own == founders(of: shard, on: 0, cluster))
      #expect(own?.voters.map(\.rawValue) == [1, 2, 3])
    }
    #expect(cluster.nodes[3].core?.load.groups == 1, "it founded no shard and opens none")
  }

  /// What is on the disk wins: a founder that starts again with a longer list is what it was.
  @Test func aLongerListOfNodesDoesNotChangeWhoFoundedTheCatalog() throws {
    let (cluster, traffic, _) = try founded(seed: 961)
    for at in 0..<3 {
      cluster.crash(at)
      cluster.changeSettings(of: at) { $0.founders = $0.nodes.map(\.id) }
      cluster.start(at)
      #expect(founders(of: .meta, on: at, cluster)?.voters.map(\.rawValue) == [1, 2, 3])
      #expect(cluster.run(seconds: 20) { cluster.leader(of: .meta) != nil })
    }
    #expect(traffic.play(20))
    #expect(traffic.judge(unitsPerSku: 90) == [])
    #expect(nodes(in: cluster) == [1, 2, 3])
  }
}

extension NodeEvent {
  fileprivate func isInstalled(_ shard: ShardID) -> Bool {
    if case .snapshotInstalled(shard, _) = self { true } else { false }
  }
}
