import LogStorage
import Logging
import Primitives
import Testing

@testable import NodeCore
@testable import NodeRuntime
@testable import RaftConsensus

@Suite struct SparseNotesTests {
  /// A follower that can't be served asks ten times a second.
  @Test func aLoadThatFailsAgainAndAgainIsALineInTenSeconds() {
    let log = RecordingLog()
    let events = EventLog(log.logger)
    for tenth in 0..<300 {
      for shard in [ShardID(2), ShardID(3)] {
        events.note(
          loadFailed: work(shard), .notFound("entry 7"), now: clock(tenth: tenth))
      }
    }
    let told = log.lines.map(\.metadata)
    #expect(told.map { $0["shard"] } == ["2", "3", "2", "3", "2", "3"])
    #expect(told.map { $0["failures"] } == ["1", "1", "100", "100", "100", "100"])
  }

  private func clock(tenth: Int) -> ClockReading {
    let nanoseconds = UInt64(tenth) * 100_000_000
    return ClockReading(boot: 1 + nanoseconds, raw: 1 + nanoseconds, wall: Int64(tenth) * 100)
  }

  private func work(_ shard: ShardID) -> LoadWork {
    LoadWork(
      shard: shard,
      request: LoadRequest(
        member: MemberID(2), term: Term(1), from: LogIndex(7), upTo: LogIndex(9), maxBytes: 1_000))
  }
}
