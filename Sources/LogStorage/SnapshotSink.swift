package import RaftConsensus
import Primitives

/// Takes a snapshot's file as it arrives from another node, part by part. Everything happens on the
/// snapshot thread, in the order of the calls.
package final class SnapshotSink: Sendable {
  private let arrival: Arrival
  private let core: SnapshotCore

  init(shard: ShardID, mark: SnapshotMark, core: SnapshotCore) {
    arrival = Arrival(shard: shard, mark: mark)
    self.core = core
  }

  package func append(_ part: [UInt8]) {
    core.run { [arrival, core] () throws(StorageError) in
      try arrival.writer(in: core.directory).write(part)
    }
  }

  /// `done` when the file is whole and durable, or with what is wrong with it: then it is gone.
  package func finish(_ done: @escaping @Sendable (Result<SnapshotMark, StorageError>) -> Void) {
    core.run { [arrival, core] () throws(StorageError) in
      let writer = try arrival.writer(in: core.directory)
      if let wrong = writer.examine(shard: arrival.shard, mark: arrival.mark) {
        try arrival.abandon()
        return done(.failure(wrong))
      }
      try writer.publish()
      try core.added(arrival.shard, arrival.mark)
      done(.success(arrival.mark))
    }
  }

  /// Forgets what arrived.
  package func abandon() {
    core.run { [arrival] () throws(StorageError) in try arrival.abandon() }
  }

  /// Touched by the snapshot thread only.
  private final class Arrival: @unchecked Sendable {
    let shard: ShardID
    let mark: SnapshotMark
    private var open: SnapshotWriter?

    init(shard: ShardID, mark: SnapshotMark) {
      self.shard = shard
      self.mark = mark
    }

    func writer(in directory: SnapshotDirectory) throws(StorageError) -> SnapshotWriter {
      if let open { return open }
      let writer = try directory.writer(shard: shard, mark: mark, kind: "arriving")
      open = writer
      return writer
    }

    func abandon() throws(StorageError) {
      try open?.abandon()
      open = nil
    }
  }
}
