import Primitives
import Testing

@testable import RaftConsensus

/// Snapshots on their way to a follower, compaction, and the log under them.
@Suite struct SnapshotTests {
  /// A leader whose memory holds only the newest of its entries.
  private func leaderWithALongLog() -> ByHand {
    var settings = TestCluster.settings
    settings.tailBytesMax = 60
    var leader = ByHand(settings: settings)
    leader.win()
    for _ in 0..<20 {
      leader.propose()
      leader.settle()
      leader.acknowledge(leader.group.lastIndex.rawValue, by: 2)
      leader.settle()
    }
    return leader
  }

  /// A leader that has compacted all but its newest entries, and a follower that has nothing.
  private func pair() -> (leader: ByHand, follower: ByHand) {
    var leader = leaderWithALongLog()
    leader.node.compact(now: reading(leader.now))
    leader.settle()
    return (leader, ByHand(3))
  }

  /// Exchanges everything for some heartbeats; `lose` may drop what it is shown.
  private func converse(
    _ leader: inout ByHand, _ follower: inout ByHand, heartbeats: Int,
    lose: (Message) -> Bool = { _ in false }
  ) {
    for _ in 0..<heartbeats {
      leader.wait(milliseconds: 50)
      follower.now = leader.now
      leader.hear(.heartbeatReply(readRound: 0), from: 2, term: leader.group.term.rawValue)
      for _ in 0..<6 {
        for message in leader.settle().to(3) where !lose(message) {
          follower.node.group.step(message, now: reading(follower.now))
        }
        follower.node.finishReads(now: follower.now)
        for message in follower.settle().to(1) where !lose(message) {
          leader.node.group.step(message, now: reading(leader.now))
        }
        leader.node.finishReads(now: leader.now)
      }
    }
  }

  @Test func aFollowerBehindTheLogGetsTheSnapshotAndGoesOn() {
    var (leader, follower) = pair()
    converse(&leader, &follower, heartbeats: 4)
    #expect(follower.group.snapshotMark.index == LogIndex(21))
    #expect(follower.node.state == leader.node.state)
    #expect(leader.group.members.first { $0.member == MemberID(3) }?.match == LogIndex(21))
    leader.propose()
    leader.settle()
    leader.acknowledge(22, by: 2)
    converse(&leader, &follower, heartbeats: 2)
    #expect(follower.node.state == leader.node.state)
    #expect(follower.node.state.index == LogIndex(22))
  }

  /// The snapshot is saved on a thread of its own, and the process ended before the log's thread had
  /// written the term in which it came, or had cut what contradicts it.
  @Test func ruleC2AReceivedSnapshotMayBeDurableBeforeItsTerm() {
    var follower = ByHand(3)
    follower.node.disk.save(
      SnapshotMark(
        index: LogIndex(2), term: Term(5), logTime: LogTime(milliseconds: 2),
        configuration: Configuration(voters: members(1, 2, 3)), lease: .none), TestState())
    follower.restart(term: 2, log: [1, 2, 2, 2])
    #expect(follower.group.term == Term(5))
    #expect(follower.group.lastIndex == LogIndex(2))
    follower.settle()
    #expect(follower.node.disk.hardState.term == Term(5))
    #expect(follower.node.disk.rows.allSatisfy { $0.index <= LogIndex(2) })
  }

  @Test func rowsThatStorageCannotGiveAreAskedForOnceAHeartbeatUntilASnapshotIsThere() {
    var leader = leaderWithALongLog()
    leader.node.disk.rows.removeFirst(10)
    leader.wait(milliseconds: 50)
    leader.hear(
      .appendReply(.refused(refusedIndex: leader.group.lastIndex, hint: .zero)), from: 3, term: 1)
    leader.hear(.heartbeatReply(readRound: 0), from: 3, term: 1)
    var loads = 0
    var wanted = 0
    for _ in 0..<20 {
      leader.turn()
      loads += leader.effects.loads.count
      wanted += leader.effects.events.count { $0.isUnreadable }
      leader.node.finishReads(now: leader.now)
    }
    #expect(loads == 1)
    #expect(wanted == 1)
    leader.node.compact(now: reading(leader.now))
    var follower = ByHand(3)
    converse(&leader, &follower, heartbeats: 6)
    #expect(follower.node.state == leader.node.state)
  }

  @Test func lostChunksAndAnswersAreSentAgain() {
    var (leader, follower) = pair()
    var random = SeededRandom(seed: 3)
    converse(&leader, &follower, heartbeats: 150) { _ in random.chance(1, in: 3) }
    #expect(follower.node.state == leader.node.state)
  }

  @Test func aReceiverThatRestartsBeginsAnew() {
    var (leader, follower) = pair()
    converse(&leader, &follower, heartbeats: 12) { message in
      if case .snapshotChunk(let chunk) = message.body { return chunk.isLast }
      return false
    }
    #expect(follower.group.snapshotMark.index == .zero)
    follower.node.crash(keeping: 0)
    follower.node.restart(now: follower.now, seed: 8)
    converse(&leader, &follower, heartbeats: 12)
    #expect(follower.node.state == leader.node.state)
  }

  @Test func aRefusedSnapshotIsFetchedAnew() {
    var (leader, follower) = pair()
    var spoilt = false
    for _ in 0..<12 {
      leader.wait(milliseconds: 50)
      follower.now = leader.now
      leader.hear(.heartbeatReply(readRound: 0), from: 2, term: 1)
      for _ in 0..<6 {
        for var message in leader.settle().to(3) {
          if case .snapshotChunk(var chunk) = message.body, chunk.isLast, !spoilt {
            chunk.bytes[0] ^= 1
            message.body = .snapshotChunk(chunk)
            spoilt = true
          }
          follower.node.group.step(message, now: reading(follower.now))
        }
        follower.node.finishReads(now: follower.now)
        for message in follower.settle().to(1) {
          leader.node.group.step(message, now: reading(leader.now))
        }
        leader.node.finishReads(now: leader.now)
      }
    }
    #expect(spoilt)
    #expect(follower.node.state == leader.node.state)
  }

  @Test func trap28_aFollowerThatIsGoneCostsAnEmptyOfferAHeartbeat() {
    var (leader, _) = pair()
    var bytes = 0
    var reads = 0
    for _ in 0..<20 {
      leader.wait(milliseconds: 50)
      leader.hear(.heartbeatReply(readRound: 0), from: 2, term: 1)
      for message in leader.settle().to(3) {
        if case .snapshotChunk(let chunk) = message.body { bytes += chunk.bytes.count }
      }
      reads += leader.effects.snapshotReads.count
    }
    #expect(bytes == 0)
    #expect(reads == 0)
  }

  @Test func aSnapshotThatTheLogHasIsNotInstalled() {
    var follower = ByHand(3)
    follower.hear(
      .append(Append(previous: .zero, entries: ByHand.entries([1, 1, 1]), commit: LogIndex(1))),
      from: 1, term: 1)
    follower.settle()
    let mark = SnapshotMark(
      index: LogIndex(2), term: Term(1), logTime: .zero,
      configuration: follower.group.configuration, lease: .none)
    follower.hear(
      .snapshotChunk(SnapshotChunk(mark: mark, offset: 0, bytes: [1], isLast: true)), from: 1,
      term: 1
    )
    #expect(follower.settle().acks.last == position(1, 3), "all of it is durable")
    #expect(follower.effects.snapshotChunks.isEmpty)
    #expect(follower.group.commitIndex == LogIndex(2))
    #expect(follower.logTerms == [1, 1, 1])
  }

  @Test func trap27_logTimeComesWithTheSnapshot() {
    var member = ByHand()
    member.node.disk.snapshot = SnapshotMark(
      index: LogIndex(10), term: Term(3), logTime: LogTime(milliseconds: 777),
      configuration: member.group.configuration, lease: .none)
    member.node.disk.hardState = HardState(
      term: Term(3), ackedTerm: Term(3), ackedIndex: LogIndex(10))
    member.node.restart(now: member.now, seed: 2)
    member.win()
    member.propose(logTime: 5)
    #expect(member.group.lastLogTime == LogTime(milliseconds: 777))
    #expect(member.group.lastIndex == LogIndex(12))
  }

  @Test func rowsThatDoNotContinueTheSnapshotAreDropped() {
    // The process died after it saved a snapshot and before it deleted the old rows.
    var member = ByHand()
    member.node.disk.snapshot = SnapshotMark(
      index: LogIndex(2), term: Term(4), logTime: .zero, configuration: member.group.configuration,
      lease: .none)
    member.node.disk.rows = ByHand.entries([1, 1], from: 3)
    member.node.disk.hardState = HardState(
      term: Term(4), ackedTerm: Term(1), ackedIndex: LogIndex(4))
    member.node.restart(now: member.now, seed: 2)
    #expect(member.group.lastIndex == LogIndex(2))
    member.settle()
    #expect(member.node.disk.rows.isEmpty, "from the disk too")
  }
}

extension RaftEvent {
  fileprivate var isUnreadable: Bool {
    if case .entriesUnreadable = self { true } else { false }
  }
}
