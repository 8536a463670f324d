import Primitives
import RaftConsensus
import StockLedger
import Testing

@testable import NodeCore

@Suite struct TimeTests {
  private func stocked(
    _ options: VirtualCluster.Options
  ) throws -> (cluster: VirtualCluster, shop: Shop, shard: ShardID) {
    let cluster = VirtualCluster(options)
    let shop = Shop(cluster)
    try #require(cluster.elect(seconds: 60))
    let shards = try #require(cluster.stock(skus: ["tea"], units: 10, shop: shop))
    return (cluster, shop, shards[0])
  }

  private func hold(
    _ shop: Shop, _ id: String, shard: ShardID, ttl: Int64, quantity: Int64 = 1
  ) throws -> UInt64 {
    let call = shop.call(
      id, Commands.reserve(id: id, order: id, sku: "tea", quantity: quantity, ttl: ttl),
      to: shard, at: 0)
    #expect(shop.settle())
    return try #require(shop.calls[call].outcome?.number)
  }

  private func states(_ cluster: VirtualCluster, _ shard: ShardID) -> [[UInt8]] {
    cluster.nodes.map { node in
      (node.core?.withShardLedger(shard, Traffic.rows) ?? [])
        .filter { !(ReservationState(rawValue: $0.state)?.isEnded ?? true) }.map(\.state)
    }
  }

  @Test func ruleT3_aPulseEndsAHoldAtItsDeadlineWithoutAnyTraffic() throws {
    let (cluster, shop, shard) = try stocked(.init(seed: 31))
    _ = try hold(shop, "r", shard: shard, ttl: 3_000, quantity: 10)
    let leader = try #require(cluster.leader(of: shard))
    let deadline = try #require(
      cluster.nodes[leader].core!.withShardLedger(shard) { $0.nextDeadline } ?? nil)
    #expect(cluster.isQuiet(shard))
    #expect(states(cluster, shard).allSatisfy { $0.count == 1 })
    let before = cluster.nodes[leader].core!.withShardLedger(shard) { $0.appliedIndex }!
    #expect(
      cluster.run(seconds: 10) { self.states(cluster, shard).allSatisfy(\.isEmpty) })
    for node in cluster.nodes {
      let (index, time) = node.core!.withShardLedger(shard) { ($0.appliedIndex, $0.logTime) }!
      #expect(index == before.next, "one pulse and nothing else")
      #expect(time >= deadline && time.milliseconds - deadline.milliseconds < 50)
    }
    #expect(cluster.nodes[leader].core!.counters.pulses == 1)
    _ = try hold(shop, "r2", shard: shard, ttl: 3_000, quantity: 10)
  }

  @Test func ruleT4_aConfirmAfterTheDeadlineIsRefused() throws {
    let (cluster, shop, shard) = try stocked(.init(seed: 32))
    let number = try hold(shop, "r", shard: shard, ttl: 1_000)
    cluster.run(seconds: 1.5)
    let call = shop.call("c", Commands.confirm(id: "c", number: number), to: shard, at: 0)
    #expect(shop.settle())
    #expect(shop.calls[call].outcome?.refusal == .holdExpired)
  }

  @Test func ruleT4_aNewLeaderRestartsNoDeadline() throws {
    let (cluster, shop, shard) = try stocked(.init(seed: 33))
    _ = try hold(shop, "r", shard: shard, ttl: 6_000)
    let deadline = cluster.now + 6_000_000_000
    let old = try #require(cluster.leader(of: shard))
    cluster.run(seconds: 2)
    cluster.crash(old)
    #expect(
      cluster.run(seconds: 20) {
        cluster.nodes.indices.allSatisfy {
          !cluster.isUp($0) || self.states(cluster, shard)[$0].isEmpty
        }
      })
    #expect(cluster.now < deadline + 200_000_000 && cluster.now > deadline - 200_000_000)
  }

  @Test func ruleT2_logTimeFollowsTheMedianAndNotTheLeadersClock() throws {
    // The region's own node leads, and its clock is ten minutes fast.
    let (cluster, shop, shard) = try stocked(
      .init(seed: 34, clockOff: [600_000, 0, -600_000]))
    #expect(cluster.leader(of: shard) == 0)
    _ = try hold(shop, "r", shard: shard, ttl: 60_000)
    let logTime = cluster.nodes[0].core!.withShardLedger(shard) { $0.logTime.milliseconds }!
    let honest = cluster.clock(of: 1).wall
    #expect(abs(logTime - honest) < 200, "log time is \(logTime - honest) ms off")
    #expect(cluster.seen.contains { $0.node == 0 && $0.event.isClockAlarm })
    #expect(!cluster.seen.contains { $0.node == 1 && $0.event.isClockAlarm })
  }

  @Test func ruleT2_aFailoverToAClockThatIsOffMovesLogTimeNeitherWay() throws {
    let (cluster, shop, shard) = try stocked(
      .init(seed: 35, clockOff: [0, 900_000, -50]))
    _ = try hold(shop, "r", shard: shard, ttl: 60_000)
    let old = try #require(cluster.leader(of: shard))
    cluster.crash(old)
    cluster.run(seconds: 5)
    _ = try hold(shop, "r2", shard: shard, ttl: 60_000)
    let leader = try #require(cluster.leader(of: shard))
    let logTime = cluster.nodes[leader].core!.withShardLedger(shard) { $0.logTime.milliseconds }!
    // Two of three are fresh, one of them fast: the earlier one counts.
    #expect(abs(logTime - cluster.clock(of: 2).wall) < 500)
  }

  @Test func ruleT2_nodesWithoutASeatDoNotSilenceTheAlarm() throws {
    let (cluster, _, _) = try stocked(
      .init(
        seed: 37, regions: ["eu", "us", "ap", "eu", "us", "ap"],
        founders: [NodeID(1), NodeID(2), NodeID(3)], clockOff: [600_000, 0, 0]))
    for at in 0..<6 {
      let isAlarmed = cluster.seen.contains { $0.node == at && $0.event.isClockAlarm }
      #expect(isAlarmed == (at == 0), "node \(at + 1)")
    }
  }

  /// A new group has no log time to run on from. Stamped near zero, its first holds would end as
  /// soon as the clocks are known, and ids that carry a time would be from the future.
  @Test(arguments: Seeds.of(Array(40..<60)))
  func ruleT2_aNewGroupWaitsForItsFirstMedian(seed: UInt64) throws {
    let options = VirtualCluster.Options(
      seed: seed, regions: ["eu", "us"], lost: 200, delay: 500_000...60_000_000)
    let cluster = VirtualCluster(options)
    let shop = Shop(cluster)
    try #require(cluster.elect(seconds: 60))
    let shards = try #require(cluster.stock(skus: ["tea"], units: 10, shop: shop))
    for shard in [.meta] + shards {
      for entry in cluster.journalEntries(shard) where entry.kind == .command {
        #expect(
          entry.logTime.milliseconds > 1_600_000_000_000,
          "seed \(seed): entry \(entry.index.rawValue) of shard \(shard.rawValue)")
      }
    }
  }

  @Test func trap16_eachTermsFirstEntryIsItsLeadersOwn() throws {
    let (cluster, shop, shard) = try stocked(.init(seed: 36))
    for round in 0..<3 {
      _ = try hold(shop, "r\(round)", shard: shard, ttl: 1_000)
      let leader = try #require(cluster.leader(of: shard))
      cluster.crash(leader)
      cluster.run(seconds: 3)
      cluster.start(leader)
      #expect(cluster.isQuiet(shard))
    }
    var terms: [Term] = []
    for entry in cluster.journalEntries(shard) where entry.term != terms.last {
      #expect(entry.kind == .empty, "entry \(entry.index.rawValue) opens \(entry.term.rawValue)")
      terms.append(entry.term)
    }
    #expect(terms.count >= 3)
  }
}

extension NodeEvent {
  fileprivate var isClockAlarm: Bool {
    if case .ownClockOff = self { true } else { false }
  }
}
