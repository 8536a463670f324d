import Primitives
import Testing

@testable import RaftConsensus

/// Changes of members: rules C1, C4 and C6, traps 20 and 26.
@Suite struct MembershipRuleTests {
  private func leader(_ configuration: Configuration, with voters: [UInt64] = [2]) -> ByHand {
    var leader = ByHand(configuration: configuration)
    leader.win(with: voters)
    for voter in voters { leader.acknowledge(1, by: voter) }
    leader.settle()
    return leader
  }

  private func change(
    _ leader: inout ByHand, _ steps: ConfigurationChange.Step...,
    transition: ConfigurationChange.Transition = .automatic
  ) -> ProposeResult {
    leader.node.group.propose(
      change: ConfigurationChange(steps, transition: transition), now: reading(leader.now))
  }

  private func accepted(_ index: UInt64) -> ProposeResult {
    .accepted(index: LogIndex(index), term: Term(1))
  }

  @Test func ruleC6_noChangeBeforeAnEntryOfTheOwnTermIsCommitted() {
    var leader = ByHand()
    leader.win()
    #expect(change(&leader, .learner(MemberID(4))) == .refused(.notEstablished))
    leader.acknowledge(1, by: 2)
    leader.settle()
    #expect(change(&leader, .learner(MemberID(4))) == accepted(2))
  }

  @Test func ruleC1_trap26_oneChangeAtATime() {
    var leader = leader(Configuration(voters: members(1, 2, 3)))
    #expect(change(&leader, .learner(MemberID(4))) == accepted(2))
    #expect(change(&leader, .learner(MemberID(5))) == .refused(.pending(index: LogIndex(2))))
    leader.settle()
    #expect(change(&leader, .learner(MemberID(5))) == .refused(.pending(index: LogIndex(2))))
    leader.acknowledge(2, by: 3)
    leader.settle()
    #expect(change(&leader, .learner(MemberID(5))) == accepted(3))
    #expect(leader.group.configuration.learners == members(4, 5))
    #expect(leader.group.configuration(at: LogIndex(2)).learners == members(4))
    #expect(
      change(&leader, .remove(MemberID(9))) == .refused(.pending(index: LogIndex(3))))
  }

  @Test func ruleC1_impossibleChangesAreRefusedAndChangeNothing() {
    var leader = leader(Configuration(voters: members(1, 2, 3)))
    #expect(change(&leader) == .refused(.impossible(.notJoint)))
    #expect(
      change(&leader, .remove(MemberID(1)), .remove(MemberID(2)), .remove(MemberID(3)))
        == .refused(.impossible(.noVotersLeft)))
    #expect(change(&leader, .voter(MemberID(4))) == .refused(.notCaughtUp(MemberID(4))))
    #expect(leader.group.lastIndex == LogIndex(1))
    var follower = ByHand(2)
    #expect(change(&follower, .learner(MemberID(4))) == .notLeader(hint: nil))
  }

  @Test func ruleC1_aLearnerIsPromotedOnlyWhenItHasCaughtUp() {
    var settings = TestCluster.settings
    settings.catchUpEntriesMax = 2
    var leader = ByHand(
      configuration: Configuration(voters: members(1, 2, 3), learners: members(4)),
      settings: settings)
    leader.win()
    leader.acknowledge(1, by: 2)
    for _ in 0..<5 { leader.propose() }
    leader.settle()
    leader.acknowledge(6, by: 2)
    leader.settle()
    #expect(change(&leader, .voter(MemberID(4))) == .refused(.notCaughtUp(MemberID(4))))
    leader.acknowledge(3, by: 4)
    #expect(change(&leader, .voter(MemberID(4))) == .refused(.notCaughtUp(MemberID(4))))
    leader.acknowledge(4, by: 4)
    #expect(change(&leader, .voter(MemberID(4))) == accepted(7))
    #expect(leader.group.configuration.voters == members(1, 2, 3, 4))
  }

  @Test func ruleC4_aNewMajorityCommitsItsOwnConfiguration() {
    var leader = leader(Configuration(voters: members(1, 2), learners: members(3)))
    leader.acknowledge(1, by: 3)
    #expect(change(&leader, .voter(MemberID(3))) == accepted(2))
    leader.settle()
    #expect(leader.group.commitIndex == LogIndex(1), "one of three")
    leader.acknowledge(2, by: 3)
    leader.settle()
    #expect(leader.group.commitIndex == LogIndex(2), "two of three, though one of the old two")
  }

  @Test func ruleC4_aJointConfigurationCommitsByBothHalvesAndIsLeftByItself() {
    var leader = leader(
      Configuration(voters: members(1, 2, 3), learners: members(4, 5)), with: [2, 3])
    for learner: UInt64 in [4, 5] { leader.acknowledge(1, by: learner) }
    let steps: [ConfigurationChange.Step] = [
      .remove(MemberID(2)), .remove(MemberID(3)), .voter(MemberID(4)), .voter(MemberID(5)),
    ]
    let result = leader.node.group.propose(
      change: ConfigurationChange(steps), now: reading(leader.now))
    #expect(result == accepted(2))
    leader.settle()
    leader.acknowledge(2, by: 4)
    leader.acknowledge(2, by: 5)
    leader.settle()
    #expect(leader.group.commitIndex == LogIndex(1), "of the outgoing half only the leader")
    leader.acknowledge(2, by: 3)
    leader.settle()
    #expect(leader.group.commitIndex == LogIndex(2))
    #expect(leader.group.lastIndex == LogIndex(3), "it leaves by itself")
    #expect(leader.group.configuration == Configuration(voters: members(1, 4, 5)))
    leader.acknowledge(3, by: 2)
    leader.acknowledge(3, by: 3)
    leader.settle()
    #expect(leader.group.commitIndex == LogIndex(2), "who is out does not count")
    leader.acknowledge(3, by: 5)
    leader.settle()
    #expect(leader.group.commitIndex == LogIndex(3))
  }

  @Test func ruleC1_trap26_leavingAJointConfigurationSurvivesALeaderChange() {
    // It finds the joint configuration in its log, entered by somebody else in term 1.
    var successor = ByHand()
    successor.restart(term: 1, log: [1])
    let joint = Configuration(
      voters: members(1, 2, 4), outgoingVoters: members(1, 2, 3), autoLeave: true)
    successor.hear(
      .append(
        Append(
          previous: position(1, 1), entries: [entry(joint, term: 1, index: 2)], commit: .zero)),
      from: 3, term: 1)
    successor.settle()
    #expect(successor.group.configuration == joint, "in use before it is committed")
    successor.win(with: [2])
    #expect(successor.group.role == .leader)
    #expect(successor.group.lastIndex == LogIndex(3))
    successor.acknowledge(3, by: 2)
    successor.settle()
    #expect(successor.group.commitIndex == LogIndex(3))
    #expect(successor.group.configuration == Configuration(voters: members(1, 2, 4)))
    #expect(successor.group.lastIndex == LogIndex(4))
  }

  @Test func ruleC1_aConfigurationThatIsTruncatedIsTakenBack() {
    var follower = ByHand()
    follower.restart(term: 1, log: [1])
    let wider = Configuration(voters: members(1, 2, 3, 4))
    follower.hear(
      .append(
        Append(
          previous: position(1, 1), entries: [entry(wider, term: 1, index: 2)], commit: .zero)),
      from: 2, term: 1)
    follower.settle()
    #expect(follower.group.configuration == wider)
    follower.hear(
      .append(
        Append(previous: position(1, 1), entries: ByHand.entries([2], from: 2), commit: .zero)),
      from: 3, term: 2)
    follower.settle()
    #expect(follower.group.configuration == Configuration(voters: members(1, 2, 3)))
  }

  @Test func ruleC1_theConfigurationIsKnownAfterARestartAndACompaction() {
    var leader = leader(Configuration(voters: members(1, 2, 3)))
    _ = change(&leader, .learner(MemberID(4)))
    leader.settle()
    leader.node.crash(keeping: 0)
    leader.node.restart(now: leader.now, seed: 3)
    #expect(leader.group.configuration.learners == members(4), "durable, not committed")
    leader.win()
    leader.acknowledge(3, by: 2)
    leader.settle()
    leader.node.compact(now: reading(leader.now))
    #expect(leader.node.disk.snapshot.configuration.learners == members(4))
    _ = change(&leader, .learner(MemberID(5)))
    leader.settle()
    leader.acknowledge(4, by: 2)
    leader.settle()
    leader.node.crash(keeping: 0)
    leader.node.restart(now: leader.now, seed: 4)
    #expect(leader.group.configuration.learners == members(4, 5))
    #expect(leader.group.configuration(at: LogIndex(3)).learners == members(4))
  }

  @Test func trap15_payloadsThatAreNoConfigurationAreNotBelieved() {
    var follower = ByHand()
    var bad = entry(Configuration(voters: members(1, 2)), term: 1, index: 1)
    for count in 0..<bad.payload.count {
      var entry = bad
      entry.payload.removeLast(bad.payload.count - count)
      #expect(Configuration(decoding: entry.payload) == nil)
    }
    bad.payload[0] = 9
    follower.hear(
      .append(Append(previous: .zero, entries: [bad], commit: .zero)), from: 2, term: 1)
    follower.settle()
    #expect(follower.group.lastIndex == .zero)
  }

  // MARK: Removal

  @Test func ruleC1_aLeaderThatIsRemovedStepsDownWhenThatIsCommitted() {
    var leader = leader(Configuration(voters: members(1, 2, 3)), with: [2, 3])
    #expect(change(&leader, .remove(MemberID(1))) == accepted(2))
    leader.settle()
    leader.acknowledge(2, by: 2)
    leader.settle()
    #expect(leader.group.role == .leader, "one of the two that are left")
    #expect(leader.group.commitIndex == LogIndex(1), "its own disk counts no more")
    leader.acknowledge(2, by: 3)
    let sent = leader.settle()
    #expect(leader.group.role == .follower)
    #expect(leader.group.commitIndex == LogIndex(2))
    let told = sent.filter {
      if case .heartbeat(let commit, _) = $0.body { commit == LogIndex(2) } else { false }
    }
    #expect(told.map(\.to) == members(2, 3), "the others hear of it first")
    let last = sent.to(2).last
    #expect(last?.body == .transfer(lastLog: position(1, 2)), "who has everything takes over")
    #expect(sent.to(3).last?.body == .voteFor(MemberID(2), lastLog: position(1, 2)))
    #expect(leader.propose() == .notLeader(hint: nil))
    leader.wait(milliseconds: 5_000)
    #expect(leader.settle().isEmpty, "and it never stands again")
  }

  @Test func ruleC1_aRemovedLeaderDoesNotWaitForeverForWhoDoesNotAnswer() {
    var leader = leader(Configuration(voters: members(1, 2, 3, 4)), with: [2, 3])
    _ = change(&leader, .remove(MemberID(1)))
    leader.settle()
    leader.acknowledge(2, by: 2)
    leader.acknowledge(2, by: 3)
    leader.settle()
    #expect(leader.group.commitIndex == LogIndex(2))
    #expect(leader.group.role == .leader, "the fourth doesn't know yet")
    #expect(leader.propose() == .notLeader(hint: nil))
    leader.wait(milliseconds: 100)
    leader.settle()
    #expect(leader.group.role == .follower)
  }

  /// Found by random lives: the others' logs are too long for the one that is left to be elected.
  @Test func ruleC1_whoIsLeftOutMayLeadUntilThatIsCommitted() {
    var member = ByHand(2)
    member.restart(term: 1, log: [1])
    let left = Configuration(voters: members(3), learners: members(1))
    member.hear(
      .append(
        Append(previous: position(1, 1), entries: [entry(left, term: 1, index: 2)], commit: .zero)),
      from: 1, term: 1)
    member.settle()
    member.standUp()
    #expect(member.settle().map(\.to) == members(3), "its own vote does not count")
    #expect(member.group.role == .preCandidate)
    member.hear(.preVoteReply(granted: true), from: 3, term: 2)
    member.settle()
    member.hear(.voteReply(granted: true), from: 3, term: 2)
    member.settle()
    #expect(member.group.role == .leader)
    member.acknowledge(3, by: 3)
    member.settle()
    #expect(member.group.commitIndex == LogIndex(3))
    #expect(member.group.role == .follower, "and then it is out")
  }

  @Test func trap20_whoIsRemovedIsToldBeforeTheLeaderStopsSending() {
    var leader = leader(Configuration(voters: members(1, 2, 3)), with: [2, 3])
    _ = change(&leader, .remove(MemberID(3)))
    let sent = leader.settle()
    #expect(sent.to(3).appends.flatMap(\.entries).contains { $0.kind == .configuration })
    leader.acknowledge(2, by: 2)
    leader.settle()
    #expect(leader.group.commitIndex == LogIndex(2))
    leader.acknowledge(2, by: 3)
    let last = leader.settle().to(3)
    #expect(last.contains { $0.body == .heartbeat(commit: LogIndex(2), readRound: 0) })
    leader.hear(.heartbeatReply(readRound: 0), from: 2, term: 1)
    leader.wait(milliseconds: 100)
    #expect(leader.settle().to(3).isEmpty)
  }

  @Test func trap20_aDeadMemberThatIsRemovedIsGivenUp() {
    var leader = leader(Configuration(voters: members(1, 2, 3)))
    _ = change(&leader, .remove(MemberID(3)))
    leader.settle()
    leader.acknowledge(2, by: 2)
    leader.settle()
    var sentTo3 = 0
    for _ in 0..<30 {
      leader.wait(milliseconds: 50)
      leader.hear(.heartbeatReply(readRound: 0), from: 2, term: 1)
      sentTo3 = leader.settle().to(3).count
    }
    #expect(leader.group.role == .leader)
    #expect(sentTo3 == 0)
  }

  /// A snapshot may be on its way to it.
  @Test func trap20_aMemberThatLagsHearsOfItsRemovalHoweverLongThatTakes() {
    var leader = leader(Configuration(voters: members(1, 2, 3)), with: [2, 3])
    _ = change(&leader, .remove(MemberID(3)))
    leader.settle()
    leader.acknowledge(2, by: 2)
    leader.settle()
    for _ in 0..<(4 * Departing.heartbeatsMax) {
      leader.wait(milliseconds: 50)
      for member in [2, 3] as [UInt64] {
        leader.hear(.heartbeatReply(readRound: 0), from: member, term: 1)
      }
      #expect(!leader.settle().to(3).isEmpty)
    }
    leader.acknowledge(2, by: 3)
    leader.settle()
    leader.wait(milliseconds: 100)
    #expect(leader.settle().to(3).isEmpty, "it knows")
  }

  private func entry(_ configuration: Configuration, term: UInt64, index: UInt64) -> Entry {
    Entry(
      term: Term(term), index: LogIndex(index), kind: .configuration,
      logTime: LogTime(milliseconds: 1), payload: configuration.encoded)
  }

  /// The one that is left beside the leader is dead: nothing could be committed any more, and who
  /// was sent away would refuse its vote to whoever could take it back.
  @Test func ruleC1_aChangeThatNoMajorityCouldCommitIsRefused() {
    var leader = leader(Configuration(voters: members(1, 2, 3)), with: [2])
    for _ in 0..<3 {
      leader.wait(milliseconds: 250)
      leader.hear(.heartbeatReply(readRound: 0), from: 2, term: 1)
      leader.settle()
    }
    #expect(leader.group.role == .leader)
    #expect(change(&leader, .remove(MemberID(2))) == .refused(.noMajority))
    #expect(change(&leader, .remove(MemberID(3))) == accepted(2))
  }

  /// One that is repaired or rebuilt refuses and takes chunks all the time. Alone with it a leader
  /// would step down, nobody else could lead, and only a leader can bring it back.
  @Test func ruleC9_aMemberOutOfServiceMakesNoMajorityForAChange() {
    var leader = leader(Configuration(voters: members(1, 2, 3)), with: [2, 3])
    for _ in 0..<10 {
      leader.wait(milliseconds: 50)
      leader.hear(.heartbeatReply(readRound: 0), from: 2, term: 1)
      leader.hear(
        .appendReply(.refused(refusedIndex: LogIndex(1), hint: .zero)), from: 3, term: 1)
      leader.hear(.snapshotReply(index: LogIndex(1), received: 1, refused: false), from: 3, term: 1)
      leader.settle()
    }
    #expect(leader.group.role == .leader)
    #expect(change(&leader, .remove(MemberID(2))) == .refused(.noMajority))
    #expect(change(&leader, .remove(MemberID(3))) == accepted(2), "its own removal is none of that")
  }

  /// A new leader does not know yet who is there.
  @Test func ruleC9_whoWasNotHeardInThisTermMakesNoMajorityForAChange() {
    var leader = leader(Configuration(voters: members(1, 2, 3)))
    #expect(change(&leader, .remove(MemberID(2))) == .refused(.notEstablished))
    leader.hear(.appendReply(.refused(refusedIndex: .zero, hint: .zero)), from: 3, term: 1)
    #expect(change(&leader, .remove(MemberID(2))) == .refused(.notEstablished), "it may be out")
    leader.hear(.heartbeatReply(readRound: 0), from: 3, term: 1)
    #expect(change(&leader, .remove(MemberID(2))) == accepted(2))
  }
}
