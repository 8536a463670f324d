import Foundation
import Primitives
import RaftConsensus
import Synchronization
import Testing

@testable import LogStorage

/// Puts the null device in the place of an open file: it takes every write, and a sync of it fails.
func makeSyncsFail(ofFilesWith suffix: String, in directory: TemporaryDirectory) throws {
  let name = (directory.path as NSString).lastPathComponent
  let null = unsafe open("/dev/null", O_RDWR)
  defer { close(null) }
  for file in try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
    let link = "/proc/self/fd/" + file
    guard let path = try? FileManager.default.destinationOfSymbolicLink(atPath: link),
      path.contains(name), path.hasSuffix(suffix), let number = Int32(file)
    else { continue }
    try #require(dup2(null, number) == number)
  }
}

@Suite struct FatalTests {
  @Test(.timeLimit(.minutes(1)))
  func trap24_aFailedSyncIsNeitherRetriedNorAnswered() throws {
    let directory = TemporaryDirectory()
    let message = Answer<String>()
    var settings = StorageSettings.small()
    settings.fatal = { message.give($0) }
    let (store, _) = try LogStore.open(directory: directory.path, settings: settings)
    store.persistNow([GroupWrite(shard: shardA, hardState: state(), entries: entries(1...3))])
    try makeSyncsFail(ofFilesWith: "-wal", in: directory)
    let answered = Mutex(0)
    for index in UInt64(4)...6 {
      store.persist(
        PersistBatch(writes: [GroupWrite(shard: shardA, hardState: nil, entries: [entry(index)])]),
        ticket: index
      ) { _ in answered.withLock { $0 += 1 } }
    }
    // The active file's sync or that of the next one, if it was just being made.
    let said = message.wait()
    #expect(said.contains("cannot write") || said.contains("disk I/O error"), "\(said)")
    store.persist(
      PersistBatch(writes: [GroupWrite(shard: shardA, hardState: state())]), ticket: 9
    ) { _ in answered.withLock { $0 += 1 } }
    store.close()
    #expect(answered.withLock { $0 } == 0)
  }

  @Test(.timeLimit(.minutes(1)))
  func trap24_aFailedSyncEndsTheProcess() async {
    await #expect(processExitsWith: .exitCode(exitCodeAfterDiskFailure)) {
      let directory = TemporaryDirectory()
      let (store, _) = try LogStore.open(directory: directory.path)
      store.persistNow([GroupWrite(shard: shardA, hardState: state(), entries: entries(1...3))])
      try makeSyncsFail(ofFilesWith: "-wal", in: directory)
      store.persistNow([GroupWrite(shard: shardA, hardState: state(), entries: entries(4...5))])
      exit(0)
    }
  }
}
