import Foundation
import Primitives
import RaftConsensus
import Testing

@testable import LogStorage

/// Bytes from a disk are hostile: a decoder may refuse them, never trap or invent.
@Suite struct FuzzTests {
  private func mutated(_ bytes: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
    var result = bytes
    for _ in 0...random.below(3) where !result.isEmpty {
      let position = Int(random.below(UInt64(result.count)))
      switch random.below(4) {
      case 0: result[position] = UInt8(truncatingIfNeeded: random.next())
      case 1: result.removeLast(result.count - position)
      case 2: result.insert(contentsOf: [0xFF, 0xFF, 0xFF, 0xFF], at: position)
      default: result[position] ^= 1 << UInt8(random.below(8))
      }
    }
    return result
  }

  @Test func damagedRowsAreRefused() {
    var random = SeededRandom(seed: 25)
    var writer = ByteWriter()
    RowCoding.put(entries(5...9), into: &writer)
    let hard = RowCoding.bytes(of: state(term: 3), shard: shardA)
    let chain = [ChainRow(index: LogIndex(1), digest: payload(1, 1, 32), begins: true)]
    let extra = RowExtra(
      chain: chain,
      carried: .init(descriptor: [1], checksum: 2, last: LogIndex(3), chainHead: chain[0]))
    let summary = SegmentSummary(
      sealedAt: 7, lastByGroup: [.init(shard: shardA, last: LogIndex(9))])
    for _ in 0..<3000 {
      let entryBytes = mutated(writer.bytes, &random)
      // No checksum here: the row has it. Only the form is judged.
      unsafe entryBytes.withUnsafeBytes {
        _ = unsafe RowCoding.entries(
          $0, first: LogIndex(5), last: LogIndex(9), wanted: LogIndex(5)...LogIndex(9))
        _ = unsafe RowCoding.entries(
          $0, first: LogIndex(5), last: LogIndex(UInt64.max - 1),
          wanted: LogIndex(5)...LogIndex(9))
      }
      let hardBytes = mutated(hard, &random)
      if hardBytes != hard { #expect(RowCoding.hardState(hardBytes, shard: shardA) == nil) }
      let extraBytes = mutated(extra.bytes(shard: shardA), &random)
      if extraBytes != extra.bytes(shard: shardA) {
        #expect(RowExtra(extraBytes, shard: shardA) == nil)
      }
      let summaryBytes = mutated(summary.bytes(number: 4), &random)
      if summaryBytes != summary.bytes(number: 4) {
        #expect(SegmentSummary(summaryBytes, number: 4) == nil)
      }
    }
    #expect(RowExtra(extra.bytes(shard: shardA), shard: shardA) == extra)
    #expect(RowCoding.hardState(hard, shard: shardB) == nil)
  }

  @Test func damagedSnapshotsAreRefused() throws {
    let directory = TemporaryDirectory()
    let (store, _) = try LogStore.open(directory: directory.path, settings: .small())
    store.snapshotNow(shardA, mark(30), chunks: [payload(1, 1, 200), payload(2, 1, 30)])
    store.close()
    let name = "shard-2-00000000000000000030-1.snapshot"
    let whole = try Files.read(directory.path + "/snapshots/" + name)
    var random = SeededRandom(seed: 26)
    for _ in 0..<400 {
      let bytes = mutated(whole, &random)
      guard bytes != whole else { continue }
      let path = directory.path + "/fuzzed"
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      #expect(throws: StorageError.self) {
        let reader = try SnapshotReader(path: path)
        while try reader.next() != nil {}
      }
    }
  }

  @Test func aDamagedWriteAheadLogNeverTraps() throws {
    let directory = TemporaryDirectory()
    let (store, _) = try LogStore.open(directory: directory.path, settings: .small())
    store.persistNow([GroupWrite(shard: shardA, hardState: state(), entries: entries(1...3))])
    let log = try Files.read(#require(try directory.segments().first) + "-wal").prefix(40_000)
    store.close()
    var random = SeededRandom(seed: 27)
    for _ in 0..<40 {
      _ = WriteAheadLog(mutated(Array(log), &random)).map { ($0.finding(), $0.lastCommit()) }
    }
  }
}
