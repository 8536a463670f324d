import Primitives
import Testing

@testable import RaftConsensus

/// Rule C9: a member that lost rows which it once acknowledged.
@Suite struct FlawRuleTests {
  /// Acknowledged up to (1, 4), has two rows left.
  private func flawed() -> ByHand {
    var member = ByHand()
    member.restart(term: 1, log: [1, 1, 1, 1])
    member.node.disk.rows.removeLast(2)
    member.node.crash(keeping: 0)
    member.node.restart(now: member.now, seed: 5)
    return member
  }

  /// Ten heartbeats at most between the leader and the member; member 3 answers its own.
  private func repair(_ member: inout ByHand, by leader: inout ByHand) {
    for _ in 0..<10 where !member.group.isInService {
      leader.wait(milliseconds: 50)
      leader.hear(.heartbeatReply(readRound: 0), from: 3, term: leader.group.term.rawValue)
      for message in leader.settle().to(1) {
        member.node.group.step(message, now: reading(member.now))
      }
      for message in member.settle().to(2) {
        leader.node.group.step(message, now: reading(leader.now))
      }
    }
  }

  @Test func ruleC9_hardStateKeepsTheLastAcknowledgedEntry() {
    var member = ByHand()
    let append = Append(previous: .zero, entries: ByHand.entries([1, 1, 2]), commit: .zero)
    member.hear(.append(append), from: 2, term: 2)
    member.settle()
    #expect(member.node.disk.hardState.ackedTerm == Term(2))
    #expect(member.node.disk.hardState.ackedIndex == LogIndex(3))
  }

  @Test func ruleC9_itNeitherVotesNorStandsNorAcknowledges() {
    var member = flawed()
    #expect(!member.group.isInService, "found without being told")
    member.hear(.preVote(lastLog: position(9, 9)), from: 2, term: 2)
    member.hear(.vote(lastLog: position(9, 9)), from: 2, term: 2)
    #expect(member.settle().isEmpty)
    member.wait(milliseconds: 3_000)
    #expect(member.settle().isEmpty)
    #expect(member.group.role == .follower)
    member.hear(.heartbeat(commit: LogIndex(4), readRound: 3), from: 3, term: 1)
    #expect(
      member.settle().map(\.body) == [
        .appendReply(.refused(refusedIndex: LogIndex(4), hint: position(1, 2)))
      ], "no round of reads counts it, and it asks to be repaired")
    let append = Append(previous: position(1, 2), entries: [], commit: LogIndex(4))
    member.hear(.append(append), from: 3, term: 1)
    #expect(member.settle().acks.isEmpty)
  }

  @Test func ruleC9_theLeaderRepairsItAndItVotesAgain() {
    var member = flawed()
    var leader = ByHand(2)
    leader.restart(term: 1, log: [1, 1, 1, 1], commit: 4)
    leader.win(with: [3])
    repair(&member, by: &leader)
    #expect(member.group.isInService)
    #expect(member.logTerms == [1, 1, 1, 1, 2])
    member.wait(milliseconds: 200)
    member.hear(.preVote(lastLog: position(9, 9)), from: 3, term: 9)
    #expect(member.settle().map(\.body) == [.preVoteReply(granted: true)])
  }

  /// It is heard, so that it is repaired, but it keeps nobody in the lead.
  @Test(arguments: [false, true])
  func ruleC7_onlyMembersInServiceCountForCheckQuorum(isInService: Bool) {
    var leader = ByHand(2)
    leader.win(with: [3])
    leader.settle()
    leader.acknowledge(1, by: 3)
    let answer: Message.Body =
      isInService
      ? .heartbeatReply(readRound: 0)
      : .appendReply(.refused(refusedIndex: LogIndex(1), hint: .zero))
    for _ in 0..<100 where leader.group.role == .leader {
      leader.wait(milliseconds: 50)
      leader.settle()
      leader.hear(answer, from: 1, term: 1)
    }
    #expect((leader.group.role == .leader) == isInService)
  }

  /// The leader took its log for whole before the member lost rows, and nobody writes any more.
  @Test func ruleC9_anIdleLeaderRepairsAMemberThatItTookForWhole() {
    var leader = ByHand(2)
    leader.win(with: [3])
    for _ in 0..<3 { leader.propose() }
    leader.settle()
    for member in [1, 3] as [UInt64] { leader.acknowledge(4, by: member) }
    leader.settle()
    var member = flawed()
    let end = leader.group.lastIndex
    repair(&member, by: &leader)
    #expect(member.group.isInService)
    #expect(member.logTerms == [1, 1, 1, 1])
    #expect(leader.group.lastIndex == end, "without a write")
  }

  @Test func ruleC9_halfARepairIsNone() {
    var member = flawed()
    let append = Append(
      previous: position(1, 2), entries: ByHand.entries([1], from: 3), commit: LogIndex(4))
    member.hear(.append(append), from: 3, term: 1)
    let answers = member.settle()
    #expect(answers.acks.isEmpty)
    #expect(!member.group.isInService)
    #expect(
      answers.map(\.body) == [
        .appendReply(.refused(refusedIndex: LogIndex(2), hint: position(1, 3)))
      ], "names where to go on, and vouches for nothing")
    #expect(member.node.disk.hardState.ackedIndex == LogIndex(4), "the promise stays")
  }

  @Test func ruleC9_theRepairMustBeDurable() {
    var member = flawed()
    let append = Append(
      previous: position(1, 2), entries: ByHand.entries([1, 1], from: 3), commit: LogIndex(4))
    member.hear(.append(append), from: 3, term: 1)
    #expect(member.turn().acks.isEmpty)
    #expect(!member.group.isInService)
    member.finishWrites()
    #expect(member.turn().acks == [position(1, 4)])
    #expect(member.effects.events.contains(.repaired(index: LogIndex(4))))
  }

  @Test func ruleC9_theLeaderStopsCountingAMemberThatDeniesWhatItAcknowledged() {
    var leader = ByHand()
    leader.win()
    for _ in 0..<4 { leader.propose() }
    leader.settle()
    leader.acknowledge(5, by: 2)
    leader.settle()
    leader.propose()
    leader.settle()
    leader.hear(
      .appendReply(.refused(refusedIndex: LogIndex(5), hint: position(1, 2))), from: 2, term: 1)
    let repair = leader.settle().to(2).appends
    #expect(repair.first?.previous == position(1, 2))
    #expect(leader.group.members.first { $0.member == MemberID(2) }?.match == LogIndex(2))
    #expect(leader.group.commitIndex == LogIndex(5), "what is committed stays committed")
  }

  @Test func ruleC9_aMemberWhoseUnacknowledgedTailIsReplacedIsWhole() {
    var member = ByHand()
    member.hear(
      .append(Append(previous: .zero, entries: ByHand.entries([1, 2, 2]), commit: .zero)), from: 2,
      term: 2)
    member.settle()
    // A later leader has fewer entries, of an earlier term.
    member.hear(
      .append(
        Append(previous: position(1, 1), entries: ByHand.entries([1], from: 2), commit: .zero)),
      from: 3, term: 3)
    member.settle()
    member.node.crash(keeping: 0)
    member.node.restart(now: member.now, seed: 5)
    #expect(member.group.isInService)
    #expect(member.logTerms == [1, 1])
  }
}
