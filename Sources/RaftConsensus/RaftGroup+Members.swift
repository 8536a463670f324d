package import Primitives

// Changes of members and of the lead that somebody asks for.

extension RaftGroup {
  /// Appends a change of members to a leader's log, where it is in use at once; it holds when its
  /// entry is committed. A joint configuration is left by itself if the change says so.
  package mutating func propose(
    change: ConfigurationChange, logTime: LogTime = .zero, now: ClockReading
  ) -> ProposeResult {
    core.now = now
    let result = changeLeader { leader, core in
      leader.propose(change, logTime: logTime, now: now.boot, core: &core)
    }
    return result ?? .notLeader(hint: leader)
  }

  /// Hands the lead over: lets go of the lease, makes nothing more, brings the target's log up to the
  /// end and tells it to stand. After an election time without a new leader this one goes on.
  package mutating func transferLeadership(
    to target: MemberID, now: ClockReading
  ) -> TransferResult {
    core.now = now
    let result = changeLeader { $0.startTransfer(to: target, now: now.boot, core: &$1) }
    return result ?? .notLeader(hint: leader)
  }

  /// The newest entry with members isn't committed yet, as far as this member knows.
  package var isConfigurationPending: Bool { core.isConfigurationPending }

  /// The newest entry with members, or what a snapshot stands for that has it; zero: the group has
  /// those that it began with.
  package var configurationIndex: LogIndex { core.log.configurations.latestIndex }

  /// A hand-over is under way.
  package var transferTarget: MemberID? {
    guard case .leader(let leader) = state else { return nil }
    return leader.transfer?.target
  }

  /// The leader asks this member to take over. It does so only while its own term is that leader's,
  /// and only if its log ends exactly where the leader's did: then it stands at once, without asking
  /// before, and the others vote although a leader is alive.
  mutating func takeOver(_ message: Message, lastLog: LogPosition, now: UInt64) {
    #if HOLDFAST_MUTANTS
      if Mutant.transferSkipsForOther.isPlanted, message.term <= term, core.mayStand,
        role == .follower
      {
        leaveRole()
        startElection(byTransfer: true, now: now)
        return core.waiveBarrier(standingFor: term, asked: lastLog)
      }
    #endif
    guard message.term == term, lastLog.term == term, core.log.last == lastLog, core.mayStand
    else { return }
    switch state {
    case .follower(let follower) where follower.leader == nil || follower.leader == message.from:
      leaveRole()
    case .preCandidate: break
    case .follower, .candidate, .leader: return
    }
    startElection(byTransfer: true, now: now)
    core.waiveBarrier(standingFor: term, asked: lastLog)
  }

  /// Stands as if the election timeout had passed. False where it can't: it leads, is no voter, or is
  /// out of service.
  @discardableResult
  package mutating func campaign(now: ClockReading) -> Bool {
    guard role != .leader, core.mayStand else { return false }
    core.now = now
    electionTimeout(now: now.boot)
    return true
  }

  /// The election timeout under way is this long, from when it began; the next is random again.
  package mutating func setElectionTimeout(_ nanoseconds: UInt64) {
    changeFollower { follower, _ in follower.wait(nanoseconds) }
  }

  /// A follower goes by its election timeout alone from here on, until it hears the leader again: it
  /// may vote although that one may be alive.
  @discardableResult
  package mutating func forgetLeader() -> Bool {
    changeFollower { $0.forgetLeader(core: &$1) } ?? false
  }

  /// A message to the member could not be sent: the leader asks anew where the logs agree.
  package mutating func reportUnreachable(_ member: MemberID) {
    changeLeader { leader, _ in
      guard let at = leader.progress(of: member) else { return }
      leader.others[at].unreachable()
    }
  }
}
