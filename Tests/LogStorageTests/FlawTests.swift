import Foundation
import Primitives
import RaftConsensus
import Testing

@testable import LogStorage

/// Trap 25 and rule C9: a wrong byte is corruption, not the end of the log.
@Suite struct FlawTests {
  /// Forty entries of which each stands out in the file, in one segment.
  private func written(
    in directory: TemporaryDirectory, _ indexes: ClosedRange<UInt64> = 1...40
  ) throws -> LogStore {
    let (store, _) = try LogStore.open(directory: directory.path, settings: .small(1 << 20))
    for index in indexes {
      store.persistNow([
        GroupWrite(
          shard: shardA, hardState: state(acked: index),
          entries: [entry(index, term: 1, bytes: 3000)]),
        GroupWrite(shard: shardB, hardState: state(), entries: [entry(index, term: 9)]),
      ])
    }
    return store
  }

  private func damage(_ index: UInt64, in path: String) throws {
    let payload = Array(entry(index, bytes: 3000).payload.prefix(64))
    try flip(path, at: #require(try find(payload, in: path)) + 20)
  }

  @Test func trap25_aWrongByteInASealedSegmentIsAFlawAndTruncatesNothing() throws {
    let directory = TemporaryDirectory()
    try written(in: directory).close()
    let segment = try #require(try directory.segments().first)
    try damage(17, in: segment)
    let size = Files.size(segment)

    for _ in 1...2 {
      let (store, groups) = try LogStore.open(directory: directory.path, settings: .small())
      #expect(groups[0].flaw == .rowsDamaged(from: LogIndex(17)))
      #expect(groups[0].entries == entries(1...16, bytes: 3000))
      #expect(groups[0].hardState == state(acked: 40))
      #expect(groups[1].flaw == nil)
      #expect(groups[1].entries.count == 40)
      // What comes after the wrong row is still on disk: it may be committed.
      #expect(try store.loadNow(shardA, 18, 18).get() == [entry(18, bytes: 3000)])
      #expect(throws: StorageError.self) { try store.loadNow(shardA, 17, 17).get() }
      store.close()
      #expect(Files.size(segment) == size)
    }
  }

  @Test func ruleC9_aFlawIsOverWhenTheLeaderHasReplacedTheRows() throws {
    let directory = TemporaryDirectory()
    try written(in: directory).close()
    try damage(17, in: #require(try directory.segments().first))
    let (store, _) = try LogStore.open(directory: directory.path, settings: .small())
    store.persistNow([
      GroupWrite(
        shard: shardA, hardState: state(term: 2, acked: 40),
        entries: entries(17...40, term: 2, bytes: 100))
    ])
    store.close()
    let (again, groups) = try LogStore.open(directory: directory.path, settings: .small())
    #expect(groups[0].flaw == nil)
    #expect(
      groups[0].entries == entries(1...16, bytes: 3000) + entries(17...40, term: 2, bytes: 100))
    again.close()
  }

  @Test func ruleC9_aFlawBelowTheSnapshotIsNone() throws {
    let directory = TemporaryDirectory()
    let store = try written(in: directory)
    store.snapshotNow(shardA, mark(20), chunks: [[1]])
    store.close()
    try damage(17, in: #require(try directory.segments().first))
    let (again, groups) = try LogStore.open(directory: directory.path, settings: .small())
    #expect(groups[0].flaw == nil)
    #expect(groups[0].entries == entries(21...40, bytes: 3000))
    again.close()
  }

  @Test func trap25_aWrongByteInTheMiddleOfTheWriteAheadLogUndoesNothing() throws {
    let directory = TemporaryDirectory()
    let store = try written(in: directory)
    let crashed = try directory.copy()
    store.close()
    let segment = try #require(try crashed.segments().first)
    try damage(17, in: segment + "-wal")

    for _ in 1...2 {
      let (again, groups) = try LogStore.open(directory: crashed.path, settings: .small())
      #expect(groups[0].flaw == .rowsDamaged(from: LogIndex(17)))
      #expect(groups[0].entries == entries(1...16, bytes: 3000))
      #expect(groups[0].hardState == state(acked: 40))
      #expect(groups[1].flaw == nil)
      #expect(groups[1].entries.count == 40)
      again.close()
    }
    #expect(Files.exists(segment + "-wal.damaged"))
  }

  @Test func trap25_aWrongHeaderOfTheWriteAheadLogUndoesNothing() throws {
    let directory = TemporaryDirectory()
    let store = try written(in: directory)
    let crashed = try directory.copy()
    store.close()
    try flip(#require(try crashed.segments().first) + "-wal", at: 14)
    let (again, groups) = try LogStore.open(directory: crashed.path, settings: .small())
    #expect(groups[0].flaw == nil)
    #expect(groups[0].entries == entries(1...40, bytes: 3000))
    again.close()
  }

  @Test func aTornLastTransactionIsSimplyAbsent() throws {
    let directory = TemporaryDirectory()
    let store = try written(in: directory)
    let before = try directory.copy()
    store.persistNow([
      GroupWrite(shard: shardA, hardState: state(acked: 41), entries: [entry(41, bytes: 9000)])
    ])
    let after = try directory.copy()
    store.close()
    let log = try #require(try after.segments().first) + "-wal"
    let old = try Data(contentsOf: URL(fileURLWithPath: before.segments()[0] + "-wal"))
    let new = try Data(contentsOf: URL(fileURLWithPath: log))
    let frames = try #require(WriteAheadLog([UInt8](old)))
    let start = frames.offset(try #require(frames.lastCommit()) + 1)
    #expect(old.prefix(start) == new.prefix(start) && old != new)
    // The log as it is when only a part of the last transaction came to the disk.
    for kept in [1, 24, 600, 4120, 4121, 9000] {
      try (new.prefix(start + kept) + old.dropFirst(start + kept))
        .write(to: URL(fileURLWithPath: log))
      let torn = try after.copy()
      let (again, groups) = try LogStore.open(directory: torn.path, settings: .small())
      #expect(groups[0].flaw == nil)
      #expect(groups[0].entries == entries(1...40, bytes: 3000), "kept \(kept)")
      #expect(groups[0].hardState == state(acked: 40))
      again.close()
    }
  }

  @Test func ruleC9_aLostHardStateIsSaidAndStaysLost() throws {
    let directory = TemporaryDirectory()
    let (store, _) = try LogStore.open(directory: directory.path, settings: .small())
    store.persistNow([
      GroupWrite(shard: shardA, hardState: state(term: 0x5566_7788), entries: entries(1...3))
    ])
    store.close()
    let segment = try #require(try directory.segments().first)
    try flip(segment, at: #require(try find([0x88, 0x77, 0x66, 0x55], in: segment)))
    let (again, groups) = try LogStore.open(directory: directory.path, settings: .small())
    #expect(groups[0].flaw == .hardStateLost)
    // Whatever is written meanwhile: the old vote is forgotten.
    again.persistNow([GroupWrite(shard: shardA, hardState: state(term: 9))])
    again.close()
    let (third, still) = try LogStore.open(directory: directory.path, settings: .small())
    #expect(still[0].flaw == .hardStateLost)
    third.createNow(shardA, descriptor: [9])
    third.persistNow([GroupWrite(shard: shardA, hardState: state(term: 10))])
    third.close()
    let (fourth, anew) = try LogStore.open(directory: directory.path, settings: .small())
    #expect(anew[0].flaw == nil)
    #expect(anew[0].descriptor == [9])
    #expect(anew[0].hardState == state(term: 10))
    fourth.close()
  }

  @Test func ruleC9_rowsWithoutAnyHardStateAreALostHardState() throws {
    let directory = TemporaryDirectory()
    let (store, _) = try LogStore.open(directory: directory.path, settings: .small())
    store.persistNow([GroupWrite(shard: shardA, hardState: nil, entries: entries(1...3))])
    store.close()
    let (again, groups) = try LogStore.open(directory: directory.path, settings: .small())
    #expect(groups[0].flaw == .hardStateLost)
    again.close()
  }

  @Test func ruleC9_aLostSegmentInTheMiddleIsAFlaw() throws {
    let directory = TemporaryDirectory()
    // Each life of a store writes a segment of its own.
    for indexes in [UInt64(1)...15, 16...25, 26...40] {
      try written(in: directory, indexes).close()
    }
    let segments = try directory.segments()
    try #require(segments.count == 3)
    try FileManager.default.removeItem(atPath: segments[1])
    let (again, groups) = try LogStore.open(directory: directory.path, settings: .small())
    #expect(groups.count == 2)
    for group in groups {
      guard case .rowsDamaged = group.flaw else {
        Issue.record("group \(group.shard.rawValue) has the flaw \(String(describing: group.flaw))")
        continue
      }
    }
    #expect(groups[0].hardState == state(acked: 40))
    again.close()
  }

  @Test func ruleC9_anUnreadableLastSegmentLosesTheHardState() throws {
    let directory = TemporaryDirectory()
    try written(in: directory, 1...20).close()
    try written(in: directory, 21...40).close()
    let last = try #require(try directory.segments().last)
    for offset in stride(from: 0, to: Int(Files.size(last)), by: 50) { try flip(last, at: offset) }
    let (again, groups) = try LogStore.open(directory: directory.path, settings: .small())
    #expect(groups.map(\.flaw) == [.hardStateLost, .hardStateLost])
    again.close()
  }

  @Test func ruleC2_whatIsNotAcknowledgedYetMayBeAbsentAndWhatIsMayNot() throws {
    let directory = TemporaryDirectory()
    let (store, _) = try LogStore.open(directory: directory.path, settings: .small(1 << 20))
    // At each acknowledgement, in the middle of a stream of writes, the disk is looked at.
    let crashes = Answer<[(UInt64, TemporaryDirectory)]>()
    nonisolated(unsafe) var taken: [(UInt64, TemporaryDirectory)] = []
    for index in UInt64(1)...60 {
      store.persist(
        PersistBatch(writes: [
          GroupWrite(shard: shardA, hardState: state(acked: index), entries: [entry(index)])
        ]), ticket: index
      ) { ticket in
        if ticket % 15 == 0, let copy = try? directory.copy() {
          unsafe taken.append((ticket, copy))
        }
        if ticket == 60 { crashes.give(unsafe taken) }
      }
    }
    for (acknowledged, crashed) in crashes.wait() {
      let (again, groups) = try LogStore.open(directory: crashed.path, settings: .small())
      #expect(UInt64(groups[0].entries.count) >= acknowledged)
      #expect(groups[0].entries == entries(1...UInt64(groups[0].entries.count)))
      #expect(groups[0].hardState!.ackedIndex >= LogIndex(acknowledged))
      again.close()
    }
    store.close()
  }
}
