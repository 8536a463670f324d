import Primitives
import RaftConsensus
import StockLedger
import Testing

@testable import NodeCore

@Suite struct SnapshotTests {
  private func small(_ settings: inout NodeSettings) {
    settings.snapshotLogBytes = 3_000
    settings.raft.tailBytesMax = 2_000
    settings.raft.snapshotChunkBytes = 4_096
  }

  private func stocked(
    _ options: VirtualCluster.Options
  ) throws -> (cluster: VirtualCluster, shop: Shop, traffic: Traffic, shards: [ShardID]) {
    let cluster = VirtualCluster(options)
    let shop = Shop(cluster)
    try #require(cluster.elect(seconds: 60), "seed \(options.seed)")
    let shards = try #require(
      cluster.stock(skus: ["tea"], units: 200, shop: shop), "seed \(options.seed)")
    return (
      cluster, shop, Traffic(cluster, shop: shop, shards: shards, skus: ["tea"]), shards
    )
  }

  @Test(arguments: Seeds.of([41, 42]))
  func trap27_aLaggingMemberGetsTheWholeStateWithItsDedupeTable(seed: UInt64) throws {
    let (cluster, shop, traffic, shards) = try stocked(
      .init(seed: seed, lost: 20, repeated: 20, tweak: small))
    let shard = shards[0]
    cluster.crash(2)
    #expect(traffic.play(240), "seed \(seed)")
    cluster.start(2)
    #expect(
      cluster.run(seconds: 60) {
        cluster.seen.contains {
          if case .snapshotInstalled(shard, _) = $0.event { $0.node == 2 } else { false }
        }
      }, "seed \(seed): no snapshot came")
    #expect(traffic.judge(unitsPerSku: 200) == [], "seed \(seed)")
    // A retry on that member's state is answered as the first time, and acts no more.
    let call = try #require(
      shop.calls.first { $0.shard == shard && $0.id.hasPrefix("o-r") && $0.outcome?.fill == .full })
    var ledger = try #require(cluster.nodes[2].core?.groups.first { $0.shard == shard }?.books)
    let made = ledger.shard?.reservationsMade
    var out = ByteWriter()
    ledger.apply(
      payload: call.record, index: ledger.index.next, term: ledger.term, logTime: ledger.logTime,
      outcomes: &out)
    #expect(Outcome(record: out.bytes).number == call.outcome?.number, "seed \(seed)")
    #expect(ledger.shard?.reservationsMade == made)
  }

  @Test(arguments: Seeds.of([43, 44]))
  func trap23_aRestartFromSnapshotAndLogIsTheSameState(seed: UInt64) throws {
    let (cluster, _, traffic, shards) = try stocked(.init(seed: seed, tweak: small))
    #expect(traffic.play(200), "seed \(seed)")
    let before = shards.map { cluster.isQuiet($0) ? cluster.digests($0)[0].digest : .zero }
    #expect(
      cluster.nodes.allSatisfy { node in shards.allSatisfy { node.disk.files[$0]?.mark != nil } })
    for at in cluster.nodes.indices {
      cluster.crash(at)
      cluster.start(at)
    }
    #expect(cluster.run(seconds: 20) { shards.allSatisfy { cluster.leader(of: $0) != nil } })
    #expect(traffic.judge(unitsPerSku: 200) == [], "seed \(seed)")
    let rows = shards.map { shard in
      cluster.nodes[0].core?.withShardLedger(shard, Traffic.rows).map(\.count) ?? 0
    }
    #expect(rows.allSatisfy { $0 > 0 })
    #expect(before.count == 3 && !before.contains(.zero))
  }

  @Test func aMemberThatIsNewToTheCatalogOpensItsShardsFromASnapshot() throws {
    let cluster = VirtualCluster(.init(seed: 45, tweak: small))
    let shop = Shop(cluster)
    try #require(cluster.elect())
    cluster.crash(2)
    cluster.run(seconds: 2)
    for number in 0..<60 {
      shop.call(
        "k\(number)", Commands.putSku(id: "k\(number)", sku: "sku\(number)"), to: .meta, at: 0)
      #expect(shop.settle())
    }
    let shards = try #require(cluster.stock(skus: ["tea"], units: 50, shop: shop))
    cluster.start(2)
    #expect(
      cluster.run(seconds: 30) {
        shards.allSatisfy { cluster.nodes[2].core?.placement(of: $0) != nil }
      })
    let traffic = Traffic(cluster, shop: shop, shards: shards, skus: ["tea"])
    #expect(traffic.play(60))
    #expect(traffic.judge(unitsPerSku: 50) == [])
    #expect(
      cluster.seen.contains {
        if case .snapshotInstalled(.meta, _) = $0.event { $0.node == 2 } else { false }
      })
  }

  @Test(arguments: Seeds.of([46, 47, 48]))
  func crashesWhileSnapshotsAreTakenAndSentLoseNothing(seed: UInt64) throws {
    let (cluster, _, traffic, _) = try stocked(
      .init(seed: seed, lost: 20, persistDelay: 100_000...30_000_000, tweak: small))
    var random = SeededRandom(seed: seed)
    var down: Int?
    let answered = traffic.play(240) { round in
      guard round % 25 == 10 else { return }
      if let node = down {
        cluster.start(node)
        down = nil
      } else {
        down = Int(random.below(3))
        cluster.crash(down!)
      }
    }
    if let down { cluster.start(down) }
    #expect(answered, "seed \(seed): not all answered")
    #expect(traffic.judge(unitsPerSku: 200) == [], "seed \(seed)")
  }

  @Test func aFollowerThatLacksUnreadableRowsGetsASnapshotInTheirPlace() throws {
    let (cluster, _, traffic, shards) = try stocked(
      .init(seed: 50, tweak: { $0.raft.tailBytesMax = 2_000 }))
    let shard = shards[0]
    cluster.crash(2)
    #expect(traffic.play(240))
    for at in 0...1 { cluster.spoilRows(of: shard, on: at) }
    cluster.start(2)
    #expect(
      cluster.run(seconds: 20) {
        cluster.seen.contains {
          if case .snapshotInstalled(shard, _) = $0.event { $0.node == 2 } else { false }
        }
      })
    #expect(traffic.play(20))
    #expect(traffic.judge(unitsPerSku: 200) == [])
    let refused = cluster.nodes.map(\.disk.loadsRefused)
    #expect(refused.contains { $0 > 0 }, "the rows were asked for")
    #expect(refused.allSatisfy { $0 < 10 }, "and not over and over")
  }

  /// One page a tick: no member stands still for its digest, and all come to the same one.
  @Test func ruleC10_digestsInStepsAreThoseOfTheirIndex() throws {
    let (cluster, _, traffic, shards) = try stocked(
      .init(
        seed: 51,
        tweak: {
          $0.digestPagesPerTick = 1
          $0.digestEveryMilliseconds = 500
        }))
    #expect(traffic.play(200))
    #expect(cluster.isQuiet(shards[0]))
    func digests() -> [[DigestAt]] {
      cluster.nodes.map { node in
        node.core?.groups.first { $0.shard == shards[0] }?.digests.kept ?? []
      }
    }
    #expect(cluster.run(seconds: 20) { Set(digests().map(\.last?.index)).count == 1 })
    let all = digests()
    #expect(all[0].count > 1 && Set(all.map(\.last?.digest)).count == 1)
    for digest in all[0] {
      for other in all[1...] {
        #expect(
          other.first { $0.index == digest.index }.map { $0.digest == digest.digest } != false)
      }
    }
    #expect(!cluster.seen.contains { $0.event.isMismatch })
  }

  @Test func ruleC10_aMemberThatDiffersIsNoticed() throws {
    let (cluster, _, traffic, shards) = try stocked(.init(seed: 49))
    #expect(traffic.play(20))
    let leader = try #require(cluster.leader(of: shards[0]))
    #expect(cluster.isQuiet(shards[0]))
    cluster.run(seconds: 1)
    #expect(!cluster.seen.contains { $0.event.isMismatch })
    let own = try #require(cluster.digests(shards[0]).first)
    var envelope = PeerEnvelope()
    envelope.appliedDigests = [
      AppliedDigest(
        shard: shards[0], member: MemberID(3), index: own.index,
        digest: Hash128(high: own.digest.high ^ 1, low: own.digest.low))
    ]
    cluster.with(leader) { core, now in core.receive(envelope, from: NodeID(3), now: now) }
    #expect(cluster.seen.contains { $0.event.isMismatch })
  }
}

extension NodeEvent {
  fileprivate var isMismatch: Bool {
    if case .digestMismatch = self { true } else { false }
  }
}
