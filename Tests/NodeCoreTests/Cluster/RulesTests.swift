import Primitives
import RaftConsensus
import StockLedger
import Testing

@testable import NodeCore

/// A rolling upgrade: the version of the ledger's rules is raised by an entry, once every member's build
/// knows it (design, section 6).
@Suite struct RulesTests {
  /// Three nodes of the build before, and a shard with traffic.
  private func upgrading(seed: UInt64, nodes: Int = 3) throws -> (VirtualCluster, Traffic, ShardID)
  {
    let cluster = VirtualCluster(
      .init(
        seed: seed, regions: Array(repeating: "eu", count: nodes),
        zones: Array(["a", "b", "c", "d"].prefix(nodes)),
        tweak: { $0.ledger.rulesMax = .first }))
    let shop = Shop(cluster)
    try #require(cluster.elect(seconds: 60), "seed \(seed): no meta leader")
    let shards = try #require(cluster.stock(skus: ["tea"], units: 100, shop: shop), "seed \(seed)")
    return (cluster, Traffic(cluster, shop: shop, shards: shards, skus: ["tea"]), shards[0])
  }

  private func upgrade(_ node: Int, _ cluster: VirtualCluster) {
    cluster.crash(node)
    cluster.changeSettings(of: node) { $0.ledger.rulesMax = .second }
    cluster.start(node)
  }

  private func rules(_ node: Int, _ shard: ShardID, _ cluster: VirtualCluster) -> RulesVersion? {
    cluster.nodes[node].core?.withShardLedger(shard) { $0.rules }
  }

  @Test(arguments: Seeds.of([1_101, 1_102, 1_103]))
  func theRulesAreRaisedWhenTheLastMemberKnowsThem(seed: UInt64) throws {
    let (cluster, traffic, shard) = try upgrading(seed: seed)
    for node in 0..<2 {
      upgrade(node, cluster)
      #expect(traffic.play(20), "seed \(seed)")
      cluster.run(seconds: 2)
      for other in 0..<3 { #expect(rules(other, shard, cluster) == .first, "seed \(seed)") }
    }
    upgrade(2, cluster)
    #expect(
      cluster.run(seconds: 10) { (0..<3).allSatisfy { rules($0, shard, cluster) == .second } },
      "seed \(seed): not raised")
    let raises = cluster.journalEntries(shard).filter {
      CommandReader.rulesRaised(by: $0.payload) != nil
    }
    #expect(raises.count == 1, "seed \(seed)")
    #expect(traffic.play(20), "seed \(seed)")
    #expect(traffic.judge(unitsPerSku: 100) == [], "seed \(seed)")
  }

  /// It is told at once, in the log and by `rulesUnknown`, and applies nothing; a newer build goes on.
  @Test func anOlderBuildThatComesBackAppliesNothing() throws {
    let (cluster, traffic, shard) = try upgrading(seed: 1_111)
    for node in 0..<3 { upgrade(node, cluster) }
    try #require(
      cluster.run(seconds: 10) { (0..<3).allSatisfy { rules($0, shard, cluster) == .second } })
    let old = try #require((0..<3).first { $0 != cluster.leader(of: shard) })
    cluster.crash(old)
    cluster.changeSettings(of: old) { $0.ledger.rulesMax = .first }
    cluster.start(old)
    #expect(traffic.play(20))
    cluster.run(seconds: 2)
    #expect(rules(old, shard, cluster) == .first)
    #expect(
      cluster.seen.contains {
        $0.node == old && $0.event == .rulesUnknown(shard, .second, known: .first)
      })
    upgrade(old, cluster)
    #expect(cluster.run(seconds: 10) { rules(old, shard, cluster) == .second })
    #expect(traffic.play(20))
    #expect(traffic.judge(unitsPerSku: 100) == [])
  }

  @Test func anOlderBuildGetsNoVote() throws {
    let (cluster, traffic, shard) = try upgrading(seed: 1_121, nodes: 4)
    for node in 0..<3 { upgrade(node, cluster) }
    try #require(cluster.run(seconds: 10) { rules(0, shard, cluster) == .second })
    #expect(traffic.play(20))
    let leader = try #require(cluster.leader(of: shard))
    let outside = NodeID(4)
    try #require(cluster.nodes[3].core!.members(of: shard) == nil, "node 4 has a seat")
    var results: [ProposeResult] = []
    cluster.with(leader) { core, now in
      results.append(core.change(shard, [.learner(outside)], now: now))
      results.append(core.change(shard, [.voter(outside)], now: now))
    }
    // It is in the catalog's group, and has said what it knows.
    #expect(results == [.full, .full])
    let core = cluster.nodes[leader].core!
    #expect(core.olderBuild(among: [.learner(outside)], of: shard) == outside)
    #expect(core.olderBuild(among: [.remove(outside)], of: shard) == nil)
    upgrade(3, cluster)
    #expect(cluster.run(seconds: 10) { cluster.change(shard, .learner(outside)) })
  }
}
