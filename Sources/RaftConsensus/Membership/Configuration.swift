package import Primitives

/// Who belongs to a group, and as what. Joint while `outgoingVoters` is not empty: then every
/// decision needs a majority of both halves (Raft thesis, section 4.3; rule C4).
package struct Configuration: Hashable, Sendable {
  /// Sorted, without duplicates, as all four lists are.
  package let voters: [MemberID]
  /// The voters of the configuration that is being left.
  package let outgoingVoters: [MemberID]
  /// They receive the log and do nothing else. Never voters too.
  package let learners: [MemberID]
  /// Outgoing voters that become learners when the joint configuration is left.
  package let learnersNext: [MemberID]
  /// A joint configuration is left as soon as it is committed.
  package let autoLeave: Bool

  package init(
    voters: [MemberID], outgoingVoters: [MemberID] = [], learners: [MemberID] = [],
    learnersNext: [MemberID] = [], autoLeave: Bool = false
  ) {
    self.voters = Self.sorted(voters)
    self.outgoingVoters = Self.sorted(outgoingVoters)
    self.learners = Self.sorted(learners)
    self.learnersNext = Self.sorted(learnersNext)
    self.autoLeave = autoLeave
    precondition(
      self.voters.count <= Self.votersMax && self.outgoingVoters.count <= Self.votersMax,
      "\(self.voters.count) and \(self.outgoingVoters.count) voters of at most \(Self.votersMax)")
  }

  /// More voters make a group slower, not safer; quorum arithmetic counts on few.
  package static let votersMax = 15
  /// Every node may learn a group; each costs the leader a copy of the log.
  package static let learnersMax = 1_024

  package var isJoint: Bool { !outgoingVoters.isEmpty }

  /// A voter of either half.
  package func isVoter(_ member: MemberID) -> Bool {
    voters.contains(member) || outgoingVoters.contains(member)
  }

  package func isLearner(_ member: MemberID) -> Bool {
    !isVoter(member) && (learners.contains(member) || learnersNext.contains(member))
  }

  package func contains(_ member: MemberID) -> Bool { isVoter(member) || isLearner(member) }

  /// Everybody, sorted, each once.
  package var members: [MemberID] {
    Self.sorted(voters + outgoingVoters + learners + learnersNext)
  }

  package var quorum: JointQuorum {
    JointQuorum(
      incoming: MajorityQuorum(sorted: voters), outgoing: MajorityQuorum(sorted: outgoingVoters))
  }

  private static func sorted(_ members: [MemberID]) -> [MemberID] {
    var result: [MemberID] = []
    for member in members.sorted() where result.last != member { result.append(member) }
    return result
  }
}
