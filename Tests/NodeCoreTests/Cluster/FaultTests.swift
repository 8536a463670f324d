import Primitives
import RaftConsensus
import StockLedger
import Testing

@testable import NodeCore

/// Orders while nodes die, links break and envelopes get lost. A failure names its seed; put it in
/// place of the list to repeat it.
@Suite struct FaultTests {
  private func stocked(
    _ options: VirtualCluster.Options, units: Int64
  ) throws -> (cluster: VirtualCluster, shop: Shop, traffic: Traffic, shards: [ShardID]) {
    let cluster = VirtualCluster(options)
    let shop = Shop(cluster)
    try #require(cluster.elect(seconds: 60), "seed \(options.seed): no meta leader")
    let shards = try #require(
      cluster.stock(skus: ["tea", "cup"], units: units, shop: shop), "seed \(options.seed)")
    let traffic = Traffic(cluster, shop: shop, shards: shards, skus: ["tea", "cup"])
    return (cluster, shop, traffic, shards)
  }

  @Test(arguments: Seeds.of([101, 102, 103, 104]))
  func nothingIsOversoldOrLostOnABadNetwork(seed: UInt64) throws {
    let (_, _, traffic, _) = try stocked(
      .init(seed: seed, lost: 50, repeated: 80, delay: 200_000...40_000_000), units: 60)
    #expect(traffic.play(120), "seed \(seed): not all answered")
    #expect(traffic.judge(unitsPerSku: 60) == [], "seed \(seed)")
  }

  @Test(arguments: Seeds.of([201, 202, 203, 204]))
  func trap40_killedLeadersLoseNothingAndRetriesActOnce(seed: UInt64) throws {
    let (cluster, shop, traffic, shards) = try stocked(
      .init(seed: seed, lost: 10, repeated: 20), units: 80)
    var down: Int?
    let answered = traffic.play(150) { round in
      if round % 60 == 20, down == nil, let leader = cluster.leader(of: shards[round / 60 % 3]) {
        cluster.crash(leader)
        down = leader
      } else if round % 60 == 50, let node = down {
        cluster.start(node)
        down = nil
      }
    }
    if let down { cluster.start(down) }
    #expect(answered, "seed \(seed): not all answered")
    #expect(traffic.judge(unitsPerSku: 80) == [], "seed \(seed)")
    #expect(shop.calls.contains { $0.unknowns > 0 }, "seed \(seed): no outcome was ever unknown")
  }

  @Test(arguments: Seeds.of([301, 302, 303]))
  func whatWasAcknowledgedSurvivesTheDeathOfAllNodes(seed: UInt64) throws {
    let (cluster, _, traffic, _) = try stocked(
      // Disks are slow beside the network: an acknowledgement that did not wait would be seen.
      .init(seed: seed, persistDelay: 1_000_000...60_000_000), units: 80)
    var crashed = 0
    let answered = traffic.play(120) { round in
      guard round % 25 == 15, crashed < 8 else { return }
      crashed += 1
      for at in cluster.nodes.indices { cluster.crash(at) }
      for at in cluster.nodes.indices { cluster.start(at) }
    }
    #expect(answered && crashed > 0, "seed \(seed): not all answered")
    #expect(traffic.judge(unitsPerSku: 80) == [], "seed \(seed)")
  }

  @Test(arguments: Seeds.of([401, 402]))
  func trap15_aLeaderThatWasCutOffExpiresNothing(seed: UInt64) throws {
    let (cluster, shop, traffic, shards) = try stocked(.init(seed: seed), units: 10)
    let shard = shards[0]
    let old = try #require(cluster.leader(of: shard))
    let reserve = shop.call(
      "r", Commands.reserve(id: "r", order: "o", sku: "tea", quantity: 3, ttl: 6_000), to: shard,
      at: old)
    #expect(shop.settle())
    let number = try #require(shop.calls[reserve].outcome?.number)
    cluster.cutOff(old)
    #expect(
      cluster.run(seconds: 5) { cluster.leader(of: shard).map { $0 != old } ?? false },
      "seed \(seed): no new leader")
    let confirm = shop.call(
      "c", Commands.confirm(id: "c", number: number), to: shard, at: (old + 1) % 3)
    #expect(shop.settle(seconds: 4))
    #expect(shop.calls[confirm].outcome?.state == ReservationState.confirmed.rawValue)
    // The deadline passes on the old leader too, before it hears of the new term.
    cluster.run(seconds: 8)
    cluster.cutOff(old, false)
    #expect(cluster.isQuiet(shard), "seed \(seed)")
    for at in cluster.nodes.indices {
      let rows = cluster.nodes[at].core?.withShardLedger(shard, Traffic.rows) ?? []
      #expect(rows.map(\.state) == [ReservationState.confirmed.rawValue], "node \(at)")
    }
    #expect(traffic.judge(unitsPerSku: 10) == [], "seed \(seed)")
  }

  @Test(arguments: Seeds.of([501, 502]))
  func trap40_aCutOffLeadersCallersHearThatTheOutcomeIsUnknown(seed: UInt64) throws {
    let (cluster, _, traffic, shards) = try stocked(.init(seed: seed), units: 10)
    let old = try #require(cluster.leader(of: shards[0]))
    cluster.cutOff(old)
    for token in UInt64(5_000)..<5_010 {
      cluster.submit(
        old,
        SubmitBatch(
          shard: shards[0],
          commands: Commands.reserve(id: "z\(token)", order: "z", sku: "tea", quantity: 1),
          tokens: [token]))
    }
    cluster.run(seconds: 12)
    for token in UInt64(5_000)..<5_010 {
      #expect(cluster.answers[token] == nil, "seed \(seed)")
      let refusal = try #require(cluster.refusals[token], "seed \(seed): \(token) hangs")
      let isHonest =
        switch refusal {
        case .unknownOutcome, .notLeader: true
        default: false
        }
      #expect(isHonest, "seed \(seed): \(refusal)")
    }
    #expect(cluster.refusals[5_000] == .unknownOutcome, "it was proposed")
    cluster.cutOff(old, false)
    #expect(traffic.judge(unitsPerSku: 10) == [], "seed \(seed)")
  }

  @Test func trap28_overloadIsRefusedAndNothingGrows() throws {
    let cluster = VirtualCluster(
      .init(seed: 601, tweak: { $0.mailboxCommandsMax = 100 }))
    let shop = Shop(cluster)
    try #require(cluster.elect())
    let shard = try #require(cluster.stock(skus: ["tea"], units: 1_000, shop: shop))[0]
    let leader = try #require(cluster.leader(of: shard))
    for token in UInt64(10_000)..<10_500 {
      cluster.submit(
        leader,
        SubmitBatch(
          shard: shard,
          commands: Commands.reserve(id: "v\(token)", order: "v\(token)", sku: "tea", quantity: 1),
          tokens: [token]))
    }
    let overloaded = (UInt64(10_000)..<10_500).filter {
      cluster.refusals[$0] == .overloaded(retryAfterMilliseconds: 50)
    }
    #expect(overloaded.count == 500 - 101, "one was proposed at once, a hundred wait")
    #expect(cluster.run(seconds: 5) { cluster.answers.count >= 101 })
    #expect(cluster.nodes[leader].core?.withShardLedger(shard) { $0.reservationsMade } == 101)
  }

  @Test func trap28_aLeaderWithoutAMajorityTakesOnlyWhatItsMailboxHolds() throws {
    let cluster = VirtualCluster(
      .init(
        seed: 602,
        tweak: {
          $0.mailboxCommandsMax = 50
          $0.raft.uncommittedEntriesMax = 4
        }))
    let shop = Shop(cluster)
    try #require(cluster.elect())
    let shard = try #require(cluster.stock(skus: ["tea"], units: 1_000, shop: shop))[0]
    let leader = try #require(cluster.leader(of: shard))
    for node in cluster.nodes.indices where node != leader { cluster.crash(node) }
    let tokens = UInt64(10_000)..<10_400
    for token in tokens {
      cluster.submit(
        leader,
        SubmitBatch(
          shard: shard,
          commands: Commands.reserve(id: "v\(token)", order: "v\(token)", sku: "tea", quantity: 1),
          tokens: [token]))
      cluster.run(seconds: 0.001)
    }
    cluster.run(seconds: 10)
    #expect(tokens.allSatisfy { cluster.refusals[$0] != nil }, "everybody was told something")
    #expect(cluster.nodes[leader].core?.intake.commands == 0)
  }
}
