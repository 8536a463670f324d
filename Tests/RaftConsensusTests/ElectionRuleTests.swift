import Primitives
import Testing

@testable import RaftConsensus

/// Who may lead: rules C1 to C4.
@Suite struct ElectionRuleTests {
  @Test func ruleC1_preVoteAsksBeforeTheTermIsRaised() {
    var member = ByHand()
    member.standUp()
    let asked = member.settle()
    #expect(member.group.role == .preCandidate)
    #expect(member.group.term == .zero, "nobody has said yes, and nobody was disturbed")
    #expect(asked.map(\.body) == [.preVote(lastLog: .zero), .preVote(lastLog: .zero)])
    #expect(asked.allSatisfy { $0.term == Term(1) })
    member.hear(.preVoteReply(granted: true), from: 3, term: 1)
    member.settle()
    #expect(member.group.role == .candidate)
    #expect(member.group.term == Term(1))
  }

  @Test func ruleC1_checkQuorumEndsTheLeadOfALeaderThatNobodyAnswers() {
    var member = ByHand()
    member.win()
    member.wait(milliseconds: 250)
    #expect(member.group.role == .leader)
    member.wait(milliseconds: 100)
    member.turn()
    #expect(member.group.role != .leader)
    #expect(member.effects.events.contains(.steppedDown(term: Term(1), reason: .quorumLost)))
  }

  @Test func ruleC1_aPreferredMemberStandsFirst() {
    func firstStand(_ preference: RaftSettings.Preference) -> UInt64 {
      var settings = TestCluster.settings
      settings.preference = preference
      var member = ByHand(settings: settings)
      let start = member.now
      member.standUp()
      return (member.now - start) / 1_000_000
    }
    // Nobody can be disturbed in a group that never had a leader.
    #expect((5...30).contains(firstStand(.preferred)))
    #expect((150...310).contains(firstStand(.none)))
    #expect((450...910).contains(firstStand(.deferring)))
  }

  @Test func ruleC2_aVoteIsDurableBeforeItIsAnswered() {
    var member = ByHand()
    member.hear(.vote(lastLog: .zero), from: 2, term: 1)
    #expect(member.turn().grants.isEmpty)
    // Asked again while the write is under way: silence is right, an early yes would be wrong.
    member.hear(.vote(lastLog: .zero), from: 2, term: 1)
    #expect(member.turn().grants.isEmpty)
    #expect(member.finishWrites().grants == members(2))
    #expect(member.node.disk.hardState.vote == MemberID(2))
    member.hear(.vote(lastLog: .zero), from: 2, term: 1)
    #expect(member.turn().grants == members(2), "durable long since")
    member.hear(.vote(lastLog: .zero), from: 3, term: 1)
    #expect(member.settle().map(\.body) == [.voteReply(granted: false)])
  }

  @Test func ruleC2_theVoteSurvivesARestart() {
    var member = ByHand()
    member.hear(.vote(lastLog: .zero), from: 2, term: 5)
    member.settle()
    member.node.crash(keeping: 0)
    member.node.restart(now: member.now, seed: 1)
    member.hear(.vote(lastLog: .zero), from: 3, term: 5)
    #expect(member.settle().map(\.body) == [.voteReply(granted: false)])
  }

  @Test func ruleC2_aCandidateAsksAndCountsOnlyWhenItsOwnVoteIsDurable() {
    var member = ByHand()
    member.standUp()
    member.hear(.preVoteReply(granted: true), from: 2, term: 1)
    #expect(!member.turn().contains { $0.body == .vote(lastLog: .zero) })
    member.hear(.voteReply(granted: true), from: 2, term: 1)
    #expect(member.group.role == .candidate, "one of three, until the disk has its own")
    #expect(member.finishWrites().count == 2)
    #expect(member.group.role == .leader)
  }

  @Test func ruleC2_trap22_anEarlierWriteSaysNothingOfTheVote() {
    var member = ByHand()
    let append = Append(previous: .zero, entries: ByHand.entries([1]), commit: .zero)
    member.hear(.append(append), from: 2, term: 1)
    member.turn()
    member.standUp()
    member.hear(.preVoteReply(granted: true), from: 3, term: 2)
    member.turn()
    member.hear(.voteReply(granted: true), from: 3, term: 2)
    _ = member.finishWrites(1)
    #expect(member.group.role == .candidate, "the entry is durable, the vote is not")
    _ = member.finishWrites(1)
    #expect(member.group.role == .leader)
  }

  @Test func ruleC3_aVoteComparesTheLogInMemory() {
    var member = ByHand()
    let entries = ByHand.entries([1, 1])
    member.hear(
      .append(Append(previous: .zero, entries: entries, commit: .zero)), from: 2, term: 1)
    member.turn()  // the write is under way, nothing is durable
    #expect(member.group.durableIndex == .zero)
    member.wait(milliseconds: 200)
    member.hear(.vote(lastLog: position(1, 1)), from: 3, term: 2)
    #expect(member.turn().contains { $0.body == .voteReply(granted: false) })
    member.hear(.vote(lastLog: position(1, 2)), from: 3, term: 3)
    member.turn()
    #expect(member.finishWrites().grants == members(3))
  }

  @Test func ruleC4_trap19_onlyVotersElect() {
    let configuration = Configuration(voters: members(1, 2, 3), learners: members(4, 5))
    var member = ByHand(configuration: configuration)
    member.standUp()
    for other: UInt64 in [4, 5, 9] {
      member.hear(.preVoteReply(granted: true), from: other, term: 1)
    }
    member.settle()
    #expect(member.group.role == .preCandidate)
    member.hear(.preVoteReply(granted: true), from: 2, term: 1)
    member.settle()
    for other: UInt64 in [4, 5, 9] { member.hear(.voteReply(granted: true), from: other, term: 1) }
    #expect(member.group.role == .candidate)
    member.hear(.voteReply(granted: true), from: 3, term: 1)
    #expect(member.group.role == .leader)
  }

  @Test func ruleC4_jointConfigurationElectsByBothHalves() {
    let configuration = Configuration(
      voters: members(1, 2, 3), outgoingVoters: members(1, 4, 5))
    var member = ByHand(configuration: configuration)
    member.standUp()
    for other: UInt64 in [2, 3] { member.hear(.preVoteReply(granted: true), from: other, term: 1) }
    member.settle()
    #expect(member.group.role == .preCandidate, "of the outgoing half only itself")
    member.hear(.preVoteReply(granted: true), from: 5, term: 1)
    member.settle()
    #expect(member.group.role == .candidate)
  }

  @Test func trap26_aLearnerVotesWhenAskedAndNeverStands() {
    // It may be a voter already and not know (etcd #10998): the candidate decides who counts.
    let configuration = Configuration(voters: members(2, 3), learners: members(1))
    var member = ByHand(configuration: configuration)
    member.hear(.vote(lastLog: .zero), from: 2, term: 1)
    #expect(member.settle().grants == members(2))
    member.wait(milliseconds: 5_000)
    #expect(member.settle().isEmpty)
    #expect(member.group.role == .learner)
  }

  @Test func trap20_aMemberThatComesBackDoesNotDeposeALeaderThatIsAlive() {
    var member = ByHand()
    member.hear(.heartbeat(commit: .zero, readRound: 0), from: 2, term: 1)
    member.settle()
    member.wait(milliseconds: 100)
    member.hear(.preVote(lastLog: position(9, 9)), from: 3, term: 8)
    member.hear(.vote(lastLog: position(9, 9)), from: 3, term: 8)
    #expect(member.settle().isEmpty)
    #expect(member.group.term == Term(1))
    // With the leader silent for an election time it may.
    member.wait(milliseconds: 50)
    member.hear(.preVote(lastLog: position(9, 9)), from: 3, term: 8)
    #expect(member.settle().map(\.body) == [.preVoteReply(granted: true)])
    #expect(member.group.term == Term(1), "a question changes nothing")
  }

  @Test func trap20_whatStrangersSayOfLaterTermsIsIgnored() {
    var member = ByHand()
    member.hear(.preVoteReply(granted: false), from: 4, term: 8)
    member.hear(.voteReply(granted: true), from: 4, term: 8)
    member.hear(.appendReply(.matched(position(9, 9))), from: 4, term: 8)
    member.hear(.heartbeatReply(readRound: 1), from: 4, term: 8)
    member.hear(.transfer(lastLog: .zero), from: 4, term: 8)
    member.hear(.vote(lastLog: position(9, 9)), from: 2, term: 8, shard: 3)
    #expect(member.settle().isEmpty)
    #expect(member.group.term == .zero)
  }

  @Test func trap20_aStrangerIsNoReasonToLeaveALeaderThatIsAlive() {
    var member = ByHand()
    member.hear(.heartbeat(commit: .zero, readRound: 0), from: 2, term: 1)
    member.settle()
    member.hear(.preVote(lastLog: position(9, 9)), from: 4, term: 8)
    member.hear(.vote(lastLog: position(9, 9)), from: 4, term: 8)
    #expect(member.settle().isEmpty)
    #expect(member.group.term == Term(1))
  }

  /// Who was added by an entry that this member lacks may be the only one that can be elected, and
  /// may lead (Raft thesis, section 4.2.1).
  @Test func ruleC4_aStrangerMayBeElectedAndMayLead() {
    var member = ByHand()
    member.hear(.vote(lastLog: position(1, 1)), from: 4, term: 2)
    #expect(member.settle().grants == members(4))
    member.hear(.heartbeat(commit: .zero, readRound: 0), from: 4, term: 2)
    #expect(member.group.leader == MemberID(4))
  }

  @Test func trap20_aLeaderOfATermGoneByIsTold() {
    var member = ByHand()
    member.restart(term: 6, log: [])
    member.hear(.heartbeat(commit: .zero, readRound: 0), from: 2, term: 4)
    let answers = member.settle()
    #expect(answers.map(\.term) == [Term(6)])
    var leader = ByHand(2)
    leader.win(with: [3])
    leader.hear(answers[0].body, from: 1, term: 6)
    leader.settle()
    #expect(leader.group.role == .follower)
    #expect(leader.group.term == Term(6))
  }

  /// Found by random runs: two nodes that had lost their seats named each other to every caller.
  @Test func ruleC7_whoMayNotStandForgetsALeaderThatItDoesNotHear() {
    var gone = ByHand(1, configuration: Configuration(voters: members(2, 3)))
    gone.hear(.heartbeat(commit: .zero, readRound: 0), from: 2, term: 1)
    gone.settle()
    #expect(gone.group.leader == MemberID(2))
    gone.wait(milliseconds: 600)
    gone.turn()
    #expect(gone.group.leader == nil)
    #expect(gone.effects.events.contains(.leaderChanged(term: Term(1), leader: nil)))
    #expect(gone.group.role == .follower)
  }
}
