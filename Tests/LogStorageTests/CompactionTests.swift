import Primitives
import RaftConsensus
import Synchronization
import Testing

@testable import LogStorage

@Suite struct CompactionTests {
  private func fill(_ store: LogStore, _ range: ClosedRange<UInt64>) {
    for index in range {
      store.persistNow([
        GroupWrite(shard: shardA, hardState: state(), entries: [entry(index, bytes: 2000)])
      ])
      store.waitForFiles()
    }
  }

  @Test func filesThatNothingNeedsGoAndTheHardStateStays() throws {
    let directory = TemporaryDirectory()
    var settings = StorageSettings.small()
    settings.journalBytes = 0
    let (store, _) = try LogStore.open(directory: directory.path, settings: settings)
    store.persistNow([GroupWrite(shard: shardB, hardState: state(term: 6))])
    fill(store, 1...60)
    store.snapshotNow(shardA, mark(60), chunks: [[1]])
    store.compact(shard: shardA, to: LogIndex(60))
    fill(store, 61...80)
    #expect(throws: StorageError.self) { try store.loadNow(shardA, 30, 30).get() }
    store.close()
    #expect(try directory.segments().count <= 4)
    let (again, groups) = try LogStore.open(directory: directory.path, settings: settings)
    #expect(groups.first { $0.shard == shardB }?.hardState == state(term: 6))
    let group = try #require(groups.first { $0.shard == shardA })
    #expect(group.entries == entries(61...80, bytes: 2000))
    #expect(group.flaw == nil)
    again.close()
  }

  @Test func nothingIsDroppedThatNoDurableSnapshotCovers() throws {
    let directory = TemporaryDirectory()
    var settings = StorageSettings.small()
    settings.journalBytes = 0
    let (store, _) = try LogStore.open(directory: directory.path, settings: settings)
    fill(store, 1...40)
    store.compact(shard: shardA, to: LogIndex(40))
    #expect(try store.loadNow(shardA, 1, 1).get() == [entry(1, bytes: 2000)])
    store.close()
    let (again, groups) = try LogStore.open(directory: directory.path, settings: settings)
    #expect(groups[0].entries == entries(1...40, bytes: 2000))
    again.close()
  }

  @Test func theJournalKeepsSegmentsForItsTime() throws {
    let directory = TemporaryDirectory()
    let now = Mutex<Int64>(1_000_000)
    var settings = StorageSettings.small()
    settings.wallClock = { now.withLock { $0 } }
    settings.journalMilliseconds = 5000
    let (store, _) = try LogStore.open(directory: directory.path, settings: settings)
    fill(store, 1...60)
    store.snapshotNow(shardA, mark(60), chunks: [[1]])
    store.compact(shard: shardA, to: LogIndex(60))
    fill(store, 61...62)
    let kept = try directory.segments().count
    #expect(kept > 2)
    now.withLock { $0 += 6000 }
    store.compact(shard: shardA, to: LogIndex(60))
    fill(store, 63...64)
    store.close()
    #expect(try directory.segments().count < kept)
  }
}
