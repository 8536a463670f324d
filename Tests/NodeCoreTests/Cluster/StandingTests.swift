import Primitives
import RaftConsensus
import StockLedger
import Testing

@testable import NodeCore

/// Rule C10 in a cluster: ledgers that went wrong, one of three and all of three.
@Suite struct StandingTests {
  private final class Stocked {
    let cluster: VirtualCluster
    let shop: Shop
    let shard: ShardID
    private var calls = 0

    init(
      seed: UInt64, lost: UInt64 = 0, tweak: @escaping (inout NodeSettings) -> Void = { _ in }
    ) throws {
      cluster = VirtualCluster(
        .init(
          seed: seed, lost: lost,
          tweak: {
            $0.snapshotLogBytes = 3_000
            $0.raft.tailBytesMax = 2_000
            $0.raft.snapshotChunkBytes = 4_096
            tweak(&$0)
          }))
      shop = Shop(cluster)
      try #require(cluster.elect(seconds: 60))
      let shards = try #require(cluster.stock(skus: ["tea", "salt"], units: 200, shop: shop))
      shard = shards[0]
    }

    /// Commands that touch only the account that stays right.
    func sell(_ count: Int = 1) -> Bool {
      for _ in 0..<count {
        calls += 1
        let id = "x\(calls)"
        shop.call(
          id, Commands.reserve(id: id, order: id, sku: "salt", quantity: 1), to: shard,
          at: calls % cluster.nodes.count)
        guard shop.settle() else { return false }
      }
      return true
    }

    /// The ledger of one member gets another number of tea.
    func miscount(_ at: Int, bit: UInt64 = 3) {
      cluster.with(at) { core, _ in
        let isWrong = core.miscount(of: core.position(of: self.shard)!, pick: bit << 32)
        #expect(isWrong)
      }
    }

    func standing(_ at: Int) -> MemberStanding? {
      cluster.nodes[at].core?.status(now: cluster.clock(of: at)).first { $0.shard == shard }?
        .standing
    }

    func hasSeen(_ wanted: (NodeEvent) -> Bool, at node: Int) -> Bool {
      cluster.seen.contains { $0.node == node && wanted($0.event) }
    }

    func isTakenOut(_ at: Int) -> Bool {
      hasSeen({ if case .takenOut(self.shard, _) = $0 { true } else { false } }, at: at)
    }

    func isStopped(_ at: Int) -> Bool {
      hasSeen({ if case .shardStopped(self.shard, _) = $0 { true } else { false } }, at: at)
    }

    func isRepaired(_ at: Int) -> Bool {
      hasSeen({ if case .repaired(self.shard, _) = $0 { true } else { false } }, at: at)
    }

    /// What a read of any kind is told there.
    func refusal(of consistency: ReadConsistency, at node: Int) -> RefusalReason? {
      let token: UInt64 = 900_000
      cluster.forget(token)
      cluster.with(node) { core, now in
        core.read(ReadRequest(shard: self.shard, token: token, consistency: consistency), now: now)
      }
      return cluster.refusals[token]
    }

    func agree() -> Bool {
      guard cluster.isQuiet(shard) else { return false }
      let digests = cluster.digests(shard)
      return digests.count == cluster.nodes.count && digests.allSatisfy { $0 == digests[0] }
    }
  }

  @Test(arguments: Seeds.of([61, 62]))
  func ruleC10_aFollowerThatIsWrongLeavesAndIsRebuilt(seed: UInt64) throws {
    let shop = try Stocked(seed: seed, lost: 10)
    #expect(shop.sell(20))
    let leader = try #require(shop.cluster.leader(of: shop.shard))
    let wrong = (leader + 1) % 3
    #expect(shop.agree())
    shop.miscount(wrong)
    #expect(shop.sell())
    #expect(shop.cluster.run(seconds: 20) { shop.isTakenOut(wrong) }, "seed \(seed)")
    #expect(shop.standing(wrong) == .rebuilding)
    #expect(shop.cluster.nodes[wrong].core?.withShardLedger(shop.shard) { _ in 0 } == nil)
    #expect(shop.cluster.run(seconds: 20) { shop.isRepaired(wrong) }, "seed \(seed)")
    #expect(shop.standing(wrong) == .serving)
    #expect(shop.sell(5) && shop.agree(), "seed \(seed)")
    #expect(shop.cluster.leader(of: shop.shard) == leader, "nobody else is disturbed")
    for at in 0..<3 where at != wrong { #expect(!shop.isTakenOut(at)) }
    for at in 0..<3 { #expect(!shop.isStopped(at)) }
  }

  @Test(arguments: Seeds.of([63, 64]))
  func ruleC10_aLeaderThatIsWrongStepsDown(seed: UInt64) throws {
    let shop = try Stocked(seed: seed)
    #expect(shop.sell(20))
    let wrong = try #require(shop.cluster.leader(of: shop.shard))
    #expect(shop.agree())
    shop.miscount(wrong)
    #expect(shop.sell())
    shop.cluster.run(seconds: 20) { shop.isTakenOut(wrong) }
    #expect(shop.isTakenOut(wrong), "seed \(seed)")
    #expect(shop.cluster.leader(of: shop.shard) != wrong, "at once")
    for consistency in [ReadConsistency.linearizable, .stale] {
      #expect(shop.refusal(of: consistency, at: wrong) == .notLeader(hint: nil))
    }
    #expect(shop.sell(5), "the others go on: seed \(seed)")
    #expect(shop.cluster.run(seconds: 20) { shop.isRepaired(wrong) }, "seed \(seed)")
    #expect(shop.sell(5) && shop.agree(), "seed \(seed)")
  }

  @Test func ruleC10_aRestartOnTheWayKeepsItOut() throws {
    let shop = try Stocked(seed: 65)
    #expect(shop.sell(20))
    let leader = try #require(shop.cluster.leader(of: shop.shard))
    let wrong = (leader + 1) % 3
    #expect(shop.cluster.nodes[wrong].disk.files[shop.shard]?.mark != nil, "there is a snapshot")
    #expect(shop.agree())
    shop.miscount(wrong)
    #expect(shop.sell())
    #expect(shop.cluster.run(seconds: 20) { shop.isTakenOut(wrong) })
    shop.cluster.cutOff(wrong)
    shop.cluster.run(seconds: 1)
    #expect(shop.cluster.nodes[wrong].disk.files[shop.shard]?.mark == nil)
    shop.cluster.crash(wrong)
    shop.cluster.start(wrong)
    shop.cluster.run(seconds: 3)
    #expect(shop.standing(wrong) == .rebuilding && !shop.isRepaired(wrong))
    #expect(shop.cluster.nodes[wrong].core?.recoveryGaps.isEmpty == true, "nobody waits for it")
    shop.cluster.cutOff(wrong, false)
    #expect(shop.cluster.run(seconds: 20) { shop.isRepaired(wrong) })
    #expect(shop.sell(5) && shop.agree())
  }

  @Test func ruleC10_withoutAMajorityTheShardStopsUntilItsMembersAreChanged() throws {
    let shop = try Stocked(seed: 66)
    #expect(shop.sell(20))
    let leader = try #require(shop.cluster.leader(of: shop.shard))
    let others = (0..<3).filter { $0 != leader }
    #expect(shop.agree())
    for (bit, at) in others.enumerated() { shop.miscount(at, bit: UInt64(bit) + 2) }
    #expect(shop.sell())
    #expect(shop.cluster.run(seconds: 20) { (0..<3).allSatisfy(shop.isStopped) })
    for at in 0..<3 {
      #expect(shop.standing(at) == .stopped && !shop.isTakenOut(at))
      for consistency in [ReadConsistency.linearizable, .stale] {
        #expect(shop.refusal(of: consistency, at: at) == .ledgersDiffer)
      }
    }
    shop.cluster.submit(
      leader,
      SubmitBatch(
        shard: shop.shard,
        commands: Commands.reserve(id: "no", order: "no", sku: "salt", quantity: 1),
        tokens: [800_000]))
    #expect(shop.cluster.refusals[800_000] == .ledgersDiffer)

    // The operator says whose ledger counts: that of the one that is left.
    let kept = try #require(shop.cluster.leader(of: shop.shard))
    let gone = (0..<3).filter { $0 != kept }
    change(shop, at: kept, gone.map { .remove(NodeID(UInt64($0 + 1))) })
    #expect(shop.cluster.run(seconds: 20) { shop.standing(kept) == .serving })
    #expect(
      shop.hasSeen({ if case .shardResumed(shop.shard, _) = $0 { true } else { false } }, at: kept))
    #expect(shop.sell(3))
    #expect(gone.allSatisfy { shop.standing($0) == .stopped })
    // Who comes back is given that one's.
    for at in gone {
      change(shop, at: kept, [.learner(NodeID(UInt64(at + 1)))])
      #expect(shop.cluster.run(seconds: 20) { shop.isTakenOut(at) && shop.isRepaired(at) })
      change(shop, at: kept, [.voter(NodeID(UInt64(at + 1)))])
      #expect(shop.sell())
    }
    #expect(shop.agree())
    #expect(shop.cluster.nodes[kept].core?.members(of: shop.shard)?.voters.count == 3)
  }

  /// What was wrong in memory only is right after a restart, which the members find out themselves.
  @Test func ruleC10_aRestartForgetsNotThatTheShardIsStopped() throws {
    let shop = try Stocked(seed: 68)
    #expect(shop.sell(20) && shop.agree())
    for at in 1...2 { shop.miscount(at, bit: UInt64(at)) }
    #expect(shop.sell())
    #expect(shop.cluster.run(seconds: 20) { (0..<3).allSatisfy(shop.isStopped) })
    shop.cluster.run(seconds: 1)
    for at in 0..<3 {
      shop.cluster.crash(at)
      shop.cluster.start(at)
      #expect(shop.standing(at) == .stopped)
    }
    #expect(shop.cluster.run(seconds: 20) { (0..<3).allSatisfy { shop.standing($0) == .serving } })
    #expect(shop.sell(3) && shop.agree())
  }

  /// After a restart the log is applied again, and with it come digests of the time before.
  @Test func ruleC10_aDigestFromBeforeTheSplitResumesNothing() throws {
    let shop = try Stocked(seed: 69) {
      $0.snapshotLogBytes = 1 << 20
      $0.digestEveryMilliseconds = 500
    }
    for _ in 0..<4 {
      #expect(shop.sell(3) && shop.agree())
      shop.cluster.run(seconds: 1)
    }
    for at in 1...2 { shop.miscount(at, bit: UInt64(at)) }
    #expect(shop.sell())
    #expect(shop.cluster.run(seconds: 20) { (0..<3).allSatisfy(shop.isStopped) })
    shop.cluster.run(seconds: 1)
    for at in 0..<3 { shop.cluster.crash(at) }
    for at in 0..<3 { shop.cluster.start(at) }
    #expect(shop.cluster.run(seconds: 20) { (0..<3).allSatisfy { shop.standing($0) == .serving } })
    var stopped = LogIndex.zero
    var resumed: [LogIndex] = []
    for (_, event) in shop.cluster.seen {
      switch event {
      case .shardStopped(shop.shard, let index): stopped = max(stopped, index)
      case .shardResumed(shop.shard, let index): resumed.append(index)
      default: break
      }
    }
    #expect(resumed.count == 3)
    #expect(resumed.allSatisfy { $0 > stopped }, "\(resumed), stopped at \(stopped)")
  }

  private func change(_ shop: Stocked, at node: Int, _ steps: [MemberStep]) {
    var isAccepted = false
    let isDone = shop.cluster.run(seconds: 20) {
      shop.cluster.with(node) { core, now in
        guard !isAccepted else { return }
        if case .accepted = core.change(shop.shard, steps, now: now) { isAccepted = true }
      }
      let members = shop.cluster.nodes[node].core?.members(of: shop.shard)
      return isAccepted && members?.isJoint == false
    }
    #expect(isDone, "\(steps)")
  }

  /// A digest of several ticks goes on where it was, with what all groups of a tick have together.
  @Test func aQuietDigestKeepsToTheBudgetOfItsTicks() throws {
    let shop = try Stocked(seed: 70) { $0.digestPagesPerTick = 1 }
    shop.cluster.run(seconds: 5)
    #expect(shop.sell(5))
    let leader = try #require(shop.cluster.leader(of: shop.shard))
    var core = try #require(shop.cluster.nodes[leader].core)
    let at = try #require(core.position(of: shop.shard))
    var work = try #require(core.groups[at].books.startDigest())
    var pages = 0
    while true {
      var one = 1
      if work.step(pages: &one) != nil { break }
      pages += 1
    }
    try #require(pages >= 2, "else there is nothing to see")
    var now = shop.cluster.clock(of: leader)
    now.boot += 400_000_000
    now.raw += 400_000_000
    var ticks = 0
    while core.groups[at].board.lastOwn < core.groups[at].books.index, ticks < 100 * pages {
      core.tick(now: now)
      ticks += 1
    }
    #expect(ticks > pages && ticks <= 4 * pages, "\(pages) pages in \(ticks) ticks")
  }

  /// It may have been down when the others told each other, and their answer may be lost.
  @Test func ruleC10_whoIsWrongIsToldSoByTheMajority() throws {
    let shop = try Stocked(seed: 67)
    #expect(shop.sell(5))
    let leader = try #require(shop.cluster.leader(of: shop.shard))
    let other = (leader + 1) % 3
    #expect(shop.agree())
    shop.cluster.run(seconds: 1)
    var core = try #require(shop.cluster.nodes[leader].core)
    let own = try #require(
      core.groups[core.position(of: shop.shard)!].digests.kept.last, "a digest at the end")
    var envelope = PeerEnvelope()
    envelope.appliedDigests = [
      AppliedDigest(
        shard: shop.shard, member: MemberID(UInt64(other + 1)), index: own.index,
        digest: Hash128(high: own.digest.high ^ 1, low: own.digest.low))
    ]
    var told: [AppliedDigest] = []
    for _ in 0..<2 {
      core.receive(
        envelope, from: NodeID(UInt64(other + 1)), now: shop.cluster.clock(of: leader))
      var effects = NodeEffects()
      core.endTurn(now: shop.cluster.clock(of: leader), into: &effects)
      for outgoing in effects.sendNow where outgoing.to == NodeID(UInt64(other + 1)) {
        told += outgoing.envelope.appliedDigests
      }
    }
    #expect(told.map(\.digest) == [own.digest, own.digest], "as often as it says so")
    #expect(core.counters.digestMismatches == 1, "the same word is no other mismatch")
  }
}
