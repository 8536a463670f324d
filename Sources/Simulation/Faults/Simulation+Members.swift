import NodeCore
import Primitives
import RaftConsensus
import StockLedger

// An operator changes the members of a group, in the middle of everything. A group keeps two to five
// voters; three are what it should have.

extension Simulation {
  private static let votersMin = 2
  private static let votersUsual = 3
  private static let votersMax = 5

  func orderChange(_ change: Fault.Change, _ pick: UInt64) {
    let shard = shard(pick)
    // Meta stays on all nodes: shards are found through it.
    guard shard != .meta, let (node, members) = leader(of: shard), !members.isJoint else { return }
    var steps: [MemberStep] = []
    switch change {
    case .any: steps = anyStep(members, of: shard, pick)
    case .add: steps = add(members, pick)
    case .removeLeader: steps = remove(NodeID(UInt64(node + 1)), members, of: shard)
    case .removeOther, .removePartitioned:
      let others = members.voters.filter { $0 != NodeID(UInt64(node + 1)) }
      guard !others.isEmpty else { return }
      let goes = others[Int(pick >> 32 % UInt64(others.count))]
      steps = remove(goes, members, of: shard)
      if case .removePartitioned = change, !steps.isEmpty {
        cut([Int(goes.rawValue) - 1], oneWay: false)
      }
    }
    if !steps.isEmpty { deliver(.change(shard, steps), to: node) }
  }

  /// A learner comes, or one that is there becomes a voter.
  private func add(_ members: MembersView, _ pick: UInt64) -> [MemberStep] {
    guard members.voters.count < Self.votersMax else { return [] }
    if let learner = members.learners.first { return [.voter(learner)] }
    let outside = outsiders(members)
    return outside.isEmpty ? [] : [.learner(outside[Int(pick >> 24 % UInt64(outside.count))])]
  }

  private func remove(
    _ goes: NodeID, _ members: MembersView, of shard: ShardID
  ) -> [MemberStep] {
    guard members.voters.count > Self.votersMin,
      members.voters.count > Self.votersUsual || mayBePair(shard)
    else { return [] }
    return [.remove(goes)]
  }

  /// Of two ledgers that differ neither is a majority's: the shard would stop, as it should (rule
  /// C10). So from here on none of this shard's goes wrong.
  private func mayBePair(_ shard: ShardID) -> Bool {
    guard !faults.wrong.hasAny(shard), !nodes.contains(where: { $0.hasWrongSnapshot(of: shard) })
    else { return false }
    marks.reach(.orderedPair)
    faults.wrong.spare(shard)
    return true
  }

  /// One step towards other members: a learner comes, a learner that is there becomes a voter, alone
  /// or in the place of another, or a voter goes.
  private func anyStep(
    _ members: MembersView, of shard: ShardID, _ pick: UInt64
  ) -> [MemberStep] {
    let dice = (pick >> 20) % 4
    let (hasMore, hasLess) = (
      members.voters.count > Self.votersUsual, members.voters.count < Self.votersUsual
    )
    if let learner = members.learners.first, dice > 0 || hasLess {
      let isFull = hasMore || dice > 1 && !hasLess
      return [.voter(learner)] + (isFull ? [.remove(leaving(members, pick))] : [])
    }
    if dice < (hasMore ? 2 : 1) { return remove(leaving(members, pick), members, of: shard) }
    let outside = outsiders(members)
    return outside.isEmpty ? [] : [.learner(outside[Int(pick >> 24 % UInt64(outside.count))])]
  }

  private func outsiders(_ members: MembersView) -> [NodeID] {
    nodes.indices.filter { !nodes[$0].isLost && isWelcome($0) }.map { NodeID(UInt64($0 + 1)) }
      .filter { !members.voters.contains($0) && !members.learners.contains($0) }
  }

  /// An operator adds no old build while others are upgraded.
  private func isWelcome(_ node: Int) -> Bool {
    !plan.beginsWithOldBuild || nodes[node].settings.ledger.rulesMax == .newest
  }

  /// Who lost its disk goes first, else anybody: the leader too.
  private func leaving(_ members: MembersView, _ pick: UInt64) -> NodeID {
    members.voters.first { nodes[Int($0.rawValue) - 1].isLost }
      ?? members.voters[Int(pick >> 32 % UInt64(members.voters.count))]
  }
}
