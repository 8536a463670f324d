import Primitives
import RaftConsensus
import StockLedger
import Testing

@testable import NodeCore

/// Reads by the leader's lease, and what they cost and say: rules L1 to L10 as a node keeps them.
@Suite struct LeaseTests {
  private static let lease: UInt32 = 250

  private struct Stage {
    var cluster: VirtualCluster
    var shop: Shop
    var shard: ShardID

    var leader: Int? { cluster.leader(of: shard) }

    func lastIndex(_ node: Int) -> LogIndex { raft(node).lastIndex }

    func raft(_ node: Int) -> RaftGroup {
      let core = cluster.nodes[node].core!
      return core.groups[core.position(of: shard)!].raft
    }

    func read(_ node: Int, token: UInt64, _ consistency: ReadConsistency = .linearizable) {
      cluster.with(node) { core, now in
        core.read(ReadRequest(shard: shard, token: token, consistency: consistency), now: now)
      }
    }

    /// Something is written and committed; where.
    func write(_ id: String) throws -> LogIndex {
      let call = shop.call(
        id, Commands.reserve(id: id, order: id, sku: "tea", quantity: 1), to: shard,
        at: try #require(leader))
      try #require(shop.settle())
      return try #require(shop.calls[call].outcome == nil ? nil : lastIndex(leader!))
    }
  }

  private func stage(
    seed: UInt64, lease: UInt32 = LeaseTests.lease,
    _ change: (inout VirtualCluster.Options) -> Void = { _ in }
  ) throws -> Stage {
    var options = VirtualCluster.Options(seed: seed)
    options.tweak = { $0.raft.leaseMilliseconds = lease }
    change(&options)
    let cluster = VirtualCluster(options)
    let shop = Shop(cluster)
    try #require(cluster.elect())
    let shards = try #require(cluster.stock(skus: ["tea"], units: 900, shop: shop))
    return Stage(cluster: cluster, shop: shop, shard: shards[0])
  }

  @Test func ruleL2_L10_aLeaderWithALeaseAnswersAloneInTheSameTurnAndSaysSo() throws {
    let stage = try stage(seed: 51)
    let place = try stage.write("r")
    let leader = try #require(stage.leader)
    stage.read(leader, token: 1_001)
    let read = try #require(stage.cluster.reads[1_001], "no message was waited for")
    #expect(read.answered == .lease && read.index >= place)
    #expect(stage.cluster.nodes[leader].core!.counters.readsByLease == 1)
    let follower = (leader + 1) % 3
    stage.read(follower, token: 1_002)
    #expect(stage.cluster.reads[1_002] == nil, "a follower has no lease")
    #expect(stage.cluster.run(seconds: 2) { stage.cluster.reads[1_002] != nil })
    #expect(stage.cluster.reads[1_002]?.answered == .quorum)
    stage.read(follower, token: 1_003, .stale)
    guard case .stale = stage.cluster.reads[1_003]?.answered else {
      Issue.record("\(String(describing: stage.cluster.reads[1_003]))")
      return
    }
  }

  @Test func ruleL1_withoutALeaseLengthEveryReadIsByQuorum() throws {
    let stage = try stage(seed: 52, lease: 0)
    _ = try stage.write("r")
    let leader = try #require(stage.leader)
    stage.read(leader, token: 1_001)
    #expect(stage.cluster.run(seconds: 2) { stage.cluster.reads[1_001] != nil })
    #expect(stage.cluster.reads[1_001]?.answered == .quorum)
    #expect(stage.cluster.nodes[leader].core!.counters.leaseRenewals == 0)
  }

  @Test func ruleL6_anIdleLeaderLetsItsLeaseLapseAndAReadRenewsItOnce() throws {
    let stage = try stage(seed: 53)
    _ = try stage.write("r")
    let leader = try #require(stage.leader)
    let before = stage.lastIndex(leader)
    stage.cluster.run(seconds: 3)
    #expect(stage.leader == leader && stage.lastIndex(leader) == before, "no reads, no entries")
    for token: UInt64 in 2_000..<2_020 { stage.read(leader, token: token) }
    #expect(stage.lastIndex(leader) == before.next, "one empty entry for all of them")
    #expect(stage.cluster.run(seconds: 1) { stage.cluster.reads[2_019] != nil })
    #expect(stage.cluster.reads[2_000]?.answered == .quorum, "the lease had lapsed")
    #expect(
      stage.cluster.run(seconds: 0.1) {
        stage.raft(leader).leaseRead(now: stage.cluster.clock(of: leader)) != nil
      })
    stage.read(leader, token: 2_020)
    #expect(stage.cluster.reads[2_020]?.answered == .lease)
    stage.cluster.run(seconds: 3)
    #expect(stage.lastIndex(leader) == before.next, "and none when the reads end")
  }

  @Test func ruleL6_aGroupThatIsReadAllTheTimeWritesOneEntryInTwoThirdsOfALease() throws {
    let stage = try stage(seed: 54)
    _ = try stage.write("r")
    let leader = try #require(stage.leader)
    let before = stage.lastIndex(leader)
    var byLease = 0
    for token: UInt64 in 3_000..<3_400 {
      stage.read(leader, token: token)
      if stage.cluster.reads[token]?.answered == .lease { byLease += 1 }
      stage.cluster.run(seconds: 0.005)
    }
    #expect(byLease == 400, "the lease never lapses while it is read")
    let written = stage.lastIndex(leader).rawValue - before.rawValue
    #expect((10...14).contains(written), "\(written) entries in two seconds")
    #expect(stage.cluster.nodes[leader].core!.counters.leaseRenewals >= written)
  }

  @Test func ruleL1_L4_aLeaderThatIsCutOffAnswersAloneUntilItsLeaseEndsAndNobodyCommitsBefore()
    throws
  {
    let stage = try stage(seed: 55, lease: 2_000)
    _ = try stage.write("r")
    let old = try #require(stage.leader)
    stage.cluster.cutOff(old)
    let cutAt = stage.cluster.now
    var lastLease: UInt64 = 0
    var firstCommit: UInt64?
    for token: UInt64 in 4_000..<4_600 {
      stage.read(old, token: token)
      if stage.cluster.reads[token]?.answered == .lease { lastLease = stage.cluster.now }
      stage.cluster.run(seconds: 0.01)
      if firstCommit == nil, let new = stage.leader, new != old { firstCommit = stage.cluster.now }
    }
    let commit = try #require(firstCommit, "the others go on")
    #expect(lastLease > cutAt, "it had a lease")
    #expect(lastLease < commit, "the lease ran to \(lastLease), a successor committed at \(commit)")
    #expect(commit - cutAt < 3_000_000_000, "and not much later")
  }

  @Test func ruleL3_L4_afterARestartNothingIsCommittedBeforeTheLongestLeaseIsOver() throws {
    let stage = try stage(seed: 56, lease: 3_000)
    _ = try stage.write("r")
    let started = stage.cluster.now
    for node in 0..<3 {
      stage.cluster.crash(node)
      stage.cluster.start(node)
    }
    try #require(stage.cluster.run(seconds: 20) { stage.leader != nil })
    #expect(stage.cluster.now - started >= 3_000_000_000)
    #expect(stage.cluster.now - started < 3_500_000_000)
  }

  @Test func ruleL4_aNewGroupWaitsForNobody() throws {
    let stage = try stage(seed: 57, lease: 60_000)
    #expect(stage.cluster.now < 20_000_000_000, "elected and stocked long before a lease is over")
    let leader = try #require(stage.leader)
    stage.read(leader, token: 1)
    #expect(stage.cluster.reads[1]?.answered == .lease)
  }

  @Test func ruleL8_aNodeWhoseClocksRunApartGivesNoLeaseReadsAndSaysSo() throws {
    // One in a hundred, five times what ρ allows, from the twelfth second on, for five seconds.
    let stage = try stage(seed: 58) { options in
      options.bend = { node, right in
        var wrong = right
        let since = right.boot - UInt64(node) * 7_777_777_777
        wrong.raw += min(max(since, 12_000_000_000) - 12_000_000_000, 5_000_000_000) / 100
        return wrong
      }
      let tweak = options.tweak
      options.tweak = {
        tweak(&$0)
        $0.clockWatchNanoseconds = 1_000_000_000
      }
    }
    let leader = try #require(stage.leader)
    func answer(_ token: UInt64) throws -> ReadBasis? {
      _ = try stage.write("r\(token)")
      stage.read(try #require(stage.leader), token: token)
      stage.cluster.run(seconds: 1)
      return stage.cluster.reads[token]?.answered
    }
    #expect(try answer(9_001) == .lease)
    stage.cluster.run(seconds: Double(15_000_000_000 - stage.cluster.now) / 1e9)
    #expect(try answer(9_002) == .quorum)
    #expect(
      stage.cluster.seen.contains { seen in
        if case .clockPairDisagrees = seen.event { seen.node == leader } else { false }
      })
    stage.cluster.run(seconds: 6)
    #expect(try answer(9_003) == .lease, "they agree again")
    #expect(stage.cluster.seen.contains { $0.event == .clockPairAgrees })
  }

  @Test func ruleL8_aSuspendedMachineIsNoFaultOfItsClocks() {
    var watch = ClockWatch(
      ratePPM: 2_000, windowNanoseconds: 10_000_000_000,
      start: ClockReading(boot: 0, raw: 0, wall: 0)
    )
    var clock = ClockReading(boot: 0, raw: 0, wall: 0)
    for second in 0..<40 {
      clock.boot += second == 3 ? 3_600_000_000_000 : 1_000_000_000
      clock.raw += 1_000_000_000
      #expect(watch.note(clock) == nil)
    }
    #expect(watch.agrees)
    // The other way round it is one.
    clock.raw += 3_600_000_000_000
    #expect(watch.note(clock) == .disagree(byNanoseconds: -3_600_000_000_000))
    #expect(!watch.agrees)
    for _ in 0..<10 {
      clock.boot += 1_000_000_000
      clock.raw += 1_000_000_000
      if let change = watch.note(clock) { #expect(change == .agree) }
    }
    #expect(watch.agrees)
  }

  @Test func ruleL10_nothingButReadsDependsOnALease() throws {
    // A leader without a lease, and one whose clocks are no good, still reserve.
    let stage = try stage(seed: 59) { options in
      options.bend = { _, right in
        var wrong = right
        wrong.raw += right.raw / 2
        return wrong
      }
    }
    stage.cluster.run(seconds: 12)
    let place = try stage.write("r")
    #expect(place > .zero)
    stage.read(try #require(stage.leader), token: 1)
    #expect(stage.cluster.reads[1]?.answered != .lease)
  }
}
