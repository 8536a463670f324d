import Primitives
import Testing

@testable import RaftConsensus

/// Rules L1 to L6, L8 and L9, one member at a time. With Δ of 400 ms and ρ of a hundredth a lease
/// lasts 391 ms from an entry's creation, and is waited for 409 ms from its arrival.
@Suite struct LeaseRuleTests {
  static let length: UInt64 = 391_000_000
  static let wait: UInt64 = 409_000_000

  static var settings: RaftSettings {
    var settings = TestCluster.settings
    settings.leaseMilliseconds = 400
    settings.clockRatePPM = 10_000
    return settings
  }

  private func member(
    _ id: UInt64 = 1, voters: [MemberID] = members(1, 2, 3), lease: UInt32 = 400
  ) -> ByHand {
    var settings = Self.settings
    settings.leaseMilliseconds = lease
    return ByHand(id, configuration: Configuration(voters: voters), settings: settings)
  }

  /// What one that never had an entry leads with.
  private func leader() -> ByHand {
    var leader = member()
    leader.win()
    return leader
  }

  private func hear(
    _ member: inout ByHand, _ entries: [Entry], behind previous: LogPosition = .zero,
    from: UInt64 = 2, term: UInt64
  ) {
    member.hear(
      .append(Append(previous: previous, entries: entries, commit: .zero)), from: from, term: term)
  }

  private func entry(_ index: UInt64, _ term: UInt64, lease: UInt32) -> Entry {
    Entry(
      term: Term(term), index: LogIndex(index), kind: .command, logTime: .zero,
      leaseMilliseconds: lease, clockRatePPM: 10_000, payload: [1])
  }

  // MARK: L1, L2

  @Test func ruleL1_theLeaseRunsFromTheCreationOfAnEntryAndNotFromItsCommit() {
    var leader = leader()
    let created = leader.now
    leader.wait(milliseconds: 100)
    #expect(leader.group.leaseRead(now: reading(leader.now)) == nil, "nothing is committed yet")
    leader.acknowledge(1, by: 2)
    leader.turn()
    #expect(leader.group.commitIndex == LogIndex(1))
    #expect(leader.group.leaseRead(now: reading(created + Self.length - 1)) == LogIndex(1))
    #expect(leader.group.leaseRead(now: reading(created + Self.length)) == nil)
  }

  @Test func ruleL1_anEntryThatIsCreatedLaterRenewsTheLeaseAndAnEarlierOneNeverShortensIt() {
    var leader = leader()
    leader.wait(milliseconds: 50)
    leader.propose()
    let created = leader.now
    leader.settle()
    leader.acknowledge(2, by: 3)
    leader.turn()
    #expect(leader.group.commitIndex == LogIndex(2))
    #expect(leader.group.leaseRead(now: reading(created + Self.length - 1)) == LogIndex(2))
    #expect(leader.group.leaseRead(now: reading(created + Self.length)) == nil)
  }

  @Test func ruleL1_aLeaseEndsWithTheLead() {
    var leader = leader()
    leader.acknowledge(1, by: 2)
    leader.turn()
    #expect(leader.group.leaseRead(now: reading(leader.now)) != nil)
    leader.hear(.voteReply(granted: false), from: 2, term: 7)
    #expect(leader.group.leaseRead(now: reading(leader.now)) == nil)
  }

  @Test func ruleL2_aReadAloneNeedsAnEntryOfTheOwnTerm() {
    // What an earlier leader committed gives the next one nothing, however it learns of it.
    var leader = member(lease: 400)
    leader.restart(term: 3, log: [1, 1], commit: 2)
    leader.win()
    #expect(leader.group.commitIndex == LogIndex(2))
    #expect(leader.group.leaseRead(now: reading(leader.now)) == nil)
    leader.acknowledge(3, by: 2)
    leader.turn()
    #expect(leader.group.leaseRead(now: reading(leader.now)) == LogIndex(3))
  }

  // MARK: L3, L4

  @Test func ruleL3_L4_aNewLeaderSendsAtOnceAndCommitsWhenTheLeaseOfWhatArrivedIsOver() {
    var member = member()
    hear(&member, [entry(1, 1, lease: 400)], term: 1)
    let arrived = member.now
    member.settle()
    member.standUp()
    member.hear(.preVoteReply(granted: true), from: 3, term: 2)
    member.settle()
    member.hear(.voteReply(granted: true), from: 3, term: 2)
    let sent = member.settle().appends.flatMap(\.entries)
    #expect(sent.contains { $0.index == LogIndex(2) }, "replication waits for nothing")
    member.acknowledge(2, by: 3)
    #expect(member.now < arrived + Self.wait - 1, "the test is too slow")
    member.now = arrived + Self.wait - 1
    member.turn()
    #expect(member.group.role == .leader && member.group.commitIndex == .zero)
    member.propose()
    member.settle()
    member.now = arrived + Self.wait
    member.turn()
    #expect(member.group.commitIndex == LogIndex(2), "what it made itself is not waited for")
  }

  @Test func ruleL3_theBarrierIsTheLatestOfAllAndStaysWhenItsEntryIsTruncated() {
    var member = member()
    hear(&member, [entry(1, 1, lease: 1_000)], term: 1)
    let long = member.now + 1_000_000_000 + 10_000_000 + 5_000_000
    member.settle()
    hear(&member, [entry(1, 2, lease: 100)], from: 3, term: 2)
    member.settle()
    #expect(member.logTerms == [2], "the entry with the long lease is gone")
    member.win()
    member.acknowledge(2, by: 2)
    member.now = long - 1
    member.turn()
    #expect(member.group.commitIndex == .zero)
    member.now = long
    member.turn()
    #expect(member.group.commitIndex == LogIndex(2))
  }

  @Test func ruleL3_anEntryThatComesTwiceRaisesNothing() {
    var member = member()
    hear(&member, [entry(1, 1, lease: 400)], term: 1)
    let arrived = member.now
    member.settle()
    member.wait(milliseconds: 100)
    hear(&member, [entry(1, 1, lease: 400)], term: 1)
    member.settle()
    member.win(with: [3])
    member.acknowledge(2, by: 3)
    member.now = max(member.now, arrived + Self.wait)
    member.turn()
    #expect(member.group.commitIndex == LogIndex(2))
  }

  @Test func ruleL3_afterARestartTheLongestOfTheLogIsWaitedForFromTheStart() {
    var member = member()
    hear(&member, [entry(1, 1, lease: 500), entry(2, 1, lease: 100)], term: 1)
    member.settle()
    member.node.crash(keeping: 9)
    member.now += 10_000_000_000
    let start = member.now
    member.node.restart(now: start, seed: 3)
    expectCommit(&member, at: start + 500_000_000 + 5_000_000 + 5_000_000)
  }

  @Test func ruleL3_aSnapshotRemembersTheLongestLeaseOfWhatItStandsFor() {
    var member = member()
    hear(&member, [entry(1, 1, lease: 500)], term: 1)
    member.hear(.heartbeat(commit: LogIndex(1), readRound: 0), from: 2, term: 1)
    member.settle()
    member.node.compact(now: reading(member.now))
    member.settle()
    member.node.disk.rows = []
    let start = member.now
    member.node.crash(keeping: 9)
    member.node.restart(now: start, seed: 3)
    #expect(member.group.snapshotMark.index == LogIndex(1))
    expectCommit(&member, at: start + 500_000_000 + 5_000_000 + 5_000_000)
  }

  @Test func ruleL3_aSnapshotForgetsALeaseThatIsCertainlyOver() {
    var member = member()
    hear(&member, [entry(1, 1, lease: 500)], term: 1)
    #expect(member.group.leaseToRemember(now: reading(member.now)).milliseconds == 500)
    member.now += 509_999_999
    #expect(member.group.leaseToRemember(now: reading(member.now)).milliseconds == 500)
    member.now += 1
    #expect(member.group.leaseToRemember(now: reading(member.now)).milliseconds == 400, "its own")
  }

  @Test func ruleL3_aSnapshotThatArrivesCountsLikeTheEntriesThatItStandsFor() {
    var member = member()
    let mark = SnapshotMark(
      index: LogIndex(9), term: Term(1), logTime: .zero, configuration: member.group.configuration,
      lease: LeaseTerms(milliseconds: 500, ratePPM: 10_000))
    member.hear(.heartbeat(commit: .zero, readRound: 0), from: 2, term: 1)
    member.node.group.snapshotInstalled(mark, now: reading(member.now))
    let arrived = member.now
    member.settle()
    expectCommit(&member, at: arrived + 500_000_000 + 5_000_000 + 5_000_000, behind: 9)
  }

  @Test func ruleL4_aGroupOfOneWaitsToo() {
    var only = member(voters: members(1))
    only.win(with: [])
    only.propose()
    only.settle()
    #expect(only.group.commitIndex == LogIndex(2), "it never had an entry of anybody else")
    only.node.crash(keeping: 9)
    let start = only.now
    only.node.restart(now: start, seed: 3)
    only.win(with: [])
    #expect(only.now < start + Self.wait - 1, "the test is too slow")
    only.now = start + Self.wait - 1
    only.turn()
    #expect(only.group.role == .leader && only.group.commitIndex < LogIndex(3))
    only.now = start + Self.wait
    only.turn()
    #expect(only.group.commitIndex == LogIndex(3))
  }

  @Test func ruleL4_aGroupThatNeverHadAnEntryWaitsForNothing() {
    var first = member(lease: 60_000)
    first.node.restart(now: first.now, seed: 3)
    first.win()
    first.acknowledge(1, by: 2)
    first.turn()
    #expect(first.group.commitIndex == LogIndex(1))
  }

  /// Leads its next term, has all that a majority could acknowledge, and commits at that instant and
  /// not a nanosecond before.
  private func expectCommit(_ member: inout ByHand, at instant: UInt64, behind last: UInt64 = 0) {
    member.win(with: [3])
    let own = member.group.lastIndex
    member.acknowledge(own.rawValue, by: 3)
    #expect(member.group.role == .leader && member.now < instant, "the test is too slow")
    member.now = instant - 1
    member.turn()
    #expect(member.group.commitIndex < own)
    member.now = instant
    member.turn()
    #expect(member.group.commitIndex == own)
  }

  // MARK: L5

  @Test func ruleL5_aShorterLeaseHoldsFromItsFirstEntryOnAndOlderEntriesKeepTheirs() {
    var member = member(lease: 100)
    hear(&member, [entry(1, 1, lease: 400)], term: 1)
    let arrived = member.now
    member.settle()
    member.now += 50_000_000
    hear(&member, [entry(2, 1, lease: 100)], behind: position(1, 1), term: 1)
    member.settle()
    expectCommit(&member, at: arrived + 400_000_000 + 4_000_000 + 5_000_000)
    member.propose()
    let made = member.now
    member.settle()
    member.acknowledge(4, by: 3)
    member.turn()
    #expect(member.group.leaseRead(now: reading(made + 94_000_000 - 1)) != nil)
    #expect(member.group.leaseRead(now: reading(made + 94_000_000)) == nil)
  }

  @Test func ruleL5_lengthsThatCannotWorkAreNamed() {
    var settings = RaftSettings()
    settings.clockRatePPM = 2_000
    settings.electionNanoseconds = 1_000_000_000...2_000_000_000
    let cases: [(lease: UInt32, commit: UInt64, problem: LeaseProblem?)] = [
      (0, 0, nil), (5, 0, .neverRuns(leastMilliseconds: 6)), (6, 0, nil), (900, 0, nil),
      (90, 85_000_000, .neverRuns(leastMilliseconds: 91)), (91, 85_000_000, nil),
      (993, 0, nil), (994, 0, .outlastsElection(waitMilliseconds: 1_001)),
    ]
    for expected in cases {
      settings.leaseMilliseconds = expected.lease
      #expect(
        settings.leaseProblem(commitNanoseconds: expected.commit) == expected.problem,
        "Δ \(expected.lease) ms")
    }
  }

  @Test func ruleL5_aLeaderWhoseEntriesCommitTooLateForTheirLeaseSaysSoOnce() {
    var leader = leader()
    leader.acknowledge(1, by: 2)
    leader.settle()
    var said = 0
    for index: UInt64 in 2...30 {
      leader.propose()
      leader.settle()
      leader.now += Self.length
      leader.acknowledge(index, by: 2)
      leader.turn()
      said += leader.effects.events.count { $0 == .leaseTooShort }
    }
    #expect(leader.group.commitIndex == LogIndex(30) && said == 1)
  }

  @Test func trap15_numbersOfTheWireThatCannotBeAddedEndNoProcess() {
    let most = LeaseTerms(milliseconds: .max, ratePPM: .max)
    #expect(most.wait == .max && most.length == 0)
    var barrier = Barrier()
    barrier.arrived(most, at: reading(5))
    #expect(!barrier.hasPassed(reading(.max - 1), term: Term(1)))
  }

  // MARK: L6

  @Test func ruleL6_renewalIsDueWithLessThanAThirdLeftAndNothingUnderWay() {
    var leader = leader()
    let created = leader.now
    #expect(!leader.group.leaseNeedsRenewal(now: reading(created)), "not before its first commit")
    leader.acknowledge(1, by: 2)
    leader.settle()
    let third = created + Self.length - Self.length / 3
    #expect(!leader.group.leaseNeedsRenewal(now: reading(third)))
    #expect(leader.group.leaseNeedsRenewal(now: reading(third + 1)))
    leader.now = third + 1
    leader.propose()
    #expect(!leader.group.leaseNeedsRenewal(now: reading(leader.now)), "it is under way")
    #expect(
      leader.group.leaseNeedsRenewal(now: reading(leader.now + Self.length)), "but not for ever")
  }

  // MARK: L8, L9

  @Test func ruleL8_aLeaseEndsByTheFasterClockAndAWaitByTheSlowerOne() {
    var leader = leader()
    let created = leader.now
    leader.acknowledge(1, by: 2)
    leader.turn()
    func at(_ boot: UInt64, _ raw: UInt64) -> ClockReading {
      ClockReading(boot: created + boot, raw: created + raw, wall: 0)
    }
    #expect(leader.group.leaseRead(now: at(Self.length - 1, 0)) != nil)
    #expect(leader.group.leaseRead(now: at(Self.length, 0)) == nil, "it slept")
    #expect(leader.group.leaseRead(now: at(0, Self.length)) == nil)
    var barrier = Barrier()
    barrier.arrived(Self.settings.leaseTerms, at: at(0, 0))
    #expect(!barrier.hasPassed(at(Self.wait, Self.wait - 1), term: Term(1)), "it slept")
    #expect(!barrier.hasPassed(at(Self.wait - 1, Self.wait), term: Term(1)))
    #expect(barrier.hasPassed(at(Self.wait, Self.wait), term: Term(1)))
  }

  @Test func ruleL9_anEntryIsCreatedAtTheReadingOfItsInputAndArrivesAtThatOfIts() {
    var leader = leader()
    leader.acknowledge(1, by: 2)
    leader.settle()
    leader.propose()
    let created = leader.now
    // The turn stands still between the proposal and its end.
    leader.now += 100_000_000
    leader.settle()
    leader.acknowledge(2, by: 2)
    leader.turn()
    #expect(leader.group.leaseRead(now: reading(created + Self.length - 1)) != nil)
    #expect(leader.group.leaseRead(now: reading(created + Self.length)) == nil, "never late")

    var follower = member()
    follower.wait(milliseconds: 60)
    hear(&follower, [entry(1, 1, lease: 400)], term: 1)
    let arrived = follower.now
    follower.now += 20_000_000
    follower.settle()
    expectCommit(&follower, at: arrived + Self.wait)
  }
}
