import Foundation
import Primitives
import RaftConsensus

/// Writes one snapshot under a name that nobody looks for, and gives it its own name only when all
/// of it is durable.
final class SnapshotWriter {
  private let file: Int32
  private let temporary: String
  private let path: String
  private let directory: String
  private var totals = SnapshotFormat.Totals()
  /// Written since the last sync. Syncs of the log wait behind what the disk is given at once: a
  /// whole ledger in one piece held up commits for half a second.
  private var unsynced = 0
  private static let unsyncedBytesMax = 1 << 20

  /// `kind` keeps apart the unfinished files of a snapshot that is taken and one that arrives.
  init(path: String, directory: String, kind: String) throws(StorageError) {
    self.path = path
    self.directory = directory
    temporary = "\(path).\(kind).partial"
    file = unsafe open(temporary, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw Files.failure("create", temporary) }
  }

  deinit { close(file) }

  func begin(shard: ShardID, mark: SnapshotMark) throws(StorageError) {
    try write(SnapshotFormat.header(shard: shard, mark: mark))
  }

  /// Chunks longer than the format allows are cut: the reader's caller sees the same bytes.
  func append(_ chunk: [UInt8]) throws(StorageError) {
    var start = 0
    while start < chunk.count {
      let end = min(chunk.count, start + SnapshotFormat.chunkBytesMax)
      try appendPart(start == 0 && end == chunk.count ? chunk : Array(chunk[start..<end]))
      start = end
    }
  }

  private func appendPart(_ part: [UInt8]) throws(StorageError) {
    totals.add(part)
    var head = ByteWriter(reserving: 8)
    head.put(UInt32(part.count))
    head.put(totals.checksum)
    try write(head.bytes)
    try write(part)
  }

  func finish() throws(StorageError) {
    try write(totals.end)
    try publish()
  }

  /// What is wrong with a file that was copied as it is; nil if it is what it should be.
  func examine(shard: ShardID, mark: SnapshotMark) -> StorageError? {
    do throws(StorageError) {
      let reader = try SnapshotReader(path: temporary)
      guard reader.shard == shard, reader.mark == mark else {
        return .damaged(path: temporary, offset: 0, reason: "a snapshot of something else")
      }
      while try reader.next() != nil {}
      return nil
    } catch {
      return error
    }
  }

  /// Makes the file durable and gives it its name.
  func publish() throws(StorageError) {
    guard fsync(file) == 0 else { throw Files.failure("sync", temporary) }
    try Files.rename(temporary, to: path)
    try Files.syncDirectory(directory)
  }

  func abandon() throws(StorageError) { try Files.remove(temporary) }

  /// Bytes of the file as they are.
  func write(_ bytes: [UInt8]) throws(StorageError) {
    var written = 0
    while written < bytes.count {
      let count = unsafe bytes.withUnsafeBytes {
        unsafe Glibc.write(file, $0.baseAddress! + written, bytes.count - written)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw Files.failure("write", temporary) }
      written += count
    }
    unsynced += written
    guard unsynced >= Self.unsyncedBytesMax else { return }
    unsynced = 0
    try PacedSync.step(temporary) { fdatasync(file) }
  }
}
