import NodeCore
import Primitives
import RaftConsensus

// An operator changes the members of a group, in the middle of everything. A group keeps three to five
// voters.

extension Simulation {
  private static let votersMin = 3
  private static let votersMax = 5

  func orderChange(_ change: Fault.Change, _ pick: UInt64) {
    let shard = shard(pick)
    // Meta stays on all nodes: shards are found through it.
    guard shard != .meta, let (node, members) = leader(of: shard), !members.isJoint else { return }
    var steps: [MemberStep] = []
    switch change {
    case .any: steps = anyStep(members, pick)
    case .add: steps = add(members, pick)
    case .removeLeader: steps = remove(NodeID(UInt64(node + 1)), members)
    case .removeOther, .removePartitioned:
      let others = members.voters.filter { $0 != NodeID(UInt64(node + 1)) }
      guard !others.isEmpty else { return }
      let goes = others[Int(pick >> 32 % UInt64(others.count))]
      steps = remove(goes, members)
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

  private func remove(_ goes: NodeID, _ members: MembersView) -> [MemberStep] {
    members.voters.count > Self.votersMin ? [.remove(goes)] : []
  }

  /// One step towards other members: a learner comes, a learner that is there becomes a voter, alone
  /// or in the place of another, or a voter goes.
  private func anyStep(_ members: MembersView, _ pick: UInt64) -> [MemberStep] {
    let dice = (pick >> 20) % 4
    if let learner = members.learners.first, dice > 0 {
      let isFull = members.voters.count > Self.votersMin
      return [.voter(learner)] + (isFull || dice > 1 ? [.remove(leaving(members, pick))] : [])
    }
    if members.voters.count > Self.votersMin, dice < 2 { return [.remove(leaving(members, pick))] }
    let outside = outsiders(members)
    return outside.isEmpty ? [] : [.learner(outside[Int(pick >> 24 % UInt64(outside.count))])]
  }

  private func outsiders(_ members: MembersView) -> [NodeID] {
    nodes.indices.filter { !nodes[$0].isLost }.map { NodeID(UInt64($0 + 1)) }
      .filter { !members.voters.contains($0) && !members.learners.contains($0) }
  }

  /// Who lost its disk goes first, else anybody: the leader too.
  private func leaving(_ members: MembersView, _ pick: UInt64) -> NodeID {
    members.voters.first { nodes[Int($0.rawValue) - 1].isLost }
      ?? members.voters[Int(pick >> 32 % UInt64(members.voters.count))]
  }
}
