import Primitives

// Elections: the question before (pre-vote), the vote, and the changes of role that follow.

extension RaftGroup {
  /// No leader was heard for an election timeout.
  mutating func electionTimeout(now: UInt64) {
    let timeout =
      core.hard.term == .zero ? core.firstElectionTimeout() : core.randomElectionTimeout()
    guard core.mayStand else {
      // It knows of no leader any more, and names none to others: two that lost their seats would
      // send callers to each other for ever.
      changeFollower { follower, core in
        follower.wait(timeout, since: now)
        _ = follower.forgetLeader(core: &core)
      }
      return
    }
    if core.settings.plain.contains(.noPreVote) {
      leaveRole()
      startElection(now: now)
    } else {
      startPreVote(deadline: now + timeout, now: now)
    }
  }

  private mutating func startPreVote(deadline: UInt64, now: UInt64) {
    leaveRole()
    var ballot = Ballot(deadline: deadline)
    ballot.record(member, granted: true)
    state = .preCandidate(ballot)
    core.outbox.events.append(.startedPreVote(term: term))
    if ballot.result(core.quorum) == .won {
      startElection(now: now)
      return
    }
    for other in otherVoters {
      core.send(.preVote(lastLog: core.log.last), to: other, term: term.next)
    }
  }

  /// Stands in the next term. The members are asked only when term and own vote are durable: else a
  /// restart could stand again in the same term, with another log, on the votes given to this one.
  mutating func startElection(byTransfer: Bool = false, now: UInt64) {
    core.hard.term = term.next
    core.hard.vote = member
    state = .candidate(Ballot(deadline: now + core.randomElectionTimeout()))
    core.outbox.events.append(.startedElection(term: term))
    for other in otherVoters {
      core.sendAfterPersist(.vote(lastLog: core.log.last, byTransfer: byTransfer), to: other)
    }
  }

  private var otherVoters: [MemberID] {
    #if HOLDFAST_MUTANTS
      if Mutant.learnerVoteCounted.isPlanted {
        return core.configuration.members.filter { $0 != member }
      }
    #endif
    return core.configuration.members.filter { $0 != member && core.configuration.isVoter($0) }
  }

  private mutating func becomeLeader(now: UInt64) {
    state = .leader(Leader(core: &core, now: now))
    core.outbox.events.append(.becameLeader(term: term))
  }

  mutating func stepDown(_ reason: StepDownReason, now: UInt64) {
    becomeFollower(term: term, leader: nil, reason: reason, now: now)
  }

  mutating func becomeFollower(
    term newTerm: Term, leader: MemberID?, reason: StepDownReason, now: UInt64
  ) {
    if case .leader = state {
      core.outbox.events.append(.steppedDown(term: term, reason: reason))
    }
    leaveRole()
    if newTerm > term {
      core.hard.term = newTerm
      core.hard.vote = .none
    }
    let deadline = now + core.randomElectionTimeout()
    state = .follower(Follower(leader: leader, now: now, electionDeadline: deadline))
  }

  /// Reads don't outlive the role that they were asked in (rule C8).
  mutating func leaveRole() {
    changeLeader { $0.failReads(core: &$1) }
    changeFollower { $0.failReads(core: &$1) }
  }
}

// MARK: - Voting

extension RaftGroup {
  /// A leader that is alive isn't voted out (Raft thesis, section 4.2.3), however high the term
  /// that a member comes back with (trap 20).
  private func hasLiveLeader(now: UInt64) -> Bool {
    if core.settings.plain.contains(.noCheckQuorum) { return false }
    return switch state {
    case .follower(let follower): follower.hasLiveLeader(now: now, settings: core.settings)
    case .preCandidate, .candidate: false
    case .leader: true
    }
  }

  /// Would vote, were it asked. Promises nothing and changes nothing.
  mutating func answerPreVote(_ message: Message, lastLog: LogPosition, now: UInt64) {
    guard core.isInService, !hasLiveLeader(now: now) else { return }
    #if HOLDFAST_MUTANTS
      if Mutant.voteByDurableLog.isPlanted, message.term > term, lastLog >= core.durableEnd {
        return core.send(.preVoteReply(granted: true), to: message.from, term: message.term)
      }
    #endif
    let granted = message.term > term && lastLog >= core.log.last
    core.send(
      .preVoteReply(granted: granted), to: message.from, term: granted ? message.term : term)
  }

  /// RequestVote (Raft paper, figure 2). Logs are compared as they are in memory, synced or not:
  /// what is on its way to the disk may be acknowledged any moment (rule C3).
  mutating func answerVote(
    _ message: Message, lastLog: LogPosition, byTransfer: Bool, now: UInt64
  ) {
    guard core.isInService else { return }
    #if HOLDFAST_MUTANTS
      if Mutant.voteByDurableLog.isPlanted, message.term > term, lastLog >= core.durableEnd {
        becomeFollower(term: message.term, leader: nil, reason: .higherTerm, now: now)
        return grant(message.from, now: now)
      }
    #endif
    if message.term > term {
      guard byTransfer || !hasLiveLeader(now: now) else { return }
      becomeFollower(term: message.term, leader: nil, reason: .higherTerm, now: now)
    }
    guard message.term == term, mayVote(for: message.from), lastLog >= core.log.last else {
      core.send(.voteReply(granted: false), to: message.from)
      return
    }
    grant(message.from, now: now)
  }

  /// The leader hands over, and asks for this member's vote in its successor's place. The vote counts
  /// only for a log that reaches the entry that the leader spoke of.
  mutating func vote(
    for successor: MemberID, lastLog: LogPosition, _ message: Message, now: UInt64
  ) {
    guard message.term == term, lastLog.term == term, core.isInService, successor != member,
      case .follower(let follower) = state, follower.leader == message.from,
      hasNothing(beyond: lastLog)
    else { return }
    becomeFollower(term: term.next, leader: nil, reason: .higherTerm, now: now)
    grant(successor, asOf: lastLog, now: now)
  }

  /// A leader that gave its hand-over up went on writing; what it asked for before may come late.
  private func hasNothing(beyond lastLog: LogPosition) -> Bool {
    #if HOLDFAST_MUTANTS
      if Mutant.handOverVoteForAnyLog.isPlanted { return true }
    #endif
    return lastLog >= core.log.last
  }

  private func mayVote(for candidate: MemberID) -> Bool {
    #if HOLDFAST_MUTANTS
      if Mutant.voteTwice.isPlanted { return true }
    #endif
    return core.hard.vote == candidate || (core.hard.vote == .none && leader == nil)
  }

  /// The answer leaves when the vote is durable (rule C2). Asked again while the write is under
  /// way, it stays silent: the first answer is still to come.
  private mutating func grant(_ candidate: MemberID, asOf: LogPosition? = nil, now: UInt64) {
    let isNew = core.hard.vote != candidate
    core.hard.vote = candidate
    if core.isHardStateDirty {
      core.sendAfterPersist(.voteReply(granted: true, asOf: asOf), to: candidate)
    } else if core.isBallotDurable {
      core.send(.voteReply(granted: true), to: candidate)
    }
    guard isNew else { return }
    let timeout = core.randomElectionTimeout()
    changeFollower { follower, _ in follower.wait(timeout, since: now) }
  }
}

// MARK: - Counting

extension RaftGroup {
  mutating func takePreVote(_ message: Message, granted: Bool, now: UInt64) {
    if !granted, message.term > term {
      becomeFollower(term: message.term, leader: nil, reason: .higherTerm, now: now)
      return
    }
    guard case .preCandidate(var ballot) = state,
      message.term == (granted ? term.next : term)
    else { return }
    ballot.record(message.from, granted: granted)
    state = .preCandidate(ballot)
    switch ballot.result(core.quorum) {
    case .won: startElection(now: now)
    case .lost: giveUp(now: now)
    case .pending: break
    }
  }

  mutating func takeVote(
    _ message: Message, granted: Bool, asOf: LogPosition?, now: UInt64
  ) {
    // Given on the leader's word before that came here: once this member stands it asks again.
    if granted, message.term > term { return }
    guard catchUp(with: message, now: now), case .candidate = state else { return }
    if let asOf, core.log.last < asOf { return }
    count(message.from, granted: granted, now: now)
  }

  /// A candidate counts its own vote when that is durable, and not before (rule C2, trap 22).
  mutating func ownVoteIsDurable(now: UInt64) {
    guard case .candidate = state, core.isBallotDurable else { return }
    count(member, granted: true, now: now)
  }

  private mutating func count(_ voter: MemberID, granted: Bool, now: UInt64) {
    guard case .candidate(var ballot) = state else { return }
    ballot.record(voter, granted: granted)
    state = .candidate(ballot)
    switch ballot.result(core.quorum) {
    case .won: becomeLeader(now: now)
    case .lost: giveUp(now: now)
    case .pending: break
    }
  }

  /// Enough said no that nobody else's yes helps: waits for another timeout, or for a leader.
  private mutating func giveUp(now: UInt64) {
    becomeFollower(term: term, leader: nil, reason: .higherTerm, now: now)
  }
}
