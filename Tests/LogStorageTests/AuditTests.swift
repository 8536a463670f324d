import Foundation
import Primitives
import RaftConsensus
import Testing

@testable import LogStorage

@Suite struct AuditTests {
  private func item(_ index: UInt64) -> JournalItem {
    JournalItem(shard: shardA, entry: entry(index, bytes: 900), outcomes: [UInt8(index), 2, 3])
  }

  /// Writes entries; each is applied, and so in the journal, with the batch after it.
  private func fill(_ store: LogStore, _ range: ClosedRange<UInt64>) {
    for index in range {
      store.persistNow(
        [GroupWrite(shard: shardA, hardState: state(), entries: [entry(index, bytes: 900)])],
        journal: index == range.lowerBound ? [] : [item(index - 1)])
    }
    store.journal([item(range.upperBound)])
  }

  private func read(_ directory: TemporaryDirectory) throws -> [SealedReader.Item] {
    let reader = try SealedReader(
      directory: directory.path, scratch: directory.path + "/audit-" + UUID().uuidString)
    var items: [SealedReader.Item] = []
    try reader.read(shardA) { items.append($0) }
    return items
  }

  /// What an auditor replays: the same entries and outcomes give the same chain.
  private func expected(_ range: ClosedRange<UInt64>) -> [SealedReader.Item] {
    let chain = JournalChain()
    var head: ChainRow?
    return range.flatMap { index -> [SealedReader.Item] in
      head = chain.row(after: head, entry: item(index).entry, outcomes: item(index).outcomes)
      return [.entry(entry(index, bytes: 900)), .chain(head!)]
    }
  }

  @Test func theJournalIsReadInOrderWithItsChainOverManySegmentsAndRestarts() throws {
    let directory = TemporaryDirectory()
    let (store, _) = try LogStore.open(directory: directory.path, settings: .small())
    fill(store, 1...50)
    store.snapshotNow(shardA, mark(40), chunks: [[1]])
    store.close()
    let (again, groups) = try LogStore.open(directory: directory.path, settings: .small())
    #expect(groups[0].chainHead?.index == LogIndex(50))
    // After a restart what follows the snapshot is applied again: the chain has it already.
    again.journal((41...50).map(item))
    fill(again, 51...70)
    again.close()
    #expect(try read(directory) == expected(1...70))
  }

  @Test func aRunningNodesDirectoryIsReadFromACopyAndStaysAsItIs() throws {
    let directory = TemporaryDirectory()
    let (store, _) = try LogStore.open(directory: directory.path, settings: .small())
    fill(store, 1...30)
    store.snapshotNow(shardA, mark(30), chunks: [[1]])
    let items = try read(directory)
    #expect(items.filter { if case .entry = $0 { true } else { false } }.count == 30)
    fill(store, 31...32)
    #expect(
      try store.loadAll(shardA, 31, 32, maxBytes: .max)
        == [entry(31, bytes: 900), entry(32, bytes: 900)])
    store.close()
  }

  @Test func trap25_anAuditReportsAWrongRowAndGoesOn() throws {
    let directory = TemporaryDirectory()
    let (store, _) = try LogStore.open(directory: directory.path, settings: .small(1 << 20))
    fill(store, 1...30)
    store.close()
    let segment = try #require(try directory.segments().first)
    let bytes = Array(entry(7, bytes: 900).payload.prefix(64))
    try flip(segment, at: #require(try find(bytes, in: segment)) + 5)
    let items = try read(directory)
    #expect(items.contains(.missing(from: LogIndex(7), through: LogIndex(7))))
    #expect(items.contains(.entry(entry(8, bytes: 900))))
    #expect(items.contains(.entry(entry(30, bytes: 900))))
  }

  /// A seat that was closed at 100 and given again, with a snapshot of the leader at 80: the rows from 81
  /// on are those of another chain, and end in one that goes on from none of the old ones.
  @Test func aGroupThatWasCreatedAgainHasItsNewChainOnly() throws {
    let directory = TemporaryDirectory()
    let (store, _) = try LogStore.open(directory: directory.path, settings: .small())
    fill(store, 1...100)
    // The chain of what was journalled is written by then.
    store.persistNow([GroupWrite(shard: shardB, hardState: state())])
    store.drop(shard: shardA)
    store.createNow(shardA)
    store.snapshotNow(shardA, mark(80), chunks: [[1]])
    store.persistNow([
      GroupWrite(
        shard: shardA, hardState: state(), firstIndex: LogIndex(81),
        entries: [entry(81, bytes: 900)])
    ])
    store.journal([item(81)])
    fill(store, 82...120)
    store.close()
    #expect(try read(directory) == expected(81...120))
  }

  @Test func theChainCoversOutcomes() {
    let chain = JournalChain()
    let row = chain.row(after: nil, entry: entry(1), outcomes: [1])
    #expect(row.begins)
    #expect(chain.row(after: nil, entry: entry(1), outcomes: [2]).digest != row.digest)
    let next = chain.row(after: row, entry: entry(2), outcomes: [])
    #expect(!next.begins)
    #expect(chain.row(after: row, entry: entry(3), outcomes: []).begins)
  }
}
