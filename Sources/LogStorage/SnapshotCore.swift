import Primitives
import RaftConsensus

/// The snapshot thread: a snapshot being written, however long it takes, holds up no log write.
final class SnapshotCore: Sendable {
  typealias Job = @Sendable () throws(StorageError) -> Void

  let directory: SnapshotDirectory
  private let thread = WorkThread<Job>(name: "hf-snapshots", capacity: 1024, yielding: true)
  private let storage: WorkThread<StorageWork>

  init(
    directory: SnapshotDirectory, storage: WorkThread<StorageWork>,
    fatal: @escaping @Sendable (String) -> Void
  ) {
    self.directory = directory
    self.storage = storage
    thread.start(max: 1) { jobs in
      do {
        for job in jobs { try job() }
        return true
      } catch {
        fatal("storage: \(error)")
        return false
      }
    }
  }

  func run(_ job: @escaping Job) { thread.submitWithoutWaiting(job) }

  func finish() { thread.finish() }

  /// A snapshot is durable: what it covers may go.
  func added(_ shard: ShardID, _ mark: SnapshotMark) throws(StorageError) {
    try directory.add(shard: shard, mark: mark)
    storage.submitWithoutWaiting(.snapshotDurable(shard, mark.index))
  }

  /// Behind whatever is being written.
  func remove(_ shard: ShardID) {
    run { [directory] () throws(StorageError) in try directory.removeAll(of: shard) }
  }

  /// Nothing stands for a group's log any more.
  func discard(_ shard: ShardID) {
    run { [self] () throws(StorageError) in
      try directory.removeAll(of: shard)
      storage.submitWithoutWaiting(.snapshotsDiscarded(shard))
    }
  }

  func save(
    _ shard: ShardID, _ mark: SnapshotMark, _ source: ChunkSource,
    _ done: @escaping @Sendable (SnapshotMark) -> Void
  ) {
    run { [self] () throws(StorageError) in
      let writer = try directory.writer(shard: shard, mark: mark, kind: "taken")
      try writer.begin(shard: shard, mark: mark)
      while let chunk = source.next() { try writer.append(chunk) }
      try writer.finish()
      try added(shard, mark)
      done(mark)
    }
  }
}

/// Hands a closure that only its new owner calls to the snapshot thread.
final class ChunkSource: @unchecked Sendable {
  private let chunks: () -> [UInt8]?
  init(_ chunks: sending @escaping () -> [UInt8]?) { self.chunks = chunks }
  func next() -> [UInt8]? { chunks() }
}
