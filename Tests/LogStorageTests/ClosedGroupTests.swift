import Primitives
import RaftConsensus
import Testing

@testable import LogStorage

/// A group whose seat was taken away keeps its promises and nothing else.
@Suite struct ClosedGroupTests {
  private let directory = TemporaryDirectory()

  private var settings: StorageSettings {
    var settings = StorageSettings.small()
    settings.journalBytes = 0
    return settings
  }

  private func open() throws -> (LogStore, RecoveredGroup?) {
    let (store, groups) = try LogStore.open(directory: directory.path, settings: settings)
    return (store, groups.first { $0.shard == shardA })
  }

  private func fill(_ store: LogStore, _ shard: ShardID, _ range: ClosedRange<UInt64>) {
    for index in range {
      store.persistNow([
        GroupWrite(
          shard: shard, hardState: state(term: 4, acked: index),
          entries: [entry(index, term: 4, bytes: 2000)])
      ])
      store.waitForFiles()
    }
  }

  private func closed() throws -> LogStore {
    let (store, _) = try open()
    store.createNow(shardA)
    fill(store, shardA, 1...30)
    store.snapshotNow(shardA, mark(10, term: 4), chunks: [[1]])
    store.drop(shard: shardA)
    return store
  }

  @Test func ruleC9_aClosedGroupKeepsItsHardStateAndNoRows() throws {
    let store = try closed()
    #expect(throws: StorageError.self) { try store.loadNow(shardA, 20, 20).get() }
    store.close()
    for _ in 0..<3 {
      let (again, group) = try open()
      #expect(group?.isClosed == true)
      #expect(group?.hardState == state(term: 4, acked: 30))
      #expect(group?.descriptor == [1, 2, 3])
      #expect(group?.entries == [])
      #expect(group?.snapshot == nil)
      #expect(group?.flaw == nil)
      again.close()
    }
  }

  @Test func itsFilesGo() throws {
    let store = try closed()
    let before = try directory.segments().count
    store.createNow(shardB)
    fill(store, shardB, 1...40)
    store.snapshotNow(shardB, mark(40, term: 4), chunks: [[1]])
    store.compact(shard: shardB, to: LogIndex(40))
    fill(store, shardB, 41...60)
    store.close()
    #expect(before > 2)
    #expect(try directory.segments().count <= 4, "nothing keeps what the closed group wrote")
    let (again, group) = try open()
    #expect(group?.hardState == state(term: 4, acked: 30), "it was carried on")
    again.close()
  }

  /// The journal keeps its segments, and no start reads them again.
  @Test func whatItWroteIsNotReadAgain() throws {
    var settings = StorageSettings.small()
    settings.journalBytes = 1 << 30
    let (store, _) = try LogStore.open(directory: directory.path, settings: settings)
    store.createNow(shardA)
    fill(store, shardB, 1...1)
    fill(store, shardA, 1...30)
    store.drop(shard: shardA)
    fill(store, shardB, 2...20)
    store.snapshotNow(shardB, mark(20, term: 4), chunks: [[1]])
    fill(store, shardB, 21...22)
    store.close()
    let segments = try directory.segments().count
    #expect(segments > 5)
    let recovery = try Recovery(
      directory: directory.path,
      snapshots: SnapshotDirectory(directory: directory.path, tidy: false), now: 0,
      skipping: true)
    #expect(recovery.groups.first { $0.log.shard == shardA }?.log.isClosed == true)
    let rest = try #require(recovery.groups.first { $0.log.shard == shardB }?.log.pieces)
    // The last two rows are in two segments at most.
    #expect(try #require(rest.first).segment >= UInt64(segments - 1))
    #expect(rest.last?.last == LogIndex(22))
  }

  /// What it wrote since it was created again counts, also in the segment whose head says that it was
  /// closed.
  @Test func ruleC9_whatItWroteSinceItCameBackIsRead() throws {
    let store = try closed()
    store.close()
    let (again, _) = try open()
    again.createNow(shardA)
    fill(again, shardA, 1...40)
    again.close()
    let (last, group) = try open()
    #expect(group?.isClosed == false)
    #expect(group?.lastIndex == LogIndex(40))
    #expect(group?.entries.first?.index == LogIndex(1))
    #expect(group?.flaw == nil)
    last.close()
  }

  /// Rule C9: it comes back as a member whose rows are lost and whose hard state is not.
  @Test func ruleC9_aGroupThatIsCreatedAgainGoesOnFromItsHardState() throws {
    let store = try closed()
    store.createNow(shardA)
    store.persistNow([
      GroupWrite(
        shard: shardA, hardState: state(term: 4, acked: 30),
        entries: entries(1...5, term: 4, bytes: 50))
    ])
    #expect(try store.loadNow(shardA, 1, 5).get() == entries(1...5, term: 4, bytes: 50))
    store.close()
    let (again, group) = try open()
    #expect(group?.isClosed == false)
    #expect(group?.entries == entries(1...5, term: 4, bytes: 50))
    #expect(group?.hardState == state(term: 4, acked: 30))
    #expect(group?.flaw == .rowsDamaged(from: LogIndex(6)))
    fill(again, shardA, 6...40)
    again.close()
    let (last, whole) = try open()
    #expect(whole?.lastIndex == LogIndex(40))
    #expect(whole?.flaw == nil)
    last.close()
  }

  /// The rows are let go durably before the snapshots are.
  @Test func whatACrashLeftOfItsSnapshotsIsNotUsed() throws {
    let store = try closed()
    store.close()
    let kept = try SnapshotDirectory(directory: directory.path, tidy: false)
    let writer = try kept.writer(shard: shardA, mark: mark(10, term: 4), kind: "taken")
    try writer.begin(shard: shardA, mark: mark(10, term: 4))
    try writer.append([1])
    try writer.finish()
    let (again, group) = try open()
    #expect(group?.isClosed == true)
    #expect(group?.snapshot == nil)
    #expect(try again.openSnapshot(shard: shardA) == nil)
    again.close()
  }

  /// What a quiet group keeps from going is counted, so that it can take a snapshot.
  @Test func filesThatAQuietGroupKeepsAreCounted() throws {
    let (store, _) = try open()
    store.createNow(shardA)
    fill(store, shardA, 1...1)
    fill(store, shardB, 1...30)
    let kept = store.statistics.keptBytes
    #expect(kept[shardA] ?? 0 > 0)
    #expect(kept[shardA] == kept[shardB])
    store.snapshotNow(shardA, mark(1, term: 4), chunks: [[1]])
    store.compact(shard: shardA, to: LogIndex(1))
    store.snapshotNow(shardB, mark(25, term: 4), chunks: [[1]])
    store.compact(shard: shardB, to: LogIndex(25))
    fill(store, shardB, 31...32)
    #expect(store.statistics.keptBytes[shardA] == nil)
    store.close()
    #expect(try directory.segments().count <= 4)
  }
}
