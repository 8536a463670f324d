package import Primitives
package import RaftConsensus
import Synchronization

/// One lane's durable log, hard state, snapshots and journal: one directory, four threads.
///
/// The *storage thread* appends rows to the active segment, one durable transaction for all that
/// waits; nothing else is on its way. The *sealing thread* prepares and seals segments, the *files
/// thread* reads and removes them, the *snapshot thread* writes snapshots. A write or sync that
/// fails ends the process.
package final class LogStore: Sendable {
  package let directory: String
  private let lock: DirectoryLock
  private let storage: WorkThread<StorageWork>
  private let files: WorkThread<FilesWork>
  let sealing: WorkThread<SealingWork>
  private let snapshots: SnapshotCore
  private let writer: LogWriter

  /// Takes the directory for this process, finds out what it still knows, and is ready to write.
  package static func open(
    directory: String, settings: StorageSettings = StorageSettings()
  ) throws(StorageError) -> (LogStore, [RecoveredGroup]) {
    try Files.makeDirectory(directory)
    let lock = try DirectoryLock(directory)
    let snapshots = try SnapshotDirectory(directory: directory, tidy: true)
    var recovery = try Recovery(
      directory: directory, snapshots: snapshots, now: settings.wallClock(), skipping: true)
    let (logs, recovered) = try recovery.finish(
      snapshots: snapshots, tailBytes: settings.recoveredTailBytes)
    // A crash may have come between the end of the rows and that of the snapshots.
    for group in recovered where group.isClosed { try snapshots.removeAll(of: group.shard) }
    let active = try SegmentFile.create(
      number: recovery.highestNumber + 1, in: directory, expectedBytes: settings.segmentBytes)
    let store = LogStore(
      directory: directory, settings: settings, lock: lock, snapshots: snapshots, active: active,
      sealed: recovery.segments, logs: logs)
    return (store, recovered)
  }

  private init(
    directory: String, settings: StorageSettings, lock: DirectoryLock,
    snapshots: SnapshotDirectory, active: SegmentFile, sealed: [SealedSegment], logs: [GroupLog]
  ) {
    self.directory = directory
    self.lock = lock
    let storage = WorkThread<StorageWork>(name: "hf-storage", capacity: settings.queueMax)
    let files = WorkThread<FilesWork>(name: "hf-files", capacity: settings.queueMax)
    let sealing = WorkThread<SealingWork>(
      name: "hf-sealing", capacity: settings.queueMax, yielding: true)
    let writer = LogWriter(
      settings: settings, active: active, sealed: sealed, groups: logs, files: files,
      sealing: sealing)
    let reading = FilesTurn(directory: directory)
    let closing = SealingTurn(
      directory: directory, settings: settings, storage: storage, files: files)
    self.snapshots = SnapshotCore(
      directory: snapshots, storage: storage, fatal: settings.fatal)
    self.storage = storage
    self.files = files
    self.sealing = sealing
    self.writer = writer
    files.start(fatal: settings.fatal) { work throws(StorageError) in try reading.run(work) }
    sealing.start(fatal: settings.fatal) { work throws(StorageError) in try closing.run(work) }
    storage.start(max: settings.batchesPerTransactionMax) { writer.run($0) }
  }

  /// Makes a batch durable; batches that wait together share one transaction. `done` runs on the
  /// storage thread, in the order of the calls. Waits if `queueMax` calls are waiting.
  package func persist(
    _ batch: PersistBatch, ticket: UInt64, done: @escaping @Sendable (UInt64) -> Void
  ) {
    storage.submit(.persist(batch, ticket: ticket, done: done))
  }

  /// A group exists from when `done` is called (on the storage thread); its descriptor is opaque.
  /// For a group whose hard state was lost this is the new member's beginning (rule C9).
  package func create(
    shard: ShardID, descriptor: [UInt8], done: @escaping @Sendable () -> Void = {}
  ) {
    storage.submit(.create(shard, descriptor: descriptor, done: done))
  }

  /// Lets everything of a closed group go but its descriptor and its hard state: rule C9, should it be
  /// created again. Its rows are written from the first entry on then.
  package func drop(shard: ShardID) {
    storage.submit(.drop(shard) { [snapshots] in snapshots.remove(shard) })
  }

  /// Extends the journal's chain by applied entries, in order per shard; indexes that the chain
  /// already has are ignored (they come again after a restart). Durable with a later transaction.
  package func journal(_ items: [JournalItem]) {
    guard !items.isEmpty else { return }
    let bytes = items.reduce(0) { $0 + $1.entry.payload.count + $1.outcomes.count }
    if bytes < Self.lazyJournalBytes {
      storage.submitLazily(.journal(items))
    } else {
      storage.submit(.journal(items))
    }
  }

  /// Gives entries `from…upTo`: at least one if the log holds `from`, and none further once
  /// `maxBytes` are reached; fewer than asked for is no sign of the log's end. What was compacted is
  /// `notFound`. `done` runs on a thread of the store.
  package func load(
    shard: ShardID, from: LogIndex, upTo: LogIndex, maxBytes: Int,
    done: @escaping @Sendable (Result<[Entry], StorageError>) -> Void
  ) {
    storage.submit(
      .load(LoadJob(shard: shard, from: from, upTo: upTo, maxBytes: maxBytes, done: done)))
  }

  /// Entries up to `index` are covered by a snapshot and no longer needed by the group; whole
  /// files go when no group and no journal retention needs them. More than the newest durable
  /// snapshot covers is never given up.
  package func compact(shard: ShardID, to index: LogIndex) {
    storage.submit(.compact(shard, index))
  }

  /// Finishes what waits, makes it durable, seals the active segment and releases the directory.
  package func close() {
    snapshots.finish()
    storage.finish()
    sealing.finish()
    files.finish()
    writer.end()
    lock.release()
  }

  /// More than this does not wait for the next transaction to be hashed.
  private static let lazyJournalBytes = 256 << 10

  package var statistics: StorageStatistics {
    var result = writer.counters.withLock { $0 }
    result.queued = storage.count
    result.freeBytes = Files.freeBytes(at: directory)
    return result
  }
}

// Snapshots.
extension LogStore {
  /// Writes a snapshot from its chunks, on its own thread; nil ends it. `done`, on that thread, when
  /// it is durable, and with it the journal's chain up to it.
  package func saveSnapshot(
    shard: ShardID, mark: SnapshotMark, chunks: sending @escaping () -> [UInt8]?,
    done: @escaping @Sendable (SnapshotMark) -> Void
  ) {
    let source = ChunkSource(chunks)
    storage.submit(
      .settle(shard) { [snapshots] in snapshots.save(shard, mark, source, done) })
  }

  /// Gives up all snapshots of a group, those included that were asked for before and are still being
  /// written. The log stays, to be written anew by whoever calls this.
  package func discardSnapshots(shard: ShardID) {
    storage.submit(.settle(shard) { [snapshots] in snapshots.discard(shard) })
  }

  /// Begins a snapshot whose file arrives in parts from another node's `readSnapshot`.
  package func receiveSnapshot(shard: ShardID, mark: SnapshotMark) -> SnapshotSink {
    SnapshotSink(shard: shard, mark: mark, core: snapshots)
  }

  /// A cursor over the newest whole snapshot; it stays readable when newer ones replace it.
  package func openSnapshot(shard: ShardID) throws(StorageError) -> SnapshotReader? {
    guard let newest = snapshots.directory.newest(shard) else { return nil }
    return try SnapshotReader(path: newest.path)
  }

  /// A part of a snapshot's file, for sending it to another node, and whether it is the last.
  /// `done` runs on the files thread.
  package func readSnapshot(
    shard: ShardID, mark: SnapshotMark, offset: UInt64, maxBytes: Int,
    done: @escaping @Sendable (Result<SnapshotPart, StorageError>) -> Void
  ) {
    guard let known = snapshots.directory.all(shard).first(where: { $0.mark == mark }) else {
      let what = "snapshot \(mark.index.rawValue) of group \(shard.rawValue)"
      return done(.failure(.notFound(what)))
    }
    files.submitWithoutWaiting(
      .readSnapshot(path: known.path, offset: offset, maxBytes: maxBytes, done))
  }
}
