import Primitives
import Testing

@testable import RaftConsensus

/// What is committed, and what may be said of it: rules C1, C2, C5, C6, T1; figures 7 and 8.
@Suite struct CommitRuleTests {
  @Test func ruleC1_figure8_anEntryOfAnEarlierTermIsNotCommittedByCounting() {
    // (c): S1 leads term 4; its entry of term 2 is on a majority.
    var leader = ByHand(configuration: Configuration(voters: members(1, 2, 3, 4, 5)))
    leader.restart(term: 3, log: [1, 2], commit: 1)
    leader.win(with: [2, 3])
    #expect(leader.group.term == Term(4))
    leader.acknowledge(2, by: 2)
    leader.acknowledge(2, by: 3)
    leader.settle()
    #expect(leader.group.commitIndex == LogIndex(1), "(d) could still overwrite it")
    // (e): an entry of term 4 on a majority commits all before it.
    leader.acknowledge(3, by: 2)
    leader.acknowledge(3, by: 3)
    leader.settle()
    #expect(leader.group.commitIndex == LogIndex(3))
  }

  @Test func ruleC1_figure7_everyFollowerComesToTheLeadersLog() {
    let leaderLog: [UInt64] = [1, 1, 1, 4, 4, 5, 5, 6, 6, 6]
    let followers: [[UInt64]] = [
      [1, 1, 1, 4, 4, 5, 5, 6, 6], [1, 1, 1, 4], [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6],
      [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7], [1, 1, 1, 4, 4, 4, 4],
      [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3],
    ]
    for (at, log) in followers.enumerated() {
      var leader = ByHand()
      leader.restart(term: 7, log: leaderLog)
      leader.win(with: [3])
      var follower = ByHand(2)
      follower.restart(term: 7, log: log)
      var toLeader: [Message] = []
      var rounds = 0
      repeat {
        for message in toLeader { leader.node.group.step(message, now: reading(leader.now)) }
        leader.wait(milliseconds: 50)
        for message in leader.settle().to(2) {
          follower.node.group.step(message, now: reading(follower.now))
        }
        toLeader = follower.settle().to(1)
        rounds += 1
      } while follower.logTerms != leaderLog + [8] && rounds < 8
      #expect(
        follower.logTerms == leaderLog + [8], "follower (\("abcdef".dropFirst(at).prefix(1)))")
    }
  }

  @Test func figure2_aFollowerCommitsNoMoreThanTheAppendConfirms() {
    // Its second entry is of a leader that failed; the new one has another there.
    var member = ByHand()
    member.restart(term: 2, log: [1, 1])
    let question = Append(previous: position(1, 1), entries: [], commit: LogIndex(2))
    member.hear(.append(question), from: 2, term: 3)
    member.settle()
    #expect(member.group.commitIndex == LogIndex(1))
  }

  @Test func ruleC2_entriesAreDurableBeforeTheyAreAcknowledged() {
    var member = ByHand()
    let append = Append(previous: .zero, entries: ByHand.entries([1, 1]), commit: .zero)
    member.hear(.append(append), from: 2, term: 1)
    #expect(member.turn().acks.isEmpty)
    // The same again while the write is under way: nothing that isn't durable is acknowledged.
    member.hear(.append(append), from: 2, term: 1)
    #expect(member.turn().acks.allSatisfy { $0.index == .zero })
    #expect(member.finishWrites().acks == [position(1, 2)])
    #expect(member.node.disk.rows == append.entries)
  }

  @Test func ruleC2_trap22_theLeaderCountsItselfOnlyAfterItsOwnSync() {
    var leader = ByHand()
    leader.win()
    #expect(leader.propose() == .accepted(index: LogIndex(2), term: Term(1)))
    leader.turn()
    leader.acknowledge(2, by: 2)
    leader.turn()
    #expect(leader.group.commitIndex < LogIndex(2), "one disk of three has it")
    leader.finishWrites()
    leader.turn()
    #expect(leader.group.commitIndex == LogIndex(2))
  }

  @Test func trap22_aGroupOfOneWaitsForItsDisk() {
    var only = ByHand(configuration: Configuration(voters: members(1)))
    only.standUp()
    only.turn()
    #expect(only.group.role == .candidate)
    only.settle()
    #expect(only.group.isEstablishedLeader)
    only.propose(7)
    only.turn()
    #expect(only.effects.committed.isEmpty)
    only.finishWrites()
    only.turn()
    #expect(only.effects.committed.map(\.payload) == [[7]])
  }

  @Test func ruleC4_trap19_acknowledgementsOfLearnersDoNotCommit() {
    let configuration = Configuration(
      voters: members(1, 2, 3), outgoingVoters: members(1, 4, 5), learners: members(6))
    var leader = ByHand(configuration: configuration)
    leader.win(with: [2, 4])
    leader.acknowledge(1, by: 6)
    leader.acknowledge(1, by: 2)
    leader.acknowledge(1, by: 3)
    leader.settle()
    #expect(leader.group.commitIndex == .zero, "the outgoing half has not spoken")
    leader.acknowledge(1, by: 5)
    leader.settle()
    #expect(leader.group.commitIndex == LogIndex(1))
  }

  @Test func ruleC5_trap28_proposalsAreNotForwarded() {
    var member = ByHand()
    member.hear(.heartbeat(commit: .zero, readRound: 0), from: 3, term: 2)
    member.settle()
    #expect(member.propose() == .notLeader(hint: MemberID(3)))
    #expect(member.settle().isEmpty)
  }

  @Test func ruleT1_logTimeNeverGoesBack() {
    var leader = ByHand()
    leader.win()
    for time: Int64 in [500, 400, 400, 600] { leader.propose(logTime: time) }
    leader.acknowledge(5, by: 2)
    leader.settle()
    leader.acknowledge(5, by: 2)
    leader.settle()
    #expect(leader.node.state.logTime == LogTime(milliseconds: 600))
    #expect(leader.node.disk.rows.map(\.logTime.milliseconds) == [0, 500, 500, 500, 600])
    leader.node.crash(keeping: 0)
    leader.node.restart(now: leader.now, seed: 3)
    leader.win()
    leader.propose(logTime: 100)
    leader.settle()
    #expect(leader.group.lastLogTime == LogTime(milliseconds: 600), "nor over a restart")
  }

  @Test func trap21_anAcknowledgementOfARewrittenEntryIsNotCounted() {
    // The follower acknowledged (1, 2) to the leader of term 1; the leader of term 3 has another
    // entry there, and the late answer says so itself, whatever term it claims.
    var leader = ByHand()
    leader.restart(term: 2, log: [1, 2])
    leader.win(with: [3])
    leader.hear(.appendReply(.matched(position(1, 2))), from: 2, term: 1)
    leader.hear(.appendReply(.matched(position(1, 2))), from: 2, term: 3)
    leader.hear(.appendReply(.matched(position(3, 9))), from: 2, term: 3)
    leader.settle()
    #expect(leader.group.members.first { $0.member == MemberID(2) }?.match == .zero)
  }

  @Test func trap21_aLateWriteReportDoesNotConfirmWhatWasRewritten() {
    var member = ByHand()
    func append(_ terms: [UInt64], from term: UInt64) -> Message.Body {
      .append(Append(previous: .zero, entries: ByHand.entries(terms), commit: .zero))
    }
    member.hear(append([1, 1], from: 1), from: 2, term: 1)
    member.turn()
    member.hear(append([2], from: 2), from: 3, term: 2)
    member.turn()
    // And back: a later leader has the first entry after all.
    member.hear(append([1, 1, 3], from: 3), from: 2, term: 3)
    member.turn()
    _ = member.finishWrites(1)
    #expect(member.group.durableIndex == .zero, "the second write will take entry 1 away again")
    _ = member.finishWrites(1)
    #expect(member.group.durableIndex == .zero)
    #expect(member.finishWrites(1).acks == [position(3, 3)])
    #expect(member.group.durableIndex == LogIndex(3))
  }

  @Test func committedEntriesComeOnceAndInOrder() {
    var leader = ByHand()
    leader.win()
    var seen: [LogIndex] = []
    for _ in 0..<5 {
      leader.propose()
      leader.settle()
      leader.acknowledge(leader.group.lastIndex.rawValue, by: 3)
      leader.turn()
      seen += leader.effects.committed.map(\.index)
    }
    #expect(seen == (1...6).map { LogIndex($0) })
  }
}
