import Primitives
import RaftConsensus
import Testing

@testable import NodeCore

/// Nodes that come, go and hand the lead over while orders are taken.
@Suite struct MembershipTests {
  /// Four nodes of one region: the shard begins on the first three.
  private func stocked(
    seed: UInt64, lost: UInt64 = 0
  ) throws -> (cluster: VirtualCluster, traffic: Traffic, shard: ShardID) {
    let cluster = VirtualCluster(
      .init(
        seed: seed, regions: ["eu", "eu", "eu", "eu"], zones: ["a", "b", "c", "d"], lost: lost,
        repeated: lost))
    let shop = Shop(cluster)
    try #require(cluster.elect(seconds: 60), "seed \(seed): no meta leader")
    let shards = try #require(
      cluster.stock(skus: ["tea", "cup"], units: 60, shop: shop), "seed \(seed)")
    let traffic = Traffic(cluster, shop: shop, shards: shards, skus: ["tea", "cup"])
    return (cluster, traffic, shards[0])
  }

  private func change(
    _ cluster: VirtualCluster, _ shard: ShardID, _ step: MemberStep
  ) -> ProposeResult? {
    guard let leader = cluster.leader(of: shard) else { return nil }
    var result: ProposeResult?
    cluster.with(leader) { core, now in result = core.change(shard, [step], now: now) }
    return result
  }

  @Test(arguments: Seeds.of([901, 902, 903]))
  func ruleC1_aNodeIsAddedAndTheLeaderRemovedUnderTraffic(seed: UInt64) throws {
    let (cluster, traffic, shard) = try stocked(seed: seed, lost: 10)
    let four = NodeID(4)
    #expect(cluster.nodes[3].core?.members(of: shard) == nil)
    var steps: [MemberStep] = [.learner(four), .voter(four)]
    var removed: NodeID?
    let answered = traffic.play(150) { round in
      guard round > 10 else { return }
      if steps.isEmpty, removed == nil, let leader = cluster.leader(of: shard) {
        removed = NodeID(UInt64(leader + 1))
        steps = [.remove(NodeID(UInt64(leader + 1)))]
      }
      guard let next = steps.first, let result = self.change(cluster, shard, next) else { return }
      if case .accepted = result { steps.removeFirst() }
    }
    #expect(answered, "seed \(seed): not all answered")
    #expect(steps.isEmpty, "seed \(seed): \(steps) were not accepted")
    let gone = try #require(removed)
    #expect(
      cluster.run(seconds: 10) {
        guard let leader = cluster.leader(of: shard), leader + 1 != Int(gone.rawValue) else {
          return false
        }
        let members = cluster.nodes[leader].core?.members(of: shard)
        return members?.voters.count == 3 && members?.voters.contains(four) == true
          && members?.voters.contains(gone) == false
      }, "seed \(seed)")
    // Who was removed gets no more, and is no witness.
    cluster.crash(Int(gone.rawValue) - 1)
    #expect(traffic.judge(unitsPerSku: 60) == [], "seed \(seed)")
    let index = cluster.nodes[3].core?.status(now: cluster.clock(of: 3))
      .first { $0.shard == shard }?.applied
    #expect(index ?? .zero > LogIndex(20), "seed \(seed): the new node applies what is committed")
  }

  @Test(arguments: Seeds.of([911, 912]))
  func ruleL7_theLeadIsHandedOverWithoutAnElectionTimeout(seed: UInt64) throws {
    let (cluster, traffic, shard) = try stocked(seed: seed)
    #expect(traffic.play(20))
    for _ in 0..<5 {
      let leader = try #require(cluster.leader(of: shard))
      let target = (leader + 1) % 3
      var result: TransferResult?
      #expect(
        cluster.run(seconds: 2) {
          cluster.with(leader) { core, now in
            result = core.transfer(shard, to: NodeID(UInt64(target + 1)), now: now)
          }
          return result == .started
        }, "seed \(seed): \(String(describing: result))")
      // A few messages and writes; an election would wait for 300 ms at least.
      #expect(cluster.run(seconds: 0.1) { cluster.leader(of: shard) == target }, "seed \(seed)")
    }
    #expect(traffic.play(40))
    #expect(traffic.judge(unitsPerSku: 60) == [], "seed \(seed)")
  }

  @Test func changesAreForLeaders() throws {
    let (cluster, _, shard) = try stocked(seed: 921)
    let leader = try #require(cluster.leader(of: shard))
    let other = (leader + 1) % 3
    let hint = MemberID(UInt64(leader + 1))
    cluster.with(other) { core, now in
      #expect(core.change(shard, [.learner(NodeID(4))], now: now) == .notLeader(hint: hint))
      #expect(core.transfer(shard, to: NodeID(4), now: now) == .notLeader(hint: hint))
    }
    #expect(
      change(cluster, shard, .voter(NodeID(4))) == .refused(.notCaughtUp(MemberID(4))))
    guard case .accepted = change(cluster, shard, .remove(NodeID(9))) else {
      Issue.record("to remove who isn't there is no harm")
      return
    }
  }
}
