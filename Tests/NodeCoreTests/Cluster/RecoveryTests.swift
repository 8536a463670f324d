import Primitives
import RaftConsensus
import StockLedger
import Testing

@testable import NodeCore

/// When a node that starts has caught up with what its own disk says.
@Suite struct RecoveryTests {
  /// A cluster with twenty reservations in one shard, all nodes crashed.
  private func stopped(
    _ options: VirtualCluster.Options
  ) throws -> (cluster: VirtualCluster, shard: ShardID) {
    var options = options
    // One entry per turn, so that catching up takes many.
    options.tweak = { $0.raft.handOutBytesMax = 1 }
    let cluster = VirtualCluster(options)
    let shop = Shop(cluster)
    try #require(cluster.elect())
    let shard = try #require(cluster.stock(skus: ["tea"], units: 50, shop: shop))[0]
    for number in 0..<20 {
      let id = "r\(number)"
      shop.call(
        id, Commands.reserve(id: id, order: id, sku: "tea", quantity: 1), to: shard,
        at: number % cluster.nodes.count)
      try #require(shop.settle())
    }
    try #require(cluster.isQuiet(shard))
    for at in cluster.nodes.indices { cluster.crash(at) }
    return (cluster, shard)
  }

  private func made(_ cluster: VirtualCluster, _ shard: ShardID, at: Int) -> UInt64? {
    cluster.nodes[at].core?.withShardLedger(shard) { $0.reservationsMade }
  }

  @Test func aNodeWithoutAMajorityCatchesUpWithWhatItKnowsCommitted() throws {
    let (cluster, shard) = try stopped(.init(seed: 21))
    cluster.start(0)
    let gap = try #require(cluster.nodes[0].core?.recoveryGaps.first { $0.shard == shard })
    #expect(gap.applied < gap.goal)
    #expect(cluster.run(seconds: 5) { cluster.nodes[0].core?.recoveryGaps == [] })
    // The commit index on disk may lack the last entries; nobody confirms them here.
    #expect(try #require(made(cluster, shard, at: 0)) >= 18)
    #expect(cluster.leader(of: shard) == nil)
  }

  @Test func nodesThatStartTogetherDoNotWaitForEachOther() throws {
    let (cluster, _) = try stopped(.init(seed: 22))
    for at in cluster.nodes.indices {
      cluster.start(at)
      cluster.cutOff(at)
    }
    #expect(
      cluster.run(seconds: 5) { cluster.nodes.allSatisfy { $0.core?.recoveryGaps == [] } })
    #expect(cluster.leader(of: .meta) == nil)
  }

  @Test func aSoleMemberCatchesUpWithItsWholeDisk() throws {
    let (cluster, shard) = try stopped(.init(seed: 23, regions: ["eu"]))
    cluster.start(0)
    let gap = try #require(cluster.nodes[0].core?.recoveryGaps.first { $0.shard == shard })
    #expect(gap.goal == cluster.journalEntries(shard).last?.index)
    #expect(cluster.run(seconds: 5) { cluster.nodes[0].core?.recoveryGaps == [] })
    #expect(made(cluster, shard, at: 0) == 20)
  }

  @Test func ruleC9_aFlawedMemberWaitsForNothingThatItCannotCommit() throws {
    let (cluster, shard) = try stopped(.init(seed: 24, regions: ["eu"]))
    cluster.startFlawed(0)
    let committed = try #require(cluster.nodes[0].core?.status(now: cluster.clock(of: 0)))
      .first { $0.shard == shard }?.commit
    let goal = cluster.nodes[0].core?.recoveryGaps.first { $0.shard == shard }?.goal
    #expect(goal == committed)
    #expect(cluster.run(seconds: 5) { cluster.nodes[0].core?.recoveryGaps == [] })
  }
}
