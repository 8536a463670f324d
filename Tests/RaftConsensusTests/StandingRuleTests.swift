import Primitives
import Testing

@testable import RaftConsensus

/// Rule C10, as far as it is the group's: a member whose ledger is wrong is out of service until a
/// leader has given it everything anew.
@Suite struct StandingRuleTests {
  /// Follows member 2 in term 1 and has acknowledged three entries.
  private func follower() -> ByHand {
    var member = ByHand()
    let append = Append(
      previous: .zero, entries: ByHand.entries([1, 1, 1]), commit: LogIndex(2))
    member.hear(.append(append), from: 2, term: 1)
    member.settle()
    return member
  }

  private func takeOut(_ member: inout ByHand) { member.node.takeOut(now: member.now) }

  @Test func ruleC10_itsLogIsThrownAwayAndItsPromiseKept() {
    var member = follower()
    takeOut(&member)
    member.settle()
    #expect(!member.group.isInService)
    #expect(member.group.lastIndex == .zero && member.group.commitIndex == .zero)
    #expect(member.node.disk.rows.isEmpty)
    #expect(member.node.disk.hardState.standing == .rebuilding)
    #expect(member.node.disk.hardState.acked == position(1, 3))
    #expect(member.node.disk.hardState.term == Term(1))
  }

  @Test func ruleC10_itNeitherVotesNorStandsNorAcknowledges() {
    var member = follower()
    takeOut(&member)
    member.settle()
    member.hear(.preVote(lastLog: position(9, 9)), from: 2, term: 2)
    member.hear(.vote(lastLog: position(9, 9)), from: 2, term: 2)
    #expect(member.settle().isEmpty)
    member.wait(milliseconds: 3_000)
    #expect(member.settle().isEmpty)
    #expect(member.group.role == .follower)
    let append = Append(
      previous: .zero, entries: ByHand.entries([1, 1]), commit: LogIndex(2))
    member.hear(.append(append), from: 2, term: 1)
    #expect(member.settle().acks.isEmpty, "less than it once acknowledged")
  }

  @Test func ruleC10_aLeaderStepsDownAtOnceAndSaysNothingMore() {
    var leader = ByHand()
    leader.win()
    leader.propose()
    leader.acknowledge(1, by: 2)
    leader.settle()
    leader.read(5)
    leader.propose()
    takeOut(&leader)
    #expect(leader.turn().isEmpty, "neither the entry nor a heartbeat leaves")
    #expect(leader.group.role == .follower)
    #expect(leader.group.leaseRead(now: reading(leader.now)) == nil)
    #expect(leader.effects.reads == [.failed(token: 5)])
    #expect(
      leader.effects.events.contains(.steppedDown(term: Term(1), reason: .ledgerWrong)))
    #expect(leader.finishWrites().isEmpty)
    leader.wait(milliseconds: 3_000)
    #expect(leader.settle().isEmpty)
  }

  @Test func ruleC10_aWriteThatWasUnderWayConfirmsNothing() {
    var member = follower()
    let more = Append(
      previous: position(1, 3), entries: ByHand.entries([1, 1], from: 4), commit: .zero)
    member.hear(.append(more), from: 2, term: 1)
    member.turn()
    takeOut(&member)
    member.turn()
    member.finishWrites(1)
    #expect(member.group.durableIndex == .zero)
    #expect(member.node.disk.rows.count == 5, "on the disk still, and nobody counts it")
    member.settle()
    #expect(member.group.durableIndex == .zero)
    #expect(member.node.disk.rows.isEmpty)
    #expect(
      member.node.disk.hardState.acked == position(1, 5), "what left with the write stays promised")
  }

  @Test func ruleC10_whatWasSaidInTheTurnDoesNotLeave() {
    var member = follower()
    let more = Append(
      previous: position(1, 3), entries: ByHand.entries([1], from: 4), commit: .zero)
    member.hear(.append(more), from: 2, term: 1)
    member.hear(.heartbeat(commit: LogIndex(3), readRound: 4), from: 2, term: 1)
    takeOut(&member)
    #expect(member.settle().isEmpty)
    #expect(member.node.disk.hardState.acked == position(1, 3))
  }

  @Test func ruleC10_theLeaderRebuildsItAndItVotesAgain() {
    var member = follower()
    takeOut(&member)
    member.settle()
    var leader = ByHand(2)
    leader.restart(term: 1, log: [1, 1, 1], commit: 3)
    leader.win(with: [3])
    leader.acknowledge(4, by: 3)
    leader.settle()
    for _ in 0..<20 where !member.group.isInService {
      leader.wait(milliseconds: 50)
      leader.hear(.heartbeatReply(readRound: 0), from: 3, term: 2)
      for message in leader.settle().to(1) {
        member.node.group.step(message, now: reading(member.now))
      }
      for message in member.settle().to(2) {
        leader.node.group.step(message, now: reading(leader.now))
      }
    }
    #expect(member.group.isInService)
    #expect(member.logTerms == [1, 1, 1, 2])
    #expect(member.node.disk.hardState.standing == .sound)
    leader.settle()
    #expect(leader.group.members.first { $0.member == MemberID(1) }?.match == LogIndex(4))
    member.wait(milliseconds: 200)
    member.hear(.preVote(lastLog: position(9, 9)), from: 3, term: 9)
    #expect(member.settle().map(\.body) == [.preVoteReply(granted: true)])
  }

  /// What it acknowledged behind a write under way comes late, in the middle of its repair: the leader
  /// takes it for whole, and has nothing to write.
  @Test func ruleC10_anOldAcknowledgementThatComesLateLeavesNobodyHalfRepaired() {
    var member = ByHand()
    var leader = ByHand(2)
    leader.win(with: [3])
    for _ in 0..<8 { leader.propose() }
    leader.settle()
    func pass() {
      leader.wait(milliseconds: 50)
      leader.node.finishReads(now: leader.now)
      leader.hear(.heartbeatReply(readRound: 0), from: 3, term: 1)
      for message in leader.settle().to(1) {
        member.node.group.step(message, now: reading(member.now))
      }
      for message in member.settle().to(2) {
        leader.node.group.step(message, now: reading(leader.now))
      }
    }
    leader.acknowledge(9, by: 3)
    for _ in 0..<20 { pass() }
    #expect(member.group.commitIndex == LogIndex(9))
    takeOut(&member)
    for _ in 0..<20 where member.group.lastIndex == .zero { pass() }
    #expect(member.group.lastIndex > .zero && member.group.lastIndex < LogIndex(9))
    leader.acknowledge(9, by: 1)
    for _ in 0..<20 { pass() }
    #expect(member.group.isInService, "its log ends at \(member.group.lastIndex)")
    #expect(leader.group.lastIndex == LogIndex(9), "without a write")
  }

  @Test func ruleC10_itAcknowledgesWhenItsReturnIsOnTheDisk() {
    var member = follower()
    takeOut(&member)
    member.settle()
    let all = Append(
      previous: .zero, entries: ByHand.entries([1, 1, 1]), commit: LogIndex(3))
    member.hear(.append(all), from: 2, term: 1)
    member.turn()
    member.finishWrites()
    #expect(member.turn().acks.isEmpty, "the rows are durable, the return is not")
    #expect(member.effects.events.contains(.repaired(index: LogIndex(3))))
    #expect(member.node.disk.hardState.standing == .rebuilding)
    #expect(member.finishWrites().acks == [position(1, 3)])
    #expect(member.node.disk.hardState.standing == .sound)
  }

  @Test func ruleC10_aRestartBringsNothingBackIntoService() {
    var member = follower()
    takeOut(&member)
    member.settle()
    // Rows of before, and some that a leader has given since.
    member.node.disk.rows = ByHand.entries([1, 1, 1])
    member.node.lostRows = false
    member.node.crash(keeping: 0)
    member.node.restart(now: member.now, seed: 5)
    #expect(!member.group.isInService)
    #expect(member.group.lastIndex == .zero && member.group.appliedIndex == .zero)
    member.settle()
    #expect(member.node.disk.rows.isEmpty)
    #expect(member.node.disk.hardState.acked == position(1, 3))
  }

  @Test func ruleC10_aStoppedGroupRemembersAndGoesOn() {
    var leader = ByHand()
    leader.win()
    leader.node.group.setStopped(true)
    leader.settle()
    #expect(leader.node.disk.hardState.standing == .stopped)
    #expect(leader.group.role == .leader, "its members can be changed")
    leader.node.crash(keeping: 0)
    leader.node.restart(now: leader.now, seed: 5)
    #expect(leader.group.standing == .stopped && leader.group.isInService)
    leader.node.group.setStopped(false)
    leader.settle()
    #expect(leader.node.disk.hardState.standing == .sound)
  }

  // MARK: An older disk

  /// Its log and its hard state agree that it acknowledged two entries. The leader knows of four.
  private func olderDisk() -> ByHand {
    var member = ByHand()
    member.restart(term: 1, log: [1, 1])
    member.hear(.heartbeat(commit: LogIndex(4), readRound: 3), from: 2, term: 2)
    return member
  }

  @Test func ruleC11_aDiskThatIsOlderThanWhatItAcknowledgedIsFound() {
    var member = olderDisk()
    let answers = member.settle()
    #expect(member.effects.events.isEmpty)
    #expect(!member.group.isInService)
    #expect(
      answers.map(\.body) == [
        .appendReply(.refused(refusedIndex: LogIndex(4), hint: position(1, 2)))
      ], "no round of reads counts it, and it asks to be repaired")
    #expect(member.node.disk.hardState.acked == position(2, 4))
    member.hear(.vote(lastLog: position(9, 9)), from: 3, term: 3)
    #expect(member.settle().isEmpty)
  }

  @Test func ruleC11_itVotesAgainBehindAnEntryOfTheLeaderThatKnewBetter() {
    var member = olderDisk()
    member.settle()
    let before = Append(
      previous: position(1, 2), entries: ByHand.entries([1, 1], from: 3), commit: LogIndex(4))
    member.hear(.append(before), from: 2, term: 2)
    #expect(member.settle().acks.isEmpty, "of which term the fourth was, it does not know")
    let own = Append(
      previous: position(1, 4), entries: ByHand.entries([2], from: 5), commit: LogIndex(4))
    member.hear(.append(own), from: 2, term: 2)
    #expect(member.settle().acks == [position(2, 5)])
    #expect(member.group.isInService)
  }
}
