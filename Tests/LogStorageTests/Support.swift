import Foundation
import Primitives
import RaftConsensus
import Synchronization
import Testing

@testable import LogStorage

/// A directory that goes away with its owner.
final class TemporaryDirectory: Sendable {
  let path: String

  init() {
    path = NSTemporaryDirectory() + "/holdfast-storage-" + UUID().uuidString
    try! FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The bytes as they are now, as a crash would leave them: every write that reached a file is
  /// there, nothing is flushed or closed. (The lock stays behind: it is the process's.)
  func copy() throws -> TemporaryDirectory {
    let copy = TemporaryDirectory()
    let manager = FileManager.default
    for path in try segments() {
      // One that the files thread removes meanwhile is not there, as after a crash.
      try? SegmentCopy.copy(path, to: copy.path + "/" + (path as NSString).lastPathComponent)
    }
    try? manager.copyItem(atPath: path + "/snapshots", toPath: copy.path + "/snapshots")
    return copy
  }

  func segments() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path).sorted()
      .filter { $0.hasSuffix(".sqlite") }.map { path + "/" + $0 }
  }
}

extension StorageSettings {
  /// Small segments, so that short tests see many of them.
  static func small(_ segmentBytes: Int = 16 << 10) -> StorageSettings {
    var settings = StorageSettings()
    settings.segmentBytes = segmentBytes
    settings.fatal = { Issue.record("the store ended the process: \($0)") }
    return settings
  }
}

/// Waits for an answer that comes on another thread.
final class Answer<Value: Sendable>: Sendable {
  private let value = Mutex<Value?>(nil)
  private let arrived = DispatchSemaphore(value: 0)

  func give(_ new: Value) {
    value.withLock { $0 = new }
    arrived.signal()
  }

  func wait() -> Value {
    arrived.wait()
    return value.withLock { $0! }
  }
}

extension LogStore {
  /// Returns when the batch is durable.
  func persistNow(_ writes: [GroupWrite], journal: [JournalItem] = []) {
    let answer = Answer<UInt64>()
    persist(PersistBatch(writes: writes, journal: journal), ticket: 7) { answer.give($0) }
    #expect(answer.wait() == 7)
  }

  func createNow(_ shard: ShardID, descriptor: [UInt8] = [1, 2, 3]) {
    let answer = Answer<Bool>()
    create(shard: shard, descriptor: descriptor) { answer.give(true) }
    _ = answer.wait()
  }

  func loadNow(
    _ shard: ShardID, _ from: UInt64, _ upTo: UInt64, maxBytes: Int = .max
  ) -> Result<[Entry], StorageError> {
    let answer = Answer<Result<[Entry], StorageError>>()
    load(shard: shard, from: LogIndex(from), upTo: LogIndex(upTo), maxBytes: maxBytes) {
      answer.give($0)
    }
    return answer.wait()
  }

  /// As many loads as it takes.
  func loadAll(_ shard: ShardID, _ from: UInt64, _ upTo: UInt64, maxBytes: Int) throws -> [Entry] {
    var entries: [Entry] = []
    while UInt64(entries.count) < upTo + 1 - from {
      let part = try loadNow(shard, from + UInt64(entries.count), upTo, maxBytes: maxBytes).get()
      try #require(!part.isEmpty)
      entries += part
    }
    return entries
  }

  func snapshotNow(_ shard: ShardID, _ mark: SnapshotMark, chunks: [[UInt8]]) {
    let answer = Answer<SnapshotMark>()
    var rest = chunks[...]
    saveSnapshot(shard: shard, mark: mark, chunks: { rest.popFirst() }) { answer.give($0) }
    #expect(answer.wait() == mark)
  }
}

func entry(
  _ index: UInt64, term: UInt64 = 1, bytes: Int = 40, kind: EntryKind = .command
) -> Entry {
  Entry(
    term: Term(term), index: LogIndex(index), kind: kind,
    logTime: LogTime(milliseconds: Int64(1_000 + index)), leaseMilliseconds: 500,
    clockRatePPM: 2000,
    payload: payload(index, term, bytes))
}

/// Bytes that occur nowhere else.
func payload(_ index: UInt64, _ term: UInt64, _ bytes: Int) -> [UInt8] {
  var random = SeededRandom(seed: index << 32 | term)
  return (0..<bytes).map { _ in UInt8(truncatingIfNeeded: random.next()) }
}

func entries(_ range: ClosedRange<UInt64>, term: UInt64 = 1, bytes: Int = 40) -> [Entry] {
  range.map { entry($0, term: term, bytes: bytes) }
}

func state(term: UInt64 = 1, vote: UInt64 = 2, acked: UInt64 = 0, commit: UInt64 = 0) -> HardState {
  HardState(
    term: Term(term), vote: MemberID(vote), ackedTerm: Term(acked == 0 ? 0 : term),
    ackedIndex: LogIndex(acked), commit: LogIndex(commit))
}

func mark(_ index: UInt64, term: UInt64 = 1) -> SnapshotMark {
  SnapshotMark(
    index: LogIndex(index), term: Term(term), logTime: LogTime(milliseconds: Int64(index)),
    configuration: Configuration(voters: [MemberID(1), MemberID(2), MemberID(3)]),
    lease: LeaseTerms(milliseconds: UInt32(index), ratePPM: 2_000))
}

let shardA = ShardID(2)
let shardB = ShardID(3)

/// Flips one byte of a file.
func flip(_ path: String, at offset: Int) throws {
  let file = try #require(FileHandle(forUpdatingAtPath: path))
  defer { try? file.close() }
  try file.seek(toOffset: UInt64(offset))
  let byte = try #require(try file.read(upToCount: 1)?.first)
  try file.seek(toOffset: UInt64(offset))
  try file.write(contentsOf: Data([byte ^ 0x41]))
}

/// Where a byte string stands in a file, first occurrence.
func find(_ wanted: [UInt8], in path: String) throws -> Int? {
  let data = try Data(contentsOf: URL(fileURLWithPath: path))
  return data.range(of: Data(wanted))?.lowerBound
}

extension LogStore {
  /// Until what the sealing and the files thread were given is done: the next segment is ready.
  func waitForFiles() {
    let done = Answer<Void>()
    sealing.submitWithoutWaiting(
      .passOn(.readSnapshot(path: "", offset: 0, maxBytes: 1) { _ in done.give(()) }))
    done.wait()
  }
}
