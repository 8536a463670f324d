import Foundation
import Primitives
import RaftConsensus
import Testing

@testable import LogStorage

/// Rule C10: what a member had whose ledger proved wrong does not come back.
@Suite struct DiscardTests {
  private let chunks: [[UInt8]] = (1...3).map { payload(UInt64($0), 77, 1000) }

  private func names(_ directory: TemporaryDirectory) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: directory.path + "/snapshots").sorted()
  }

  private func takeOut(_ store: LogStore, _ shard: ShardID) {
    var hardState = state(acked: 40)
    hardState.standing = .rebuilding
    store.discardSnapshots(shard: shard)
    store.persistNow([
      GroupWrite(shard: shard, hardState: hardState, firstIndex: LogIndex(1), entries: [])
    ])
  }

  @Test func ruleC10_itsSnapshotsGoAndAnotherGroupsStay() throws {
    let directory = TemporaryDirectory()
    let (store, _) = try LogStore.open(directory: directory.path, settings: .small())
    for shard in [shardA, shardB] {
      store.persistNow([GroupWrite(shard: shard, hardState: state(), entries: entries(1...40))])
      for index in [20, 30] as [UInt64] { store.snapshotNow(shard, mark(index), chunks: chunks) }
    }
    takeOut(store, shardA)
    // Behind it in the line: older than what was thrown away, and the newest now.
    store.snapshotNow(shardA, mark(10), chunks: chunks)
    #expect(try store.openSnapshot(shard: shardA)?.mark == mark(10))
    #expect(try store.openSnapshot(shard: shardB)?.mark == mark(30))
    store.close()
    let (again, groups) = try LogStore.open(directory: directory.path, settings: .small())
    let group = try #require(groups.first { $0.shard == shardA })
    #expect(group.snapshot == mark(10) && group.entries.isEmpty)
    #expect(group.hardState?.standing == .rebuilding)
    #expect(group.flaw == .rowsDamaged(from: LogIndex(11)), "less than it once acknowledged")
    #expect(groups.first { $0.shard == shardB }?.entries == entries(31...40))
    again.close()
  }

  @Test func ruleC10_oneThatIsBeingSavedGoesToo() throws {
    let directory = TemporaryDirectory()
    let (store, _) = try LogStore.open(directory: directory.path, settings: .small())
    store.persistNow([GroupWrite(shard: shardA, hardState: state(), entries: entries(1...40))])
    let mayEnd = DispatchSemaphore(value: 0)
    let saved = Answer<SnapshotMark>()
    var left = 2
    store.saveSnapshot(shard: shardA, mark: mark(30)) {
      left -= 1
      if left == 0 { mayEnd.wait() }
      return left < 0 ? nil : [1, 2, 3]
    } done: {
      saved.give($0)
    }
    takeOut(store, shardA)
    mayEnd.signal()
    #expect(saved.wait() == mark(30), "it ended as it would have")
    store.snapshotNow(shardB, mark(5), chunks: chunks)
    #expect(try store.openSnapshot(shard: shardA) == nil)
    #expect(try names(directory).allSatisfy { $0.hasPrefix("shard-\(shardB.rawValue)-") })
    store.close()
  }

  /// What stood for the log stands for nothing of the new one.
  @Test func ruleC10_theLogThatIsWrittenAnewIsKept() throws {
    let directory = TemporaryDirectory()
    let (store, _) = try LogStore.open(directory: directory.path, settings: .small())
    store.persistNow([GroupWrite(shard: shardA, hardState: state(), entries: entries(1...40))])
    store.snapshotNow(shardA, mark(30), chunks: chunks)
    store.compact(shard: shardA, to: LogIndex(30))
    takeOut(store, shardA)
    store.snapshotNow(shardB, mark(5), chunks: chunks)
    store.persistNow([
      GroupWrite(shard: shardA, hardState: state(acked: 40), entries: entries(1...8, term: 2))
    ])
    store.snapshotNow(shardA, mark(3, term: 2), chunks: chunks)
    store.compact(shard: shardA, to: LogIndex(3))
    #expect(try store.loadAll(shardA, 4, 8, maxBytes: .max) == entries(4...8, term: 2))
    store.close()
    let (again, groups) = try LogStore.open(directory: directory.path, settings: .small())
    #expect(groups[0].snapshot == mark(3, term: 2))
    #expect(groups[0].entries == entries(4...8, term: 2))
    #expect(groups[0].hardState?.standing == .sound)
    again.close()
  }
}
