import Primitives
import Testing

@testable import NodeCore
@testable import RaftConsensus

private func at(_ milliseconds: UInt64) -> ClockReading {
  let nanoseconds = milliseconds * 1_000_000
  return ClockReading(boot: nanoseconds, raw: nanoseconds, wall: Int64(milliseconds))
}

@Suite struct ProposalQueueTests {
  @Test func anOutcomeGoesToThoseWhoProposedThisEntryOfThisTerm() {
    var queue = ProposalQueue()
    queue.append(index: LogIndex(5), term: Term(2), tokens: [1, 2])
    queue.append(index: LogIndex(6), term: Term(2), tokens: [3])
    let first = queue.applied(index: LogIndex(5), term: Term(2))
    #expect(first.own == [1, 2] && first.overwritten.isEmpty)
    #expect(queue.tokenCount == 1)
  }

  @Test func trap40_anotherTermsEntryAtTheIndexAnswersNobodysProposal() {
    var queue = ProposalQueue()
    queue.append(index: LogIndex(5), term: Term(2), tokens: [1])
    queue.append(index: LogIndex(6), term: Term(2), tokens: [2])
    queue.append(index: LogIndex(5), term: Term(4), tokens: [3])
    let result = queue.applied(index: LogIndex(5), term: Term(4))
    #expect(result.own == [3] && result.overwritten == [1])
    #expect(queue.applied(index: LogIndex(6), term: Term(4)).overwritten == [2])
    #expect(queue.isEmpty)
  }

  @Test func trap40_aLateCommitStillAnswersAfterTheLeaderSteppedDown() {
    var queue = ProposalQueue()
    queue.append(index: LogIndex(5), term: Term(2), tokens: [1])
    queue.orphan(now: at(0))
    #expect(queue.takeOrphans(now: at(1_999), olderThan: 2_000_000_000).isEmpty)
    #expect(queue.applied(index: LogIndex(5), term: Term(2)).own == [1])
    #expect(queue.takeOrphans(now: at(9_000), olderThan: 2_000_000_000).isEmpty)
  }

  @Test func trap40_afterAWhileTheOutcomeIsUnknown() {
    var queue = ProposalQueue()
    queue.append(index: LogIndex(5), term: Term(2), tokens: [1])
    queue.orphan(now: at(0))
    queue.append(index: LogIndex(9), term: Term(3), tokens: [2])
    #expect(queue.takeOrphans(now: at(2_000), olderThan: 2_000_000_000) == [1])
    #expect(queue.applied(index: LogIndex(9), term: Term(3)).own == [2])
  }

  @Test func aSnapshotSkipsEntriesWhoseOutcomeNobodyKnows() {
    var queue = ProposalQueue()
    queue.append(index: LogIndex(5), term: Term(2), tokens: [1])
    queue.append(index: LogIndex(9), term: Term(2), tokens: [2])
    #expect(queue.skipped(through: LogIndex(8)) == [1])
    #expect(queue.tokenCount == 1)
  }
}

@Suite struct ReadQueueTests {
  private func request(_ token: UInt64, atLeast: UInt64? = nil, stale: Bool = false) -> ReadRequest
  {
    ReadRequest(
      shard: ShardID(2), token: token, consistency: stale ? .stale : .linearizable,
      atLeast: atLeast.map { LogIndex($0) })
  }

  @Test func ruleQ4_aReadWaitsForItsIndexAndItsPosition() {
    var queue = ReadQueue()
    queue.append(request(1), now: at(0))
    queue.append(request(2, atLeast: 12), now: at(0))
    queue.startRound(raftToken: 77, now: at(0))
    #expect(queue.takeReady(applied: LogIndex(99)).isEmpty, "no read index yet")
    queue.readable(raftToken: 77, index: LogIndex(10))
    #expect(queue.takeReady(applied: LogIndex(9)).isEmpty)
    #expect(queue.takeReady(applied: LogIndex(10)).map(\.token) == [1])
    #expect(queue.takeReady(applied: LogIndex(12)).map(\.token) == [2])
    #expect(queue.count == 0)
  }

  @Test func ruleC8_onlyARoundAskedAfterTheReadArrivedCounts() {
    var queue = ReadQueue()
    queue.append(request(1), now: at(0))
    queue.startRound(raftToken: 7, now: at(0))
    queue.append(request(2), now: at(1))
    queue.readable(raftToken: 7, index: LogIndex(1))
    #expect(queue.takeReady(applied: LogIndex(1)).map(\.token) == [1])
    #expect(queue.hasFresh && queue.count == 1)
  }

  @Test func trap18_aRoundWithoutAnAnswerIsAskedAnewAndItsLateAnswerIsNothing() {
    var queue = ReadQueue()
    queue.append(request(1), now: at(0))
    queue.startRound(raftToken: 7, now: at(0))
    _ = queue.tick(now: at(600), timeout: 5_000_000_000, retry: 500_000_000)
    #expect(queue.hasFresh)
    queue.startRound(raftToken: 8, now: at(600))
    queue.readable(raftToken: 7, index: LogIndex(1))
    #expect(queue.takeReady(applied: LogIndex(5)).isEmpty)
    queue.readable(raftToken: 8, index: LogIndex(2))
    #expect(queue.takeReady(applied: LogIndex(5)).map(\.token) == [1])
  }

  @Test func ruleQ4_aPositionThatDoesNotComeFailsInTime() {
    var queue = ReadQueue()
    queue.append(request(1, atLeast: 1_000, stale: true), now: at(0))
    queue.append(request(2), now: at(0))
    #expect(queue.tick(now: at(4_999), timeout: 5_000_000_000, retry: 9_000_000_000).isEmpty)
    let expired = queue.tick(now: at(5_000), timeout: 5_000_000_000, retry: 9_000_000_000)
    #expect(expired.map(\.token).sorted() == [1, 2])
    #expect(expired.filter(\.isBehind).map(\.token) == [1])
    #expect(queue.count == 0)
  }

  @Test func aStaleReadOfWhatIsAppliedWaitsForNothing() {
    var queue = ReadQueue()
    queue.append(request(1, stale: true), now: at(0))
    #expect(queue.takeReady(applied: .zero) == [ReadQueue.Ready(token: 1, way: .stale)])
  }
}

@Suite struct WithdrawalTests {
  private func message(_ shard: UInt32, to member: UInt64) -> Message {
    Message(
      shard: ShardID(shard), from: MemberID(1), to: MemberID(member), term: Term(1),
      body: .voteReply(granted: true))
  }

  private func request(_ sequence: UInt64) -> PersistRequest {
    PersistRequest(
      hardState: HardState(), rows: nil,
      receipt: PersistReceipt(
        sequence: sequence, lastLog: LogPosition(term: Term(1), index: LogIndex(sequence)),
        term: Term(1), vote: .none))
  }

  /// What left with a write that has started is covered by the hard state in it (rule C9).
  @Test func ruleC10_whatAGroupSaidBehindAWriteThatHasNotStartedIsNotSent() throws {
    var queue = PersistQueue(inFlightMax: 1)
    queue.add(request(1), shard: ShardID(2))
    let waits = queue.sendAfter(message(2, to: 3), envelopeBytesMax: 1 << 20)
    let first = queue.next()
    let started = try #require(first)
    #expect(waits)
    #expect(started.sendAfter.flatMap(\.envelope.messages).count == 1)
    queue.add(request(2), shard: ShardID(2))
    for shard in [2, 4] as [UInt32] {
      _ = queue.sendAfter(message(shard, to: 3), envelopeBytesMax: 1 << 20)
    }
    queue.withdraw(ShardID(2))
    #expect(queue.finished(started.ticket).count == 1)
    let second = queue.next()
    let next = try #require(second)
    #expect(next.writes.count == 1, "the write itself is made")
    #expect(next.sendAfter.flatMap(\.envelope.messages).map(\.shard) == [ShardID(4)])
  }

  @Test func allReadsOfAGroupFailTogether() {
    var queue = ReadQueue()
    queue.append(ReadRequest(shard: ShardID(2), token: 1, consistency: .linearizable), now: at(0))
    queue.startRound(raftToken: 9, now: at(0))
    queue.append(ReadRequest(shard: ShardID(2), token: 2, consistency: .linearizable), now: at(0))
    queue.append(
      ReadRequest(shard: ShardID(2), token: 3, consistency: .stale, atLeast: LogIndex(7)),
      now: at(0))
    #expect(queue.takeAll().sorted() == [1, 2, 3])
    #expect(queue.count == 0 && !queue.hasFresh)
    #expect(queue.failed(raftToken: 9).isEmpty)
  }
}
