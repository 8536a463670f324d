import Foundation
import Primitives
import RaftConsensus
import Testing

@testable import LogStorage

/// Write-ahead logs are filled beforehand and used again.
@Suite struct SpareLogTests {
  private func sizes(_ directory: TemporaryDirectory, _ suffix: String) throws -> [Int64] {
    try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
      .filter { $0.hasSuffix(suffix) }.map { Files.size(directory.path + "/" + $0) }
  }

  /// SQLite removes a log that lies beside an empty database: what was made ready would be lost,
  /// and each commit would lengthen the file.
  @Test func aLogHasItsWholeSizeFromTheFirstCommit() throws {
    let directory = TemporaryDirectory()
    let settings = StorageSettings.small(1 << 20)
    let (store, _) = try LogStore.open(directory: directory.path, settings: settings)
    defer { store.close() }
    store.persistNow([
      GroupWrite(shard: shardA, hardState: state(commit: 1), entries: entries(1...3))
    ])
    // The next segment is being made ready meanwhile.
    #expect(Files.size(SegmentFile.path(1, in: directory.path) + "-wal") > 1 << 20)
  }

  @Test func aSealedSegmentsLogIsUsedAgainAndNothingOfItIsRead() throws {
    let directory = TemporaryDirectory()
    var written: [Entry] = []
    for round in 0..<6 {
      let (store, groups) = try LogStore.open(directory: directory.path, settings: .small())
      if let group = groups.first { #expect(group.entries == written, "round \(round)") }
      for _ in 0..<3 {
        let next = UInt64(written.count) + 1
        let more = entries(next...(next + 2), bytes: 2_000)
        store.persistNow([GroupWrite(shard: shardA, hardState: state(), entries: more)])
        written += more
      }
      store.close()
      #expect(try sizes(directory, ".wal").count == SpareLogs.kept, "round \(round)")
      #expect(try sizes(directory, "-wal").isEmpty, "round \(round)")
    }
  }

  /// The process may end when a used log was made ready and nothing was written to it yet.
  @Test func aUsedLogThatWasTakenIsEmptyAndSound() throws {
    let directory = TemporaryDirectory()
    let (store, _) = try LogStore.open(directory: directory.path, settings: .small())
    store.persistNow([
      GroupWrite(shard: shardA, hardState: state(), entries: entries(1...40, bytes: 1_000))
    ])
    store.close()
    let before = try Files.read(SpareLogs.path(0, in: directory.path))
    let taken = directory.path + "/taken"
    try SpareLogs.take(as: taken, bytes: before.count, in: directory.path)
    let bytes = try Files.read(taken)
    #expect(bytes.count == before.count)
    #expect(bytes.prefix(SpareLogs.headBytes).allSatisfy { $0 == 0 })
    #expect(bytes.dropFirst(SpareLogs.headBytes) == before.dropFirst(SpareLogs.headBytes))
    #expect(WriteAheadLog(bytes)?.finding() == .sound)
  }

  /// Between the second name and the end of the first, the log is still the segment's.
  @Test func aLogThatASegmentStillHasIsNotTaken() throws {
    let directory = TemporaryDirectory()
    let log = directory.path + "/segment-wal"
    let content = [UInt8](repeating: 7, count: 4_096)
    try Data(content).write(to: URL(fileURLWithPath: log))
    try SpareLogs.keep(log, in: directory.path)
    try SpareLogs.take(as: directory.path + "/taken", bytes: 4_096, in: directory.path)
    #expect(try Files.read(log) == content)
    #expect(try Files.read(directory.path + "/taken") == [UInt8](repeating: 0, count: 4_096))
  }

  /// What is too large for the disk to take at once without anybody waiting for it.
  @Test func largeFilesAreMadeReadyAndSyncedInSteps() throws {
    let directory = TemporaryDirectory()
    let path = directory.path + "/large"
    let bytes = PacedSync.unnoticedBytes + PacedSync.stepBytes + 1
    try Files.write(zeros: bytes, over: path, pausing: true)
    #expect(Files.size(path) == Int64(bytes))
    try PacedSync.sync(path, bytes: bytes, pausing: true)
    #expect(throws: StorageError.self) {
      try PacedSync.sync(directory.path + "/none", bytes: bytes, pausing: true)
    }
  }

  /// The way that a busy store seals: written into the file without a sync, synced in steps.
  @Test func aLargeSegmentIsSealedInStepsAndWhole() throws {
    let directory = TemporaryDirectory()
    let settings = StorageSettings.small(5 << 20)
    let (store, _) = try LogStore.open(directory: directory.path, settings: settings)
    var written: [Entry] = []
    while try Recovery.listed(in: directory.path).count < 3 {
      let next = UInt64(written.count) + 1
      let more = entries(next...(next + 9), bytes: 20_000)
      store.persistNow([GroupWrite(shard: shardA, hardState: state(), entries: more)])
      written += more
    }
    store.close()
    #expect(SegmentReader.isSealed(SegmentFile.path(1, in: directory.path)))
    let (again, groups) = try LogStore.open(directory: directory.path, settings: settings)
    #expect(groups.first?.entries.count == written.count && groups.first?.entries == written)
    again.close()
  }
}
