import Foundation
import Primitives
import RaftConsensus
import Testing

@testable import LogStorage

@Suite struct SnapshotTests {
  private let chunks: [[UInt8]] = (1...5).map { payload(UInt64($0), 77, 1000 * $0) }

  @Test func aSnapshotComesBackChunkByChunkAndTheNewestTwoAreKept() throws {
    let directory = TemporaryDirectory()
    let (store, _) = try LogStore.open(directory: directory.path, settings: .small())
    store.persistNow([GroupWrite(shard: shardA, hardState: state(), entries: entries(1...40))])
    for index in [10, 20, 30] as [UInt64] {
      store.snapshotNow(shardA, mark(index), chunks: chunks)
    }
    let reader = try #require(try store.openSnapshot(shard: shardA))
    #expect(reader.mark == mark(30))
    for chunk in chunks { #expect(try reader.next() == chunk) }
    #expect(try reader.next() == nil)
    let names = try FileManager.default.contentsOfDirectory(atPath: directory.path + "/snapshots")
    #expect(names.count == 2)
    store.close()
  }

  @Test func ruleL3_aMarkKeepsTheLongestLeaseAndOneOfBeforeThereWereLeasesHasNone() throws {
    let mark = mark(30)
    let header = SnapshotFormat.header(shard: shardA, mark: mark)
    let body = Array(header.dropFirst(SnapshotFormat.magic.count + 4))
    #expect(mark.lease.givesLease)
    #expect(SnapshotFormat.mark(inHeader: body)?.1 == mark)
    // Eight bytes less in front of the checksum.
    let old = Array(body.dropLast(4 + 8))
    var sum = ByteWriter()
    sum.put(RowCoding.checksum(of: old, shard: ShardID(0)))
    var expected = mark
    expected.lease = .none
    #expect(SnapshotFormat.mark(inHeader: old + sum.bytes)?.1 == expected)
  }

  @Test func aDamagedSnapshotFallsBackToTheOneBefore() throws {
    let directory = TemporaryDirectory()
    let (store, _) = try LogStore.open(directory: directory.path, settings: .small())
    store.persistNow([GroupWrite(shard: shardA, hardState: state(), entries: entries(1...40))])
    store.snapshotNow(shardA, mark(10), chunks: chunks)
    store.snapshotNow(shardA, mark(30), chunks: chunks)
    store.compact(shard: shardA, to: LogIndex(30))
    store.close()
    let newest = directory.path + "/snapshots/shard-2-00000000000000000030-1.snapshot"
    try flip(newest, at: 2000)
    let (again, groups) = try LogStore.open(directory: directory.path, settings: .small())
    #expect(groups[0].snapshot == mark(10))
    #expect(groups[0].entries == entries(11...40))
    #expect(groups[0].flaw == nil)
    again.close()
  }

  @Test func batchesBecomeDurableWhileASnapshotIsBeingSaved() throws {
    let directory = TemporaryDirectory()
    let (store, _) = try LogStore.open(directory: directory.path, settings: .small())
    store.persistNow([GroupWrite(shard: shardA, hardState: state(), entries: entries(1...9))])
    let mayEnd = DispatchSemaphore(value: 0)
    let saved = Answer<SnapshotMark>()
    var left = 2
    store.saveSnapshot(shard: shardA, mark: mark(9)) {
      left -= 1
      if left == 0 { mayEnd.wait() }
      return left < 0 ? nil : [1, 2, 3]
    } done: {
      saved.give($0)
    }
    // The snapshot can't end before these are durable.
    for index in UInt64(10)...20 {
      store.persistNow([
        GroupWrite(shard: shardA, hardState: state(), entries: [entry(index)])
      ])
    }
    mayEnd.signal()
    #expect(saved.wait() == mark(9))
    store.close()
  }

  @Test func aSnapshotTravelsInPartsAndADamagedOneIsRefused() throws {
    let (from, to) = (TemporaryDirectory(), TemporaryDirectory())
    let (sender, _) = try LogStore.open(directory: from.path, settings: .small())
    let (receiver, _) = try LogStore.open(directory: to.path, settings: .small())
    sender.snapshotNow(shardA, mark(30), chunks: chunks)

    var parts: [[UInt8]] = []
    var isLast = false
    while !isLast {
      let answer = Answer<Result<SnapshotPart, StorageError>>()
      sender.readSnapshot(
        shard: shardA, mark: mark(30), offset: UInt64(parts.reduce(0) { $0 + $1.count }),
        maxBytes: 700
      ) { answer.give($0) }
      let part = try answer.wait().get()
      parts.append(part.bytes)
      isLast = part.isLast
    }
    var wrong = parts
    wrong[3][17] ^= 1
    for (sent, isWhole) in [(wrong, false), (Array(parts.dropLast()), false), (parts, true)] {
      let sink = receiver.receiveSnapshot(shard: shardA, mark: mark(30))
      for part in sent { sink.append(part) }
      let answer = Answer<Result<SnapshotMark, StorageError>>()
      sink.finish { answer.give($0) }
      #expect((try? answer.wait().get()) == (isWhole ? mark(30) : nil))
    }
    let reader = try #require(try receiver.openSnapshot(shard: shardA))
    #expect(try reader.next() == chunks[0])
    sender.close()
    receiver.close()
    let (again, groups) = try LogStore.open(directory: to.path, settings: .small())
    #expect(groups.isEmpty)
    again.close()
  }

  @Test func entriesOfAnOlderTermBehindASnapshotAreNotItsOwn() throws {
    let directory = TemporaryDirectory()
    let (store, _) = try LogStore.open(directory: directory.path, settings: .small())
    store.persistNow([
      GroupWrite(shard: shardA, hardState: state(term: 1), entries: entries(1...40))
    ])
    store.snapshotNow(shardA, mark(30, term: 5), chunks: chunks)
    store.close()
    let (again, groups) = try LogStore.open(directory: directory.path, settings: .small())
    #expect(groups[0].entries.isEmpty)
    #expect(groups[0].flaw == nil)
    again.persistNow([
      GroupWrite(shard: shardA, hardState: state(term: 5), entries: entries(31...33, term: 5))
    ])
    again.close()
    let (third, grown) = try LogStore.open(directory: directory.path, settings: .small())
    #expect(grown[0].entries == entries(31...33, term: 5))
    #expect(grown[0].flaw == nil)
    third.close()
  }

  /// What became of a log of old rows whose place a snapshot of another leader's took, with rows behind
  /// it: the newest snapshot is damaged at `offset` of its file.
  private func withSnapshotLost(
    oldRows: ClosedRange<UInt64>, term: UInt64, at offset: Int, nameWithTerm: Bool = true
  ) throws -> (directory: TemporaryDirectory, groups: [RecoveredGroup]) {
    let directory = TemporaryDirectory()
    let (store, _) = try LogStore.open(directory: directory.path, settings: .small())
    store.persistNow([
      GroupWrite(shard: shardA, hardState: state(term: 4), entries: entries(1...10)),
      GroupWrite(
        shard: shardA, hardState: state(term: 4), entries: entries(oldRows, term: term)),
    ])
    store.snapshotNow(shardA, mark(10), chunks: chunks)
    store.snapshotNow(shardA, mark(30, term: 5), chunks: chunks)
    store.persistNow([
      GroupWrite(
        shard: shardA, hardState: state(term: 5, acked: 40, commit: 40),
        entries: entries(31...40, term: 5))
    ])
    store.close()
    let name = directory.path + "/snapshots/shard-2-00000000000000000030"
    try flip(name + "-5.snapshot", at: offset)
    if !nameWithTerm { try Files.rename(name + "-5.snapshot", to: name + ".snapshot") }
    let (again, groups) = try LogStore.open(directory: directory.path, settings: .small())
    again.close()
    return (directory, groups)
  }

  private static let inHeader = 20
  private static let inChunk = 2_000

  @Test(arguments: [inHeader, inChunk])
  func ruleC9_rowsThatALostSnapshotReplacedAreNotTakenForItsOwn(offset: Int) throws {
    let (_, groups) = try withSnapshotLost(oldRows: 11...36, term: 4, at: offset)
    #expect(groups[0].snapshot == mark(10))
    #expect(groups[0].entries.isEmpty)
    #expect(groups[0].flaw == .rowsDamaged(from: LogIndex(11)))
  }

  @Test func ruleC9_rowsThatEndBelowALostSnapshotAreNotTakenForItsOwn() throws {
    let (_, groups) = try withSnapshotLost(oldRows: 11...20, term: 4, at: Self.inChunk)
    #expect(groups[0].entries.isEmpty)
    #expect(groups[0].flaw == .rowsDamaged(from: LogIndex(11)))
  }

  @Test(arguments: [(inHeader, true), (inChunk, true), (inChunk, false)])
  func rowsUpToALostSnapshotsLastEntryServeInItsPlace(offset: Int, nameWithTerm: Bool) throws {
    let (_, groups) = try withSnapshotLost(
      oldRows: 11...30, term: 5, at: offset, nameWithTerm: nameWithTerm)
    #expect(groups[0].entries == entries(11...40, term: 5))
    #expect(groups[0].flaw == nil)
  }

  /// A file of before names had the term.
  @Test func ruleC9_withoutALostSnapshotsTermNoRowIsKnownForItsLastEntry() throws {
    let (_, groups) = try withSnapshotLost(
      oldRows: 11...30, term: 5, at: Self.inHeader, nameWithTerm: false)
    #expect(groups[0].entries.isEmpty)
    #expect(groups[0].flaw == .rowsDamaged(from: LogIndex(11)))
  }

  /// The rows lead to the newer one, which was taken here, but not to the one that a leader had sent.
  @Test func ruleC9_twoLostSnapshotsAreBothAskedOfTheRows() throws {
    let directory = TemporaryDirectory()
    let (store, _) = try LogStore.open(directory: directory.path, settings: .small())
    store.persistNow([
      GroupWrite(shard: shardA, hardState: state(term: 4), entries: entries(1...10)),
      GroupWrite(shard: shardA, hardState: state(term: 4), entries: entries(11...36, term: 4)),
    ])
    store.snapshotNow(shardA, mark(25, term: 5), chunks: chunks)
    store.persistNow([
      GroupWrite(
        shard: shardA, hardState: state(term: 5, acked: 40, commit: 40),
        entries: entries(26...40, term: 5))
    ])
    store.snapshotNow(shardA, mark(30, term: 5), chunks: chunks)
    store.close()
    for index in [25, 30] {
      let name = "shard-2-000000000000000000\(index)-5.snapshot"
      try flip(directory.path + "/snapshots/" + name, at: 2_000)
    }
    let (again, groups) = try LogStore.open(directory: directory.path, settings: .small())
    #expect(groups[0].snapshot == nil)
    #expect(groups[0].entries.isEmpty)
    #expect(groups[0].flaw == .rowsDamaged(from: LogIndex(1)))
    again.close()
  }

  @Test func ruleC9_aLostSnapshotMattersNoMoreOnceTheLeaderHasRepairedTheRows() throws {
    let (directory, _) = try withSnapshotLost(oldRows: 11...36, term: 4, at: Self.inChunk)
    let (store, _) = try LogStore.open(directory: directory.path, settings: .small())
    store.persistNow([
      GroupWrite(shard: shardA, hardState: state(term: 5), entries: entries(11...42, term: 5))
    ])
    store.close()
    let (again, groups) = try LogStore.open(directory: directory.path, settings: .small())
    #expect(groups[0].entries == entries(11...42, term: 5))
    #expect(groups[0].flaw == nil)
    again.close()
  }
}
