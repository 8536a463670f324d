import Primitives
import Testing

@testable import RaftConsensus

/// Trap 20: links that fail in part or in one direction (Cloudflare 2020: six hours).
@Suite struct PartitionTests {
  private func cluster(seed: UInt64) -> TestCluster {
    var cluster = TestCluster(seed: seed, configuration: Configuration(voters: members(1, 2, 3)))
    cluster.run(steps: 100, Chaos.none)
    return cluster
  }

  /// Runs on and answers how many entries were committed, and how many terms went by.
  private func progress(_ cluster: inout TestCluster) -> (entries: Int, elections: Int) {
    let before = (cluster.checkers.committed.count, cluster.checkers.elections)
    cluster.run(steps: 300, Chaos.none)
    #expect(cluster.checkers.violations.isEmpty)
    return (
      cluster.checkers.committed.count - before.0, cluster.checkers.elections - before.1
    )
  }

  @Test(arguments: 1...5) func trap20_oneLinkOfThreeIsDown(seed: UInt64) {
    var cluster = cluster(seed: seed)
    guard let leader = cluster.leader else {
      Issue.record("no leader, seed \(seed)")
      return
    }
    // The leader and one follower don't hear each other; both hear the third.
    let lead = cluster.nodes[leader].member
    let other = cluster.nodes[(leader + 1) % 3].member
    cluster.cut(lead, other)
    cluster.cut(other, lead)
    let (entries, elections) = progress(&cluster)
    #expect(entries > 50, "seed \(seed)")
    #expect(elections == 0, "the third hears a leader and gives nobody a vote, seed \(seed)")
  }

  @Test(arguments: 1...5) func trap20_aLeaderThatNobodyHearsIsReplaced(seed: UInt64) {
    var cluster = cluster(seed: seed)
    guard let leader = cluster.leader else {
      Issue.record("no leader, seed \(seed)")
      return
    }
    let lead = cluster.nodes[leader].member
    for other in cluster.nodes.map(\.member) where other != lead { cluster.cut(lead, other) }
    let (entries, elections) = progress(&cluster)
    #expect(entries > 50, "seed \(seed)")
    #expect((1...3).contains(elections), "seed \(seed)")
    #expect(cluster.nodes[leader].group.role != .leader)
    // Back again, it disturbs nobody.
    cluster.heal()
    let later = progress(&cluster)
    #expect(later.elections == 0, "seed \(seed)")
    #expect(later.entries > 50, "seed \(seed)")
  }

  @Test(arguments: 1...5) func trap20_aMemberThatHearsNobodyDisturbsNobody(seed: UInt64) {
    var cluster = cluster(seed: seed)
    guard let leader = cluster.leader else {
      Issue.record("no leader, seed \(seed)")
      return
    }
    let deaf = cluster.nodes[(leader + 1) % 3].member
    for other in cluster.nodes.map(\.member) where other != deaf { cluster.cut(other, deaf) }
    let (entries, elections) = progress(&cluster)
    #expect(entries > 50, "seed \(seed)")
    #expect(elections == 0, "seed \(seed)")
  }
}
