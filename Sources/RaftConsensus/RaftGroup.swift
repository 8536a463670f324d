package import Primitives

/// One member of one Raft group: a value that is told what happened (messages, time, proposals,
/// durable writes) and says what to do about it (`takeEffects`, once a turn). It has no clock, disk
/// or network of its own.
///
/// Where it goes beyond the paper: pre-vote, check-quorum and deafness to votes while a leader is
/// alive; the disk works beside the network, so a leader counts itself like any other member, by
/// what is durable, and an acknowledgement leaves behind the write that it speaks of; votes look at
/// the log in memory; an acknowledgement names the very entry (term and index); a member that finds
/// less on its disk than it once acknowledged follows and is repaired, but is no one's majority
/// until then; reads wait for a round of heartbeats that began after them.
package struct RaftGroup: Sendable {
  var core: GroupCore
  var state: Role
  /// Reads asked of other members are numbered from a random start, so that an answer from before a
  /// restart fits nothing (trap 18).
  var nextAttempt: UInt64
  /// What the application has applied.
  package internal(set) var appliedIndex: LogIndex
  /// The leader as last announced.
  var announced: (term: Term, leader: MemberID?)

  /// What a member is in its term; what belongs to a role goes when the role goes.
  enum Role: Sendable {
    case follower(Follower)
    /// Asks whether it would be elected, without disturbing anybody (Raft thesis, section 9.6).
    case preCandidate(Ballot)
    case candidate(Ballot)
    case leader(Leader)
  }

  /// Every member of a group starts from the same `SnapshotMark.initial`, and from what its disk
  /// has. `seed` differs between members and between groups, so that their timeouts do.
  package init(
    member: MemberID, shard: ShardID, settings: RaftSettings, restored: RestoredGroup,
    now: ClockReading, seed: UInt64
  ) {
    core = GroupCore(
      member: member, shard: shard, settings: settings, restored: restored, now: now, seed: seed)
    let deadline = now.boot + core.firstElectionTimeout()
    state = .follower(Follower(now: now.boot, electionDeadline: deadline))
    nextAttempt = core.random.next()
    appliedIndex = core.log.mark.index
    announced = (core.hard.term, nil)
  }

  /// The application has applied everything up to `index`.
  package mutating func applied(upTo index: LogIndex) {
    precondition(
      index <= core.log.handedOut,
      "applied \(index.rawValue), handed out up to \(core.log.handedOut.rawValue)")
    appliedIndex = max(appliedIndex, index)
  }
}

// MARK: - Status

package enum RoleKind: Hashable, Sendable {
  case follower, learner, preCandidate, candidate, leader
}

package struct MemberStatus: Hashable, Sendable {
  package var member: MemberID
  package var isVoter: Bool
  /// What the leader knows to be durable there; of the asked member itself, what is. Zero where
  /// neither is known.
  package var match: LogIndex
}

extension RaftGroup {
  package var member: MemberID { core.member }
  package var shard: ShardID { core.shard }
  package var term: Term { core.hard.term }
  package var commitIndex: LogIndex { core.log.committed }
  /// There is more to apply than one turn was given.
  package var hasMoreToHandOut: Bool { core.log.committed > core.log.handedOut }
  package var lastIndex: LogIndex { core.log.lastIndex }
  package var durableIndex: LogIndex { core.log.durable }
  package var lastLogTime: LogTime { core.log.lastLogTime }
  package var configuration: Configuration { core.configuration }
  package var snapshotMark: SnapshotMark { core.log.mark }
  package var hardState: HardState { core.hard }

  package var standing: Standing { core.hard.standing }

  /// False while rule C9 keeps the member from voting and acknowledging.
  package var isInService: Bool { core.isInService }

  package var role: RoleKind {
    switch state {
    case .follower: core.configuration.isLearner(core.member) ? .learner : .follower
    case .preCandidate: .preCandidate
    case .candidate: .candidate
    case .leader: .leader
    }
  }

  /// Who leads the member's term, as far as it knows.
  package var leader: MemberID? {
    switch state {
    case .follower(let follower): follower.leader
    case .preCandidate, .candidate: nil
    case .leader: core.member
    }
  }

  /// Leads, and has committed an entry of its own term: may answer reads, expire, push (rule C6).
  package var isEstablishedLeader: Bool {
    guard case .leader(let leader) = state else { return false }
    return leader.isEstablished(core)
  }

  package var members: [MemberStatus] {
    core.configuration.members.map { other in
      MemberStatus(
        member: other, isVoter: core.configuration.isVoter(other), match: match(of: other))
    }
  }

  private func match(of other: MemberID) -> LogIndex {
    if other == core.member { return core.log.durable }
    guard case .leader(let leader) = state, let at = leader.progress(of: other) else {
      return .zero
    }
    return leader.others[at].match
  }

  /// The members as of an entry that isn't below the newest snapshot.
  package func configuration(at index: LogIndex) -> Configuration {
    core.log.configurations.at(index)
  }

  /// The term of an entry, for checkers; nil where it is compacted or beyond the end.
  package func term(at index: LogIndex) -> Term? { core.log.term(at: index) }
}
