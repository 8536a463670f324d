import Primitives
import Testing

@testable import RaftConsensus

/// Handing over the lead: rule L7 and trap 17.
@Suite struct TransferRuleTests {
  private func leader() -> ByHand {
    var leader = ByHand()
    leader.win(with: [2, 3])
    leader.acknowledge(1, by: 2)
    leader.settle()
    return leader
  }

  private func transfer(_ leader: inout ByHand, to target: UInt64) -> TransferResult {
    leader.node.group.transferLeadership(to: MemberID(target), now: reading(leader.now))
  }

  @Test func ruleL7_theTargetIsToldRightBehindTheLastEntry() {
    var leader = leader()
    leader.propose()
    #expect(transfer(&leader, to: 2) == .started)
    let sent = leader.turn().to(2)
    #expect(sent.appends.last?.lastIndex == LogIndex(2))
    #expect(sent.last?.body == .transfer(lastLog: position(1, 2)))
    #expect(sent.last?.term == Term(1))
    #expect(!leader.settle().contains { $0.body == .transfer(lastLog: position(1, 2)) })
  }

  @Test func ruleL7_aTargetWhoseLogIsNotKnownIsToldWhenItHasEverything() {
    var leader = ByHand()
    leader.win(with: [2, 3])
    leader.acknowledge(1, by: 3)
    leader.settle()
    leader.hear(
      .appendReply(.refused(refusedIndex: .zero, hint: .zero)), from: 2, term: 1)
    #expect(transfer(&leader, to: 2) == .notYet, "it may be out of service")
    leader.hear(.heartbeatReply(readRound: 0), from: 2, term: 1)
    #expect(transfer(&leader, to: 2) == .started)
    #expect(!leader.settle().contains { $0.body == .transfer(lastLog: position(1, 1)) })
    leader.acknowledge(1, by: 2)
    let told = leader.settle().filter { $0.body == .transfer(lastLog: position(1, 1)) }
    #expect(told.map(\.to) == members(2))
  }

  @Test func ruleL7_nothingIsMadeWhileATransferRuns() {
    var leader = leader()
    #expect(transfer(&leader, to: 2) == .started)
    #expect(leader.propose() == .transferring)
    let change = ConfigurationChange([.learner(MemberID(4))])
    #expect(
      leader.node.group.propose(change: change, now: reading(leader.now)) == .transferring)
    #expect(transfer(&leader, to: 3) == .alreadyTransferring)
    #expect(leader.group.lastIndex == LogIndex(1))
    #expect(leader.group.transferTarget == MemberID(2))
  }

  @Test func ruleL7_aTransferThatFailsEndsAfterAnElectionTime() {
    var leader = leader()
    _ = transfer(&leader, to: 2)
    leader.settle()
    leader.wait(milliseconds: 140)
    #expect(leader.propose() == .transferring)
    leader.hear(.heartbeatReply(readRound: 0), from: 2, term: 1)
    leader.wait(milliseconds: 20)
    #expect(leader.propose() == .accepted(index: LogIndex(2), term: Term(1)))
    leader.turn()
    #expect(leader.effects.events.contains(.transferFailed(to: MemberID(2))))
  }

  @Test func ruleL7_aLostMessageIsSentAgainWithAHeartbeat() {
    var leader = leader()
    _ = transfer(&leader, to: 2)
    func told(_ messages: [Message]) -> Int {
      messages.count { $0.body == .transfer(lastLog: position(1, 1)) }
    }
    #expect(told(leader.settle()) == 1)
    #expect(told(leader.settle()) == 0)
    leader.wait(milliseconds: 50)
    #expect(told(leader.settle()) == 1)
  }

  @Test func ruleL7_unfitTargetsAreRefused() {
    var leader = ByHand(
      configuration: Configuration(voters: members(1, 2, 3), learners: members(4)))
    leader.win()
    #expect(transfer(&leader, to: 2) == .notYet, "nothing of its own is committed")
    leader.acknowledge(1, by: 2)
    leader.settle()
    for target: UInt64 in [1, 4, 9] { #expect(transfer(&leader, to: target) == .targetUnfit) }
    var follower = ByHand(2)
    #expect(transfer(&follower, to: 3) == .notLeader(hint: nil))
  }

  /// It would not stand, and nobody could write meanwhile.
  @Test func ruleC9_aMemberOutOfServiceIsNoTarget() {
    var leader = leader()
    for _ in 0..<10 {
      leader.wait(milliseconds: 50)
      leader.hear(.heartbeatReply(readRound: 0), from: 3, term: 1)
      leader.hear(
        .appendReply(.refused(refusedIndex: LogIndex(1), hint: .zero)), from: 2, term: 1)
      leader.settle()
    }
    #expect(transfer(&leader, to: 2) == .targetUnfit)
    #expect(leader.propose() == .accepted(index: LogIndex(2), term: Term(1)))
  }

  // MARK: The target

  private func target(log: [UInt64] = [1, 1]) -> ByHand {
    var target = ByHand(2)
    target.restart(term: 1, log: log)
    target.hear(.heartbeat(commit: LogIndex(1), readRound: 0), from: 1, term: 1)
    target.settle()
    return target
  }

  @Test func ruleL7_theTargetStandsAtOnceWithoutAsking() {
    var target = target()
    target.hear(.transfer(lastLog: position(1, 2)), from: 1, term: 1)
    let asked = target.settle()
    #expect(target.group.role == .candidate)
    #expect(target.group.term == Term(2))
    let ask = Message.Body.vote(lastLog: position(1, 2), byTransfer: true)
    #expect(asked.map(\.body) == [ask, ask])
  }

  @Test func ruleL7_onlyInTheSameTermAndBehindTheSameEntry() {
    for (log, last, term) in [
      ([1], position(1, 2), 1), ([1, 1, 1], position(1, 2), 1), ([1, 1], position(1, 2), 0),
    ] as [([UInt64], LogPosition, UInt64)] {
      var target = target(log: log)
      target.hear(.transfer(lastLog: last), from: 1, term: term)
      #expect(target.settle().isEmpty, "\(log) at \(term)")
      #expect(target.group.role == .follower)
    }
    // One that moved on to a later term does not go back.
    var late = target()
    late.hear(.heartbeat(commit: .zero, readRound: 0), from: 3, term: 2)
    late.settle()
    late.hear(.transfer(lastLog: position(1, 2)), from: 1, term: 1)
    #expect(late.settle().isEmpty)
  }

  @Test func ruleL7_othersVoteAlthoughTheLeaderIsAlive() {
    var voter = ByHand(3)
    voter.restart(term: 1, log: [1, 1])
    voter.hear(.heartbeat(commit: LogIndex(1), readRound: 0), from: 1, term: 1)
    voter.settle()
    voter.hear(.vote(lastLog: position(1, 2)), from: 2, term: 2)
    #expect(voter.settle().isEmpty)
    voter.hear(.vote(lastLog: position(1, 1), byTransfer: true), from: 2, term: 2)
    #expect(voter.settle().grants.isEmpty, "a transfer is no reason to take a shorter log")
    voter.hear(.vote(lastLog: position(1, 2), byTransfer: true), from: 2, term: 2)
    #expect(voter.settle().grants == members(2))
  }

  // MARK: Votes on the leader's word

  @Test func ruleL7_theOthersAreAskedForTheirVotesInTheTargetsPlace() {
    var leader = leader()
    leader.acknowledge(1, by: 3)
    leader.settle()
    #expect(transfer(&leader, to: 2) == .started)
    let sent = leader.settle()
    #expect(
      sent.to(3).contains { $0.body == .voteFor(MemberID(2), lastLog: position(1, 1)) })
    #expect(!sent.to(2).contains { $0.body == .voteFor(MemberID(2), lastLog: position(1, 1)) })
  }

  private func follower(log terms: [UInt64]) -> ByHand {
    var member = ByHand(3)
    member.restart(term: 1, log: terms)
    member.hear(.heartbeat(commit: .zero, readRound: 0), from: 1, term: 1)
    member.settle()
    return member
  }

  @Test func ruleL7_aVoteOnTheLeadersWordIsDurableFirstAndNamesTheEntry() {
    var member = follower(log: [1])
    member.hear(.voteFor(MemberID(2), lastLog: position(1, 1)), from: 1, term: 1)
    #expect(member.turn().isEmpty)
    #expect(member.group.term == Term(2))
    let sent = member.finishWrites()
    #expect(member.node.disk.hardState.vote == MemberID(2))
    #expect(sent.map(\.body) == [.voteReply(granted: true, asOf: position(1, 1))])
    #expect(sent.map(\.to) == members(2))
    // The target asks for itself all the same, and is answered; another is not.
    member.hear(.vote(lastLog: position(1, 1), byTransfer: true), from: 2, term: 2)
    #expect(member.settle().grants == members(2))
    member.hear(.vote(lastLog: position(1, 9), byTransfer: true), from: 1, term: 2)
    #expect(member.settle().grants.isEmpty)
  }

  @Test(arguments: [
    (from: UInt64(2), term: UInt64(1), log: [UInt64(1)]),
    (from: 1, term: 0, log: [1]),
    (from: 1, term: 2, log: [1]),
    (from: 1, term: 1, log: [1, 1]),
  ])
  func ruleL7_whoseWordIsNotTheLeadersOrWhoHasMoreGivesNone(
    from: UInt64, term: UInt64, log: [UInt64]
  ) {
    var member = follower(log: log)
    member.hear(.voteFor(MemberID(2), lastLog: position(1, 1)), from: from, term: term)
    #expect(member.settle().isEmpty)
    #expect(member.group.term == Term(1))
  }

  @Test func ruleL7_aVoteOnTheLeadersWordCountsForALogThatReachesTheEntryAlone() {
    // It stands in term 2 because it heard nobody, and lacks what the leader had.
    var short = ByHand(2)
    short.restart(term: 1, log: [1])
    short.standUp()
    short.hear(.preVoteReply(granted: true), from: 1, term: 2)
    short.settle()
    #expect(short.group.role == .candidate)
    short.hear(.voteReply(granted: true, asOf: position(1, 2)), from: 3, term: 2)
    #expect(short.group.role == .candidate, "who voted may have acknowledged 1/2")
    short.hear(.voteReply(granted: true, asOf: position(1, 1)), from: 3, term: 2)
    #expect(short.group.role == .leader)
  }

  @Test func ruleL7_aVoteThatComesBeforeTheLeadersWordIsNotCountedAndDoesNotDisturb() {
    var target = ByHand(2)
    target.restart(term: 1, log: [1])
    target.hear(.heartbeat(commit: .zero, readRound: 0), from: 1, term: 1)
    target.hear(.voteReply(granted: true, asOf: position(1, 1)), from: 3, term: 2)
    target.settle()
    #expect(target.group.term == Term(1))
    target.hear(.transfer(lastLog: position(1, 1)), from: 1, term: 1)
    #expect(
      target.settle().to(3).contains { $0.body == .vote(lastLog: position(1, 1), byTransfer: true) }
    )
  }
}
