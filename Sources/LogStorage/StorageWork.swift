import Primitives
import RaftConsensus

/// What the storage thread is asked to do.
enum StorageWork: Sendable {
  case persist(PersistBatch, ticket: UInt64, done: @Sendable (UInt64) -> Void)
  case create(ShardID, descriptor: [UInt8], done: @Sendable () -> Void)
  /// Lets a closed group's rows go, durably, then runs `then`.
  case drop(ShardID, then: @Sendable () -> Void)
  case journal([JournalItem])
  /// Makes the waiting chain rows of a group durable, then runs `then`.
  case settle(ShardID, then: @Sendable () -> Void)
  case load(LoadJob)
  case compact(ShardID, LogIndex)
  // News from the other threads.
  case snapshotDurable(ShardID, LogIndex)
  case snapshotsDiscarded(ShardID)
  case prepared(SegmentFile)
  case sealed(number: UInt64, bytes: Int64)

  /// What it adds to a transaction.
  var bytes: Int {
    guard case .persist(let batch, _, _) = self else { return 0 }
    return batch.writes.reduce(0) { sum, write in
      write.entries.reduce(sum) { $0 + $1.payload.count }
    }
  }
}

struct LoadJob: Sendable {
  var shard: ShardID
  var from: LogIndex
  var upTo: LogIndex
  var maxBytes: Int
  var done: @Sendable (Result<[Entry], StorageError>) -> Void
}

/// What the sealing thread is asked to do: all that takes seconds, with pauses for the disk's sake.
enum SealingWork: Sendable {
  case prepare(number: UInt64)
  case seal(SegmentFile, SegmentSummary)
  /// Goes to the files thread when all before it is done: a segment that is being sealed is read then.
  case passOn(FilesWork)
}

/// What the files thread is asked to do: reading what other nodes wait for, and removing.
enum FilesWork: Sendable {
  case remove(number: UInt64, path: String)
  case load(LoadRange, number: UInt64, path: String, LoadJob)
  case readSnapshot(path: String, offset: UInt64, maxBytes: Int, SnapshotPart.Taker)
}
