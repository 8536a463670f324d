package import Primitives
package import RaftConsensus

/// Who belongs to a group, by node.
package struct MembersView: Sendable, Equatable {
  package var voters: [NodeID]
  /// Those that become learners when the joint configuration is left are among the voters still.
  package var outgoingVoters: [NodeID]
  package var learners: [NodeID]
  package var isJoint: Bool { !outgoingVoters.isEmpty }

  package func contains(_ node: NodeID) -> Bool {
    voters.contains(node) || outgoingVoters.contains(node) || learners.contains(node)
  }

  init(_ configuration: Configuration) {
    voters = configuration.voters.map(NodeID.init(of:))
    outgoingVoters = configuration.outgoingVoters.map(NodeID.init(of:))
    learners = configuration.learners.map(NodeID.init(of:))
  }
}

/// A change of a group's members, by node.
package enum MemberStep: Sendable, Equatable {
  /// Adds a node that receives the log and decides nothing. Before it votes it has to catch up.
  case learner(NodeID)
  /// Makes a voter of a learner that has caught up.
  case voter(NodeID)
  case remove(NodeID)
}

extension NodeCore {
  /// Proposes to change the members of a group that this node leads. Several steps are one joint
  /// change, which is left by itself. Accepted: it holds when the entry at that index, or for a joint
  /// change the next one with members, is committed. `full` too where `olderBuild` names a node.
  package mutating func change(
    _ shard: ShardID, _ steps: [MemberStep], now: ClockReading
  ) -> ProposeResult {
    guard let at = position(of: shard), groups[at].isLeader else {
      return .notLeader(hint: leader(of: shard).map(MemberID.init(of:)))
    }
    // Without a clock for stamps there is no majority either; it comes with the next heartbeats.
    guard olderBuild(among: steps, of: shard) == nil, let time = stamp(at, now: now) else {
      return .full
    }
    let result = groups[at].raft.propose(
      change: ConfigurationChange(steps.map(\.raftStep)), logTime: time, now: now)
    if case .accepted = result { counters.entriesProposed += 1 }
    return result
  }

  /// Hands the lead of a group over to another of its voters. `NodeEvent.transferFailed` says when
  /// that did not come about.
  package mutating func transfer(
    _ shard: ShardID, to node: NodeID, now: ClockReading
  ) -> TransferResult {
    guard let at = position(of: shard), groups[at].isLeader else {
      return .notLeader(hint: leader(of: shard).map(MemberID.init(of:)))
    }
    return groups[at].raft.transferLeadership(to: MemberID(of: node), now: now)
  }

  /// The members of a group that is open here, as its log has them.
  package func members(of shard: ShardID) -> MembersView? {
    position(of: shard).map { MembersView(groups[$0].raft.configuration) }
  }

  /// The term of an entry of a group's log; nil where it is compacted or beyond the end.
  package func term(of shard: ShardID, at index: LogIndex) -> Term? {
    position(of: shard).flatMap { groups[$0].raft.term(at: index) }
  }

  /// The newest entry with members is committed.
  package func isMembershipCommitted(_ shard: ShardID) -> Bool {
    position(of: shard).map { !groups[$0].raft.isConfigurationPending } ?? false
  }

  /// A leader sends to this node's seat in a group that is not open here: the node was added. It
  /// begins like every member, with the members that the group began with, and learns the rest from
  /// the log.
  mutating func joinIfAdded(_ message: Message, now: ClockReading) {
    guard position(of: message.shard) == nil, message.to == MemberID(of: settings.node),
      settings.lane(of: message.shard) == settings.lane,
      let descriptor = descriptor(of: message.shard)
    else { return }
    openNew(descriptor, now: now)
  }
}

extension MemberStep {
  fileprivate var raftStep: ConfigurationChange.Step {
    switch self {
    case .learner(let node): .learner(MemberID(of: node))
    case .voter(let node): .voter(MemberID(of: node))
    case .remove(let node): .remove(MemberID(of: node))
    }
  }
}
