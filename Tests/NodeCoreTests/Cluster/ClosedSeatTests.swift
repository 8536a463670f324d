import Primitives
import RaftConsensus
import StockLedger
import Testing

@testable import NodeCore

/// Seats that are taken away, and given again.
@Suite struct ClosedSeatTests {
  private let three = NodeID(3)

  /// Four nodes of one region, the shard on the first three; its leader is not node 3.
  private func stocked(seed: UInt64) throws -> (VirtualCluster, Traffic, ShardID) {
    let cluster = VirtualCluster(
      .init(
        seed: seed, regions: ["eu", "eu", "eu", "eu"], zones: ["a", "b", "c", "d"],
        tweak: { $0.closeAfterNanoseconds = 2_000_000_000 }))
    let shop = Shop(cluster)
    try #require(cluster.elect(seconds: 60), "seed \(seed): no meta leader")
    let shards = try #require(cluster.stock(skus: ["tea"], units: 60, shop: shop), "seed \(seed)")
    let traffic = Traffic(cluster, shop: shop, shards: shards, skus: ["tea"])
    try #require(traffic.play(20))
    try #require(
      cluster.run(seconds: 20) {
        guard let leader = cluster.leader(of: shards[0]) else { return false }
        if leader != 2 { return true }
        cluster.with(leader) { core, now in _ = core.transfer(shards[0], to: NodeID(1), now: now) }
        return false
      })
    return (cluster, traffic, shards[0])
  }

  private func isOpen(_ shard: ShardID, _ cluster: VirtualCluster) -> Bool {
    cluster.nodes[2].core?.members(of: shard) != nil
  }

  private func isInService(_ shard: ShardID, _ cluster: VirtualCluster) -> Bool? {
    guard let core = cluster.nodes[2].core, let at = core.position(of: shard) else { return nil }
    return core.groups[at].raft.isInService
  }

  private func acked(_ shard: ShardID, _ cluster: VirtualCluster) -> LogIndex? {
    cluster.nodes[2].disk.files[shard]?.hardState.ackedIndex
  }

  @Test(arguments: Seeds.of([971, 972, 973]))
  func ruleC9_aClosedSeatKeepsItsPromiseAndIsGivenAgain(seed: UInt64) throws {
    let (cluster, traffic, shard) = try stocked(seed: seed)
    try #require(cluster.change(shard, .remove(three)), "seed \(seed)")
    #expect(cluster.run(seconds: 10) { !isOpen(shard, cluster) }, "seed \(seed): still open")
    let promise = try #require(acked(shard, cluster))
    #expect(promise > .zero, "seed \(seed)")
    #expect(cluster.nodes[2].disk.files[shard]?.entries == [])
    // It founded the shard, and finds it in the catalog at each start: the seat stays closed.
    cluster.crash(2)
    cluster.start(2)
    #expect(!cluster.run(seconds: 5) { isOpen(shard, cluster) }, "seed \(seed): opened again")
    #expect(traffic.play(20), "seed \(seed)")
    try #require(cluster.change(shard, .learner(three)), "seed \(seed)")
    #expect(
      cluster.run(seconds: 10) { isInService(shard, cluster) == true },
      "seed \(seed): not repaired")
    let wasRepaired = cluster.seen.contains {
      if $0.node == 2, case .repaired(shard, _) = $0.event { true } else { false }
    }
    #expect(wasRepaired, "seed \(seed): it took part before its log was where it was")
    try #require(cluster.change(shard, .voter(three)), "seed \(seed)")
    #expect(traffic.play(20), "seed \(seed)")
    #expect(traffic.judge(unitsPerSku: 60) == [], "seed \(seed)")
    #expect(try #require(acked(shard, cluster)) > promise)
  }

  /// Silence alone closes nothing, nor does a seat whose log has yet to come.
  @Test func aMemberThatIsCutOffStaysOpen() throws {
    let (cluster, _, shard) = try stocked(seed: 981)
    cluster.cutOff(2)
    cluster.run(seconds: 10)
    #expect(isOpen(shard, cluster))
    cluster.cutOff(2, false)
    try #require(cluster.change(shard, .learner(NodeID(4))))
    try #require(cluster.run(seconds: 5) { cluster.nodes[3].core?.members(of: shard) != nil })
    cluster.cutOff(3)
    cluster.run(seconds: 10)
    #expect(cluster.nodes[3].core?.members(of: shard) != nil)
  }

  /// By a word of long ago, or for an entry that is then truncated.
  @Test(arguments: [false, true])
  func ruleC9_aSeatThatIsWokenForNothingClosesAgain(restarts: Bool) throws {
    let (cluster, traffic, shard) = try stocked(seed: 983)
    try #require(cluster.change(shard, .remove(three)))
    try #require(cluster.run(seconds: 10) { !isOpen(shard, cluster) })
    let promise = try #require(acked(shard, cluster))
    var envelope = PeerEnvelope()
    envelope.messages = [
      Message(
        shard: shard, from: MemberID(1), to: MemberID(3), term: Term(1),
        body: .heartbeat(commit: .zero, readRound: 0))
    ]
    cluster.with(2) { core, now in core.receive(envelope, from: NodeID(1), now: now) }
    #expect(isOpen(shard, cluster))
    if restarts {
      cluster.crash(2)
      cluster.start(2)
      #expect(isOpen(shard, cluster))
    }
    #expect(cluster.run(seconds: 5) { !isOpen(shard, cluster) })
    #expect(acked(shard, cluster) == promise)
    try #require(cluster.change(shard, .learner(three)))
    #expect(cluster.run(seconds: 10) { isInService(shard, cluster) == true })
    #expect(traffic.play(20) && traffic.judge(unitsPerSku: 60) == [])
  }

  /// Storage creates what is opened before it drops what is closed.
  @Test(arguments: [UInt64(0), 1])
  func ruleC9_noSeatIsClosedAndOpenedInOneTurn(before: UInt64) throws {
    let (cluster, _, shard) = try stocked(seed: 985)
    try #require(cluster.change(shard, .remove(three)))
    cluster.run(seconds: 1)
    var core = try #require(cluster.nodes[2].core)
    let at = try #require(core.position(of: shard))
    let term = Term(core.groups[at].raft.term.rawValue - before)
    var now = cluster.clock(of: 2)
    now.boot += 5_000_000_000
    now.raw += 5_000_000_000
    var envelope = PeerEnvelope()
    envelope.messages = [
      Message(
        shard: shard, from: MemberID(1), to: MemberID(3), term: term,
        body: .heartbeat(commit: .zero, readRound: 0))
    ]
    core.tick(now: now)
    core.receive(envelope, from: NodeID(1), now: now)
    var effects = NodeEffects()
    core.endTurn(now: now, into: &effects)
    #expect(effects.openedShards.isEmpty)
    #expect((core.position(of: shard) == nil) == effects.closedShards.contains(shard))
  }

  /// What is left of damaged rows may be all that there is.
  @Test func ruleC9_aMemberWhoseRowsAreDamagedStaysOpen() throws {
    let (cluster, _, shard) = try stocked(seed: 984)
    cluster.crash(2)
    cluster.loseRows(of: shard, on: 2)
    cluster.cutOff(2)
    cluster.startFlawed(2)
    cluster.run(seconds: 10)
    #expect(isOpen(shard, cluster) && isInService(shard, cluster) == false)
  }

  /// A quiet group takes a snapshot when the files that its rows keep are too large.
  @Test func aQuietGroupLetsItsFilesGo() throws {
    let (cluster, _, shard) = try stocked(seed: 982)
    try #require(cluster.isQuiet(shard))
    let applied = try #require(cluster.nodes[2].core?.withShardLedger(shard) { $0.appliedIndex })
    let much = NodeSettings.keptFilesFactor * NodeSettings.snapshotLogBytesMin
    for (bytes, mark) in [(much - NodeSettings.keptFilesFactor, LogIndex.zero), (much, applied)] {
      cluster.with(2) { core, now in core.logKeeps(bytes, of: shard, now: now) }
      cluster.run(seconds: 1)
      #expect(cluster.nodes[2].disk.files[shard]?.mark?.index ?? .zero == mark)
    }
    #expect(cluster.nodes[2].disk.files[shard]?.entries == [])
  }
}
