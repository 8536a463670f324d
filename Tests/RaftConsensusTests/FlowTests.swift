import Primitives
import Testing

@testable import RaftConsensus

/// How a leader sends: pipelining, windows, back-off, loads (rule C1, trap 28).
@Suite struct FlowTests {
  private func leader(_ change: (inout RaftSettings) -> Void = { _ in }) -> ByHand {
    var settings = TestCluster.settings
    change(&settings)
    var leader = ByHand(settings: settings)
    leader.win()
    leader.acknowledge(1, by: 2)
    leader.settle()
    return leader
  }

  @Test func ruleC1_appendsFollowOneAnotherWithoutWaiting() {
    var leader = leader()
    var previous: [LogIndex] = []
    for _ in 0..<3 {
      leader.propose()
      previous += leader.turn().to(2).appends.map(\.previous.index)
    }
    #expect(previous == [1, 2, 3].map { LogIndex($0) })
  }

  @Test func ruleC1_whatCameInOneTurnIsOneAppend() {
    var leader = leader { $0.appendBytesMax = 1 << 20 }
    for _ in 0..<100 { leader.propose() }
    #expect(leader.turn().to(2).appends.map(\.entries.count) == [100])
  }

  @Test func trap28_aFollowerThatDoesNotAnswerCostsOneWindow() {
    var leader = leader()
    var sent = 0
    for _ in 0..<50 {
      leader.propose()
      sent += leader.settle().to(2).appends.count
    }
    #expect(sent == leader.node.settings.inFlightMessagesMax)
    // Silent for long, it gets one append per heartbeat and no more.
    var heartbeats = 0
    var appends = 0
    for _ in 0..<40 {
      leader.wait(milliseconds: 50)
      leader.hear(.heartbeatReply(readRound: 0), from: 3, term: 1)
      let messages = leader.settle().to(2)
      heartbeats += messages.readRounds.count
      appends += messages.appends.count
    }
    #expect(heartbeats > 30)
    #expect(appends > 10 && appends <= 40)
  }

  @Test func trap28_aLeaderThatCannotCommitTakesNoMore() {
    var leader = leader { $0.uncommittedBytesMax = 1_000 }
    var taken = 0
    while case .accepted = leader.propose(), taken < 1_000 {
      taken += 1
      leader.settle()
    }
    #expect(taken < 30)
    #expect(leader.propose() == .full)
    leader.acknowledge(leader.group.lastIndex.rawValue, by: 2)
    leader.settle()
    #expect(leader.propose() != .full)
  }

  @Test func ruleC1_aLostAppendIsSentAgainAfterARefusal() {
    var leader = leader()
    for _ in 0..<3 {
      leader.propose()
      leader.settle()
    }
    // The append behind 1 was lost; those behind 2 and 3 are refused.
    leader.hear(
      .appendReply(.refused(refusedIndex: LogIndex(2), hint: position(1, 1))), from: 2, term: 1)
    leader.hear(
      .appendReply(.refused(refusedIndex: LogIndex(3), hint: position(1, 1))), from: 2, term: 1)
    let again = leader.settle().to(2).appends
    #expect(again.map(\.previous) == [position(1, 1)])
    #expect(again.first?.entries.count == 3)
  }

  @Test func ruleC1_aLostLastAppendIsNoticed() {
    var leader = leader()
    leader.propose()
    leader.settle()
    var questions: [Append] = []
    for _ in 0..<4 {
      leader.wait(milliseconds: 50)
      leader.hear(.heartbeatReply(readRound: 0), from: 2, term: 1)
      questions += leader.settle().to(2).appends
    }
    #expect(!questions.isEmpty)
    #expect(questions.allSatisfy { $0.previous == position(1, 2) && $0.entries.isEmpty })
  }

  @Test func trap28_roundsOfReadsDoNotRepeatQuestionsToAFollowerThatLags() {
    var leader = leader()
    leader.propose()
    leader.settle()
    var appends = 0
    for token in UInt64(1)...20 {
      leader.read(token)
      let sent = leader.turn()
      appends += sent.to(3).appends.count
      for round in sent.to(3).readRounds {
        leader.hear(.heartbeatReply(readRound: round), from: 3, term: 1)
      }
    }
    #expect(appends <= 1, "\(appends) appends in one heartbeat's time")
    leader.wait(milliseconds: 50)
    leader.turn()
    leader.hear(.heartbeatReply(readRound: 0), from: 3, term: 1)
    #expect(leader.turn().to(3).appends.count == 1)
  }

  @Test func entriesBeyondMemoryAreLoaded() {
    var leader = leader {
      $0.tailBytesMax = 120
      $0.appendBytesMax = 300
    }
    for _ in 0..<40 {
      leader.propose()
      leader.settle()
      leader.acknowledge(leader.group.lastIndex.rawValue, by: 2)
      leader.settle()
    }
    #expect(leader.group.core.log.memoryBytes <= 120)
    leader.hear(
      .appendReply(.refused(refusedIndex: .zero, hint: .zero)), from: 3, term: 1)
    // The third member knows nothing; it was asked about the log's end as the leader began.
    leader.wait(milliseconds: 50)
    leader.turn()
    let loads = leader.effects.loads
    #expect(loads.map(\.from) == [LogIndex(1)])
    leader.turn()
    #expect(leader.effects.loads.isEmpty, "one load at a time")
    let rows = Array(leader.node.disk.rows.prefix(5))
    leader.node.group.loaded(loads[0], entries: rows, now: reading(leader.now))
    let append = leader.turn().to(3).appends.first
    #expect(append?.previous == .zero)
    #expect(append?.entries == rows)
    // The same answer again is for nobody.
    leader.node.group.loaded(loads[0], entries: rows, now: reading(leader.now))
    #expect(leader.turn().to(3).appends.isEmpty)
  }

  @Test func malformedAppendsAreDropped() {
    var member = ByHand()
    let gap = ByHand.entries([1]) + ByHand.entries([1], from: 3)
    let falling = ByHand.entries([2, 1])
    let future = ByHand.entries([5])
    let configuration = [
      Entry(term: Term(1), index: LogIndex(1), kind: .configuration, logTime: .zero)
    ]
    for entries in [gap, falling, future, configuration] {
      member.hear(
        .append(Append(previous: .zero, entries: entries, commit: .zero)), from: 2, term: 2)
      #expect(member.settle().acks.isEmpty)
      #expect(member.group.lastIndex == .zero)
    }
  }
}
