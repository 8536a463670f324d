import LogStorage
import Logging
import NIOConcurrencyHelpers

import Primitives
import Testing

@testable import NodeCore
@testable import NodeRuntime
@testable import RaftConsensus

@Suite struct SparseNotesTests {
  /// A follower that can't be served asks ten times a second.
  @Test func aLoadThatFailsAgainAndAgainIsALineInTenSeconds() {
    let lines = NIOLockedValueBox<[Logger.Metadata]>([])
    let events = EventLog(Logger(label: "test") { _ in Recorder(lines: lines) })
    for tenth in 0..<300 {
      for shard in [ShardID(2), ShardID(3)] {
        events.note(
          loadFailed: work(shard), .notFound("entry 7"), now: clock(tenth: tenth))
      }
    }
    let told = lines.withLockedValue { $0 }
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

/// Keeps the metadata of each line.
private struct Recorder: LogHandler {
  let lines: NIOLockedValueBox<[Logger.Metadata]>
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.info

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    lines.withLockedValue { $0.append(event.metadata ?? [:]) }
  }
}
