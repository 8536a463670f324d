import Primitives
import Testing

@testable import RaftConsensus

/// What a hand-over does with leases: rule L7 and trap 17.
@Suite struct LeaseTransferTests {
  private var settings: RaftSettings { LeaseRuleTests.settings }

  private func entries(_ count: UInt64, term: UInt64) -> [Entry] {
    (1...count).map {
      Entry(
        term: Term(term), index: LogIndex($0), kind: .command, logTime: .zero,
        leaseMilliseconds: 400, clockRatePPM: 10_000, payload: [1])
    }
  }

  /// Leads, has committed, and has a lease.
  private func leader() -> ByHand {
    var leader = ByHand(settings: settings)
    leader.win(with: [2, 3])
    leader.acknowledge(1, by: 2)
    leader.settle()
    return leader
  }

  private func transfer(_ leader: inout ByHand) -> TransferResult {
    leader.node.group.transferLeadership(to: MemberID(2), now: reading(leader.now))
  }

  private func mayReadAlone(_ leader: ByHand) -> Bool {
    leader.group.leaseRead(now: reading(leader.now)) != nil
  }

  @Test func ruleL7_trap17_theLeaseEndsBeforeTheHandOverAndReadsAskTheOthers() {
    var leader = leader()
    #expect(mayReadAlone(leader))
    #expect(transfer(&leader) == .started)
    #expect(!mayReadAlone(leader))
    leader.read(1)
    let round = leader.settle().readRounds.max() ?? 0
    leader.hear(.heartbeatReply(readRound: round), from: 3, term: 1)
    leader.turn()
    #expect(leader.effects.reads == [.readable(token: 1, index: LogIndex(1))])
  }

  @Test func ruleL7_whatWasMadeBeforeAFailedHandOverGivesNoLeaseAgain() {
    var leader = leader()
    leader.propose()
    leader.settle()
    #expect(transfer(&leader) == .started)
    leader.acknowledge(2, by: 3)
    leader.turn()
    #expect(leader.group.commitIndex == LogIndex(2) && !mayReadAlone(leader))
    for member: UInt64 in [2, 3] {
      leader.wait(milliseconds: 80)
      leader.hear(.heartbeatReply(readRound: 0), from: member, term: 1)
    }
    leader.turn()
    #expect(leader.effects.events.contains(.transferFailed(to: MemberID(2))))
    #expect(!mayReadAlone(leader), "the hand-over may still succeed, late")
    leader.propose()
    leader.settle()
    #expect(!mayReadAlone(leader))
    leader.acknowledge(3, by: 3)
    leader.turn()
    #expect(mayReadAlone(leader), "an entry that the target lacks")
  }

  @Test func ruleL7_aLeaderWhoseBarrierRunsMayNotLetGo() {
    var leader = ByHand(settings: settings)
    leader.hear(
      .append(Append(previous: .zero, entries: entries(1, term: 1), commit: .zero)), from: 2,
      term: 1)
    let arrived = leader.now
    leader.settle()
    leader.win(with: [2, 3])
    leader.acknowledge(2, by: 2)
    leader.settle()
    #expect(leader.now < arrived + LeaseRuleTests.wait)
    #expect(transfer(&leader) == .notYet)
    leader.now = arrived + LeaseRuleTests.wait
    leader.hear(.heartbeatReply(readRound: 0), from: 2, term: leader.group.term.rawValue)
    leader.turn()
    #expect(transfer(&leader) == .started)
  }

  /// A follower whose log is (1, 1), (1, 2), which came just now.
  private func target() -> ByHand {
    var target = ByHand(2, settings: settings)
    target.hear(
      .append(Append(previous: .zero, entries: entries(2, term: 1), commit: LogIndex(2))),
      from: 1, term: 1)
    target.settle()
    return target
  }

  @Test func ruleL7_aTargetWithExactlyTheLeadersLogWaitsForNothing() {
    var target = target()
    target.hear(.transfer(lastLog: position(1, 2)), from: 1, term: 1)
    target.settle()
    target.hear(.voteReply(granted: true), from: 3, term: 2)
    target.settle()
    target.acknowledge(3, by: 3)
    target.turn()
    #expect(target.group.role == .leader && target.group.commitIndex == LogIndex(3))
  }

  @Test func ruleL7_aTargetThatLosesItsElectionWaitsInTheNext() {
    var target = target()
    let arrived = target.now
    target.hear(.transfer(lastLog: position(1, 2)), from: 1, term: 1)
    target.settle()
    target.hear(.voteReply(granted: false), from: 3, term: 2)
    target.hear(.voteReply(granted: false), from: 1, term: 2)
    while target.group.term < Term(3) {
      target.wait(milliseconds: 10)
      target.hear(.preVoteReply(granted: true), from: 3, term: 3)
      target.settle()
    }
    target.hear(.voteReply(granted: true), from: 3, term: 3)
    target.settle()
    target.acknowledge(3, by: 3)
    #expect(target.now < arrived + LeaseRuleTests.wait, "the test is too slow")
    target.turn()
    #expect(target.group.role == .leader && target.group.commitIndex == LogIndex(2))
    target.now = arrived + LeaseRuleTests.wait
    target.turn()
    #expect(target.group.commitIndex == LogIndex(3))
  }

  @Test func ruleL7_onlyTheTermBehindTheLeadersAndItsVeryLogNeedNotWait() {
    let now = reading(1_000)
    func waives(standingFor term: UInt64, asked: LogPosition) -> Bool {
      var core = target().group.core
      core.waiveBarrier(standingFor: Term(term), asked: asked)
      return core.barrier.hasPassed(now, term: Term(term))
    }
    #expect(waives(standingFor: 2, asked: position(1, 2)))
    #expect(!waives(standingFor: 3, asked: position(1, 2)), "another leader was in between")
    #expect(!waives(standingFor: 2, asked: position(1, 1)), "the log goes on")
    #expect(!waives(standingFor: 2, asked: position(1, 3)), "the log lacks something")
    #expect(!waives(standingFor: 3, asked: position(2, 2)), "the same length is not the same")
  }
}
