import Primitives
import RaftConsensus
import StockLedger
import Testing

@testable import NodeCore

@Suite struct ReadTests {
  /// A cluster with one pool, and a reservation made at the shard's leader.
  private func reserved(
    seed: UInt64, _ tweak: @escaping (inout NodeSettings) -> Void = { _ in }
  ) throws -> (cluster: VirtualCluster, shard: ShardID, number: UInt64, place: LogIndex) {
    let cluster = VirtualCluster(.init(seed: seed, tweak: tweak))
    let shop = Shop(cluster)
    try #require(cluster.elect())
    let shard = try #require(cluster.stock(skus: ["tea"], units: 9, shop: shop))[0]
    let leader = try #require(cluster.leader(of: shard))
    cluster.submit(
      leader,
      SubmitBatch(
        shard: shard,
        commands: Commands.reserve(id: "r", order: "o", sku: "tea", quantity: 2), tokens: [777]))
    try #require(cluster.run(seconds: 5) { cluster.answers[777] != nil })
    let outcome = Outcome(record: cluster.answers[777]!)
    return (
      cluster, shard, try #require(outcome.number), cluster.answerPlaces[777]!.index
    )
  }

  private func ask(
    _ cluster: VirtualCluster, at node: Int, shard: ShardID, token: UInt64,
    _ consistency: ReadConsistency, atLeast: LogIndex? = nil
  ) {
    cluster.with(node) { core, now in
      core.read(
        ReadRequest(shard: shard, token: token, consistency: consistency, atLeast: atLeast),
        now: now)
    }
  }

  @Test func ruleQ4_aFollowerServesALinearizableReadByAskingTheLeader() throws {
    let (cluster, shard, number, place) = try reserved(seed: 21)
    let leader = try #require(cluster.leader(of: shard))
    for node in cluster.nodes.indices {
      let token = UInt64(2_000 + node)
      ask(cluster, at: node, shard: shard, token: token, .linearizable)
      #expect(cluster.run(seconds: 5) { cluster.reads[token] != nil })
      let read = try #require(cluster.reads[token])
      #expect(read.answered == .quorum && read.index >= place, "node \(node), leader \(leader)")
      let found = cluster.nodes[node].core!.withShardLedger(shard) { ledger in
        var out = ByteWriter()
        return ledger.reservation(number: number, into: &out)
      }
      #expect(found == true)
    }
  }

  @Test func ruleQ4_readYourWritesThroughAnyNode() throws {
    let (cluster, shard, _, place) = try reserved(seed: 22)
    let follower = (try #require(cluster.leader(of: shard)) + 1) % 3
    ask(cluster, at: follower, shard: shard, token: 1, .stale, atLeast: place)
    #expect(cluster.run(seconds: 5) { cluster.reads[1] != nil })
    let read = try #require(cluster.reads[1])
    #expect(read.index >= place)
    guard case .stale(let asOf, let ago) = read.answered else {
      Issue.record("answered \(read.answered)")
      return
    }
    #expect(asOf == read.logTime && ago ?? 99_999 < 1_000)
  }

  @Test func ruleQ4_aPositionThatNeverComesFailsAndNeverAnswers() throws {
    let (cluster, shard, _, place) = try reserved(seed: 23)
    ask(cluster, at: 1, shard: shard, token: 5, .stale, atLeast: place.advanced(by: 1_000))
    #expect(cluster.run(seconds: 10) { cluster.refusals[5] != nil })
    #expect(cluster.reads[5] == nil)
    guard case .positionNotReached(let applied) = cluster.refusals[5] else {
      Issue.record("refused \(String(describing: cluster.refusals[5]))")
      return
    }
    #expect(applied >= place)
  }

  @Test func withoutAMajorityALinearizableReadFailsAndAStaleOneSaysHowOldItIs() throws {
    let (cluster, shard, _, _) = try reserved(seed: 24)
    let follower = (try #require(cluster.leader(of: shard)) + 1) % 3
    for node in cluster.nodes.indices where node != follower { cluster.crash(node) }
    cluster.run(seconds: 4)
    ask(cluster, at: follower, shard: shard, token: 6, .linearizable)
    ask(cluster, at: follower, shard: shard, token: 7, .stale)
    #expect(cluster.run(seconds: 10) { cluster.refusals[6] != nil })
    #expect(cluster.reads[6] == nil)
    guard case .stale(_, let ago?) = cluster.reads[7]?.answered else {
      Issue.record("answered \(String(describing: cluster.reads[7]))")
      return
    }
    #expect(ago >= 3_900)
  }

  @Test func trap16_aLeaderThatWasCutOffAnswersNoLinearizableRead() throws {
    let (cluster, shard, _, _) = try reserved(seed: 25)
    let old = try #require(cluster.leader(of: shard))
    cluster.cutOff(old)
    ask(cluster, at: old, shard: shard, token: 8, .linearizable)
    cluster.run(seconds: 8)
    #expect(cluster.reads[8] == nil)
    #expect(cluster.refusals[8] != nil)
  }

  @Test func readsThatWaitAreBounded() throws {
    let (cluster, shard, _, place) = try reserved(seed: 26) { $0.readsMax = 4 }
    for token in UInt64(1)...6 {
      ask(
        cluster, at: 0, shard: shard, token: token, .stale, atLeast: place.advanced(by: 1_000))
    }
    let overloaded = (UInt64(1)...6).filter {
      if case .overloaded = cluster.refusals[$0] { true } else { false }
    }
    #expect(overloaded == [5, 6])
    cluster.run(seconds: 6)
    ask(cluster, at: 0, shard: shard, token: 9, .stale)
    #expect(cluster.reads[9] != nil, "room again")
  }
}
