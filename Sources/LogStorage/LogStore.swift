package import Primitives
package import RaftConsensus

/// One lane's durable log, hard state, snapshots and journal.
package final class LogStore: Sendable {
  package static func open(
    directory: String, settings: StorageSettings = StorageSettings()
  ) throws(StorageError) -> (LogStore, [RecoveredGroup]) { fatalError("not built yet") }

  /// Makes a batch durable; batches that wait together share one transaction. `done` runs on the
  /// storage thread, in the order of the calls.
  package func persist(
    _ batch: PersistBatch, ticket: UInt64, done: @escaping @Sendable (UInt64) -> Void
  ) { fatalError("not built yet") }

  /// A group exists from when `done` is called; its descriptor is opaque.
  package func create(
    shard: ShardID, descriptor: [UInt8], done: @escaping @Sendable () -> Void = {}
  ) { fatalError("not built yet") }

  /// Extends the journal's chain by applied entries, in order per shard; indexes that the chain
  /// already has are ignored (they come again after a restart).
  package func journal(_ items: [JournalItem]) { fatalError("not built yet") }

  /// Gives entries `from…upTo`: at least one if the log holds `from`, and not many more than
  /// `maxBytes` of payload; fewer than asked for is no sign of the log's end. `done` runs on a
  /// thread of the store.
  package func load(
    shard: ShardID, from: LogIndex, upTo: LogIndex, maxBytes: Int,
    done: @escaping @Sendable (Result<[Entry], StorageError>) -> Void
  ) { fatalError("not built yet") }

  /// Writes a snapshot from its chunks, on its own thread; nil ends it. `done` when it is durable.
  package func saveSnapshot(
    shard: ShardID, mark: SnapshotMark, chunks: sending @escaping () -> [UInt8]?,
    done: @escaping @Sendable (SnapshotMark) -> Void
  ) { fatalError("not built yet") }

  /// Begins a snapshot whose file arrives in parts from another node's `readSnapshot`.
  package func receiveSnapshot(shard: ShardID, mark: SnapshotMark) -> SnapshotSink {
    fatalError("not built yet")
  }

  /// A cursor over the newest whole snapshot; it stays readable when newer ones replace it.
  package func openSnapshot(shard: ShardID) throws(StorageError) -> SnapshotReader? {
    fatalError("not built yet")
  }

  /// A part of a snapshot's file, for sending it to another node, and whether it is the last.
  /// `done` runs on the snapshot thread.
  package func readSnapshot(
    shard: ShardID, mark: SnapshotMark, offset: UInt64, maxBytes: Int,
    done: @escaping @Sendable (Result<SnapshotPart, StorageError>) -> Void
  ) { fatalError("not built yet") }

  /// Entries up to `index` are covered by a snapshot and no longer needed by the group; whole
  /// files go when no group and no journal retention needs them.
  package func compact(shard: ShardID, to index: LogIndex) { fatalError("not built yet") }

  /// Finishes what waits, makes it durable and releases the directory.
  package func close() { fatalError("not built yet") }

  package var statistics: StorageStatistics { fatalError("not built yet") }

  private init() {}
}

/// A part of a snapshot's file.
package struct SnapshotPart: Sendable {
  package var bytes: [UInt8]
  package var isLast: Bool
}

/// Takes a snapshot's file as it arrives from another node, part by part.
package final class SnapshotSink: Sendable {
  package func append(_ part: [UInt8]) { fatalError("not built yet") }
  /// `done` when the file is whole and durable, or with what is wrong with it.
  package func finish(_ done: @escaping @Sendable (Result<SnapshotMark, StorageError>) -> Void) {
    fatalError("not built yet")
  }
  /// Forgets what arrived.
  package func abandon() { fatalError("not built yet") }
  private init() {}
}
