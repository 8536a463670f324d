import Primitives
import RaftConsensus
import Testing

@testable import LogStorage

@Suite struct RoundTripTests {
  @Test func whatWasAcknowledgedIsThereAfterARestart() throws {
    let directory = TemporaryDirectory()
    let (store, nothing) = try LogStore.open(directory: directory.path, settings: .small())
    #expect(nothing.isEmpty)
    store.createNow(shardA, descriptor: Array("pool eu".utf8))
    store.persistNow([
      GroupWrite(shard: shardA, hardState: state(commit: 1), entries: entries(1...3)),
      GroupWrite(shard: shardB, hardState: state(term: 4), entries: entries(1...1, bytes: 35_000)),
    ])
    store.close()

    let (again, groups) = try LogStore.open(directory: directory.path, settings: .small())
    defer { again.close() }
    #expect(groups.map(\.shard) == [shardA, shardB])
    #expect(groups[0].descriptor == Array("pool eu".utf8))
    #expect(groups[0].hardState == state(commit: 1))
    #expect(groups[0].entries == entries(1...3))
    #expect(groups[0].snapshot == nil)
    #expect(groups[0].flaw == nil)
    #expect(groups[1].hardState == state(term: 4))
    #expect(groups[1].entries == entries(1...1, bytes: 35_000))
  }

  @Test func anEmptyPayloadAndAllKindsSurvive() throws {
    let directory = TemporaryDirectory()
    let (store, _) = try LogStore.open(directory: directory.path, settings: .small())
    let written = [
      entry(1, bytes: 0, kind: .empty), entry(2, kind: .configuration), entry(3, bytes: 0),
    ]
    store.persistNow([GroupWrite(shard: shardA, hardState: state(), entries: written)])
    #expect(try store.loadNow(shardA, 1, 3).get() == written)
    store.close()
    let (again, groups) = try LogStore.open(directory: directory.path, settings: .small())
    #expect(groups[0].entries == written)
    again.close()
  }

  @Test func aHardStateAloneIsDurable() throws {
    let directory = TemporaryDirectory()
    let (store, _) = try LogStore.open(directory: directory.path, settings: .small())
    store.persistNow([GroupWrite(shard: shardA, hardState: state(term: 9, vote: 3))])
    let crashed = try directory.copy()
    store.close()
    let (again, groups) = try LogStore.open(directory: crashed.path, settings: .small())
    #expect(groups[0].hardState == state(term: 9, vote: 3))
    #expect(groups[0].flaw == nil)
    again.close()
  }

  /// A clean stop seals the segment; nothing in it has to be read for its entries.
  @Test func ruleC2_aVoteIsRememberedOverACleanStop() throws {
    let directory = TemporaryDirectory()
    let (store, _) = try LogStore.open(directory: directory.path, settings: .small())
    store.persistNow([GroupWrite(shard: shardA, hardState: state(term: 9, vote: 3))])
    store.close()
    for _ in 1...2 {
      let (again, groups) = try LogStore.open(directory: directory.path, settings: .small())
      #expect(groups.map(\.hardState) == [state(term: 9, vote: 3)])
      again.close()
    }
  }

  /// The same where a snapshot stands for every entry of every group.
  @Test func ruleC2_aVoteIsRememberedWhenASnapshotCoversAll() throws {
    let directory = TemporaryDirectory()
    let (store, _) = try LogStore.open(directory: directory.path, settings: .small())
    store.persistNow([
      GroupWrite(shard: shardA, hardState: state(term: 9, vote: 3), entries: entries(1...3))
    ])
    store.snapshotNow(shardA, mark(3), chunks: [[1]])
    store.close()
    for _ in 1...2 {
      let (again, groups) = try LogStore.open(directory: directory.path, settings: .small())
      #expect(groups.map(\.hardState) == [state(term: 9, vote: 3)])
      again.close()
    }
  }

  @Test func aTruncationWithoutNewEntriesHolds() throws {
    let directory = TemporaryDirectory()
    let (store, _) = try LogStore.open(directory: directory.path, settings: .small())
    store.persistNow([GroupWrite(shard: shardA, hardState: state(), entries: entries(1...9))])
    store.persistNow([GroupWrite(shard: shardA, hardState: nil, firstIndex: LogIndex(5))])
    store.close()
    let (again, groups) = try LogStore.open(directory: directory.path, settings: .small())
    #expect(groups[0].entries == entries(1...4))
    #expect(groups[0].flaw == nil)
    again.close()
  }

  @Test func waitingBatchesShareATransaction() throws {
    let directory = TemporaryDirectory()
    let (store, _) = try LogStore.open(directory: directory.path, settings: .small(1 << 20))
    let answer = Answer<UInt64>()
    for index in UInt64(1)...500 {
      store.persist(
        PersistBatch(writes: [
          GroupWrite(shard: shardA, hardState: state(), entries: [entry(index)])
        ]), ticket: index
      ) { if $0 == 500 { answer.give($0) } }
    }
    _ = answer.wait()
    #expect(store.statistics.batches == 500)
    #expect(store.statistics.syncs < 500)
    #expect(store.statistics.syncLatency.count == store.statistics.syncs)
    #expect(store.statistics.freeBytes > 0)
    store.close()
  }

  @Test func theRecoveredTailIsBoundedAndTheRestIsLoaded() throws {
    let directory = TemporaryDirectory()
    let (store, _) = try LogStore.open(directory: directory.path, settings: .small())
    for index in UInt64(1)...60 {
      store.persistNow([
        GroupWrite(shard: shardA, hardState: state(), entries: [entry(index, bytes: 1000)])
      ])
    }
    store.close()
    var settings = StorageSettings.small()
    settings.recoveredTailBytes = 10_000
    let (again, groups) = try LogStore.open(directory: directory.path, settings: settings)
    #expect(groups[0].entries == entries(51...60, bytes: 1000))
    #expect(groups[0].firstIndex == LogIndex(1))
    #expect(groups[0].flaw == nil)
    #expect(try again.loadAll(shardA, 1, 50, maxBytes: 7000) == entries(1...50, bytes: 1000))
    again.close()
  }

  @Test func aDirectoryBelongsToOneStore() throws {
    let directory = TemporaryDirectory()
    let (store, _) = try LogStore.open(directory: directory.path, settings: .small())
    #expect(throws: StorageError.directoryInUse(directory.path)) {
      try LogStore.open(directory: directory.path, settings: .small())
    }
    store.close()
    let (again, _) = try LogStore.open(directory: directory.path, settings: .small())
    again.close()
  }
}
