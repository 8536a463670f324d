import Primitives
import Testing

@testable import RaftConsensus

/// Read index and heartbeats: rules C6, C7, C8.
@Suite struct ReadRuleTests {
  /// A leader whose first entry is committed, and all heartbeats are answered.
  private func established() -> ByHand {
    var leader = ByHand()
    leader.win()
    leader.acknowledge(1, by: 2)
    leader.settle()
    return leader
  }

  private func answer(_ leader: inout ByHand, from member: UInt64, round: UInt64, term: UInt64 = 1)
  {
    leader.hear(.heartbeatReply(readRound: round), from: member, term: term)
  }

  @Test func ruleC6_trap16_aNewLeaderReadsOnlyAfterItsFirstCommit() {
    var leader = ByHand()
    leader.restart(term: 1, log: [1, 1], commit: 2)
    leader.win()
    #expect(!leader.group.isEstablishedLeader)
    leader.read(1)
    let rounds = leader.settle().readRounds
    answer(&leader, from: 2, round: rounds.max() ?? 1, term: 2)
    leader.turn()
    #expect(leader.effects.reads.isEmpty, "entries that others committed may be unknown here")
    leader.acknowledge(3, by: 2)
    let later = leader.turn().readRounds
    #expect(leader.group.isEstablishedLeader)
    answer(&leader, from: 2, round: later.max() ?? 0, term: 2)
    leader.turn()
    #expect(leader.effects.reads == [.readable(token: 1, index: LogIndex(3))])
  }

  @Test func ruleC8_onlyRoundsSentAfterTheReadCount() {
    var leader = established()
    leader.read(1)
    let first = leader.turn().readRounds.max() ?? 0
    leader.read(2)
    let second = leader.turn().readRounds.max() ?? 0
    #expect(second == first + 1)
    answer(&leader, from: 3, round: first)
    leader.turn()
    #expect(leader.effects.reads == [.readable(token: 1, index: LogIndex(1))])
    answer(&leader, from: 3, round: second)
    leader.turn()
    #expect(leader.effects.reads == [.readable(token: 2, index: LogIndex(1))])
  }

  @Test func ruleC8_readsOfOneTurnShareARound() {
    var leader = established()
    for token: UInt64 in 1...50 { leader.read(token) }
    let messages = leader.turn()
    #expect(messages.readRounds.count == 2, "one heartbeat to each of two members")
    answer(&leader, from: 2, round: messages.readRounds[0])
    leader.turn()
    #expect(leader.effects.reads.count == 50)
  }

  @Test func ruleC8_aReadSeesWhatWasCommittedWhenItCame() {
    var leader = established()
    leader.propose()
    leader.settle()
    leader.acknowledge(2, by: 2)
    leader.turn()
    leader.read(1)
    let round = leader.turn().readRounds[0]
    leader.propose()
    leader.settle()
    leader.acknowledge(3, by: 2)
    leader.turn()
    answer(&leader, from: 2, round: round)
    leader.turn()
    #expect(leader.effects.reads == [.readable(token: 1, index: LogIndex(2))])
  }

  @Test func ruleC8_trap18_answersOfAnotherTermOrAFutureRoundConfirmNothing() {
    var leader = established()
    leader.read(1)
    let round = leader.turn().readRounds[0]
    leader.hear(.voteReply(granted: false), from: 3, term: 5)
    leader.turn()
    #expect(leader.effects.reads == [.failed(token: 1)], "dropped when the lead is lost")
    leader.win()
    leader.acknowledge(2, by: 2)
    leader.settle()
    leader.read(1)
    leader.turn()
    answer(&leader, from: 2, round: round, term: 1)
    answer(&leader, from: 9, round: round, term: 6)
    leader.turn()
    #expect(leader.effects.reads.isEmpty)
  }

  @Test func ruleC8_jointConfigurationConfirmsByBothHalves() {
    let configuration = Configuration(
      voters: members(1, 2, 3), outgoingVoters: members(1, 4, 5), learners: members(6))
    var leader = ByHand(configuration: configuration)
    leader.win(with: [2, 4])
    leader.acknowledge(1, by: 2)
    leader.acknowledge(1, by: 4)
    leader.settle()
    leader.read(1)
    let round = leader.turn().readRounds[0]
    for member: UInt64 in [2, 3, 6] { answer(&leader, from: member, round: round) }
    leader.turn()
    #expect(leader.effects.reads.isEmpty)
    answer(&leader, from: 5, round: round)
    leader.turn()
    #expect(leader.effects.reads.count == 1)
  }

  @Test func ruleC8_aGroupOfOneAnswersAtOnce() {
    var only = ByHand(configuration: Configuration(voters: members(1)))
    only.win(with: [])
    only.read(1)
    only.turn()
    #expect(only.effects.reads == [.readable(token: 1, index: LogIndex(1))])
  }

  @Test func ruleC8_aFollowerAsksItsLeader() {
    var leader = established()
    var follower = ByHand(3)
    follower.read(1)
    follower.turn()
    #expect(follower.effects.reads == [.failed(token: 1)], "nobody is known to lead")
    follower.hear(.heartbeat(commit: .zero, readRound: 0), from: 1, term: 1)
    follower.settle()
    follower.read(2)
    follower.read(3)
    let asks = follower.turn().filter { if case .readIndexAsk = $0.body { true } else { false } }
    #expect(asks.count == 1)
    leader.hear(asks[0].body, from: 3, term: 1)
    let round = leader.turn().readRounds[0]
    answer(&leader, from: 2, round: round)
    let answers = leader.turn().to(3).filter {
      $0.body != .heartbeat(commit: .zero, readRound: round)
    }
    follower.hear(answers[0].body, from: 1, term: 1)
    follower.turn()
    let readable = [2, 3].map { ReadAnswer.readable(token: $0, index: LogIndex(1)) }
    #expect(follower.effects.reads == readable)
    // The same answer once more, and an attempt that was never made.
    follower.hear(answers[0].body, from: 1, term: 1)
    follower.hear(.readIndexAnswer(attempt: 5, index: LogIndex(9)), from: 1, term: 1)
    follower.turn()
    #expect(follower.effects.reads.isEmpty)
  }

  @Test func ruleC8_trap18_anAskThatIsNotAnsweredFailsOnce() {
    var follower = ByHand(3)
    follower.hear(.heartbeat(commit: .zero, readRound: 0), from: 1, term: 1)
    follower.read(1)
    let ask = follower.turn().last?.body
    guard case .readIndexAsk(let attempt)? = ask else {
      Issue.record("no ask: \(String(describing: ask))")
      return
    }
    follower.wait(milliseconds: 400)
    follower.turn()
    #expect(follower.effects.reads == [.failed(token: 1)])
    follower.hear(.heartbeat(commit: .zero, readRound: 0), from: 1, term: 1)
    follower.read(1)
    follower.turn()
    follower.hear(.readIndexAnswer(attempt: attempt, index: LogIndex(1)), from: 1, term: 1)
    follower.turn()
    #expect(follower.effects.reads.isEmpty, "the late answer is for an attempt that was given up")
  }

  @Test func ruleC7_heartbeatsSayNoMoreThanTheFollowerHas() {
    var leader = established()
    leader.wait(milliseconds: 50)
    let heartbeats = leader.turn().filter { if case .heartbeat = $0.body { true } else { false } }
    #expect(
      heartbeats.map(\.body) == [
        .heartbeat(commit: LogIndex(1), readRound: 0), .heartbeat(commit: .zero, readRound: 0),
      ])
  }

  @Test func ruleC7_allGroupsOfANodeBeatAtTheSameInstants() {
    var early = established()
    var late = early
    late.now += 13_000_000
    func beats(_ leader: inout ByHand) -> [UInt64] {
      var instants: [UInt64] = []
      while leader.now < 3_000_000_000, instants.count < 4 {
        leader.now += 1_000_000
        leader.node.group.tick(now: reading(leader.now))
        if !leader.turn().readRounds.isEmpty { instants.append(leader.now) }
      }
      return instants
    }
    let first = beats(&early)
    #expect(first.count == 4)
    #expect(Set(beats(&late)).isSuperset(of: first.dropFirst()))
  }
}
