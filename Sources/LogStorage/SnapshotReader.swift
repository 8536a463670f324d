import Foundation
package import Primitives
package import RaftConsensus

/// Reads one snapshot file from its start to its end. The file stays readable when newer snapshots
/// take its place. Used by one thread at a time.
package final class SnapshotReader: @unchecked Sendable {
  package let shard: ShardID
  package let mark: SnapshotMark
  /// Size of the whole file.
  package let fileBytes: UInt64
  private let file: Int32
  private let path: String
  private var offset: UInt64 = 0
  private var totals = SnapshotFormat.Totals()
  private var isAtEnd = false

  package init(path: String) throws(StorageError) {
    self.path = path
    file = unsafe open(path, O_RDONLY | O_CLOEXEC)
    fileBytes = UInt64(clamping: Files.size(path))
    guard file >= 0 else {
      (shard, mark) = (ShardID(0), Self.nothing)
      throw Files.failure("open", path)
    }
    do {
      let start = try Self.read(SnapshotFormat.magic.count + 4, at: 0, of: file, path)
      guard Array(start.prefix(SnapshotFormat.magic.count)) == SnapshotFormat.magic else {
        throw StorageError.damaged(path: path, offset: 0, reason: "not a snapshot")
      }
      let length = Self.number(start, at: SnapshotFormat.magic.count)
      guard length <= SnapshotFormat.headerBytesMax else {
        throw StorageError.damaged(path: path, offset: 8, reason: "header of \(length) bytes")
      }
      let body = try Self.read(Int(length) + 4, at: UInt64(start.count), of: file, path)
      guard let (shard, mark) = SnapshotFormat.mark(inHeader: body) else {
        throw StorageError.damaged(path: path, offset: 12, reason: "wrong header")
      }
      (self.shard, self.mark) = (shard, mark)
      offset = UInt64(start.count + body.count)
    } catch {
      (shard, mark) = (ShardID(0), Self.nothing)
      throw error as! StorageError
    }
  }

  private static var nothing: SnapshotMark {
    SnapshotMark(
      index: .zero, term: .zero, logTime: .zero, configuration: Configuration(voters: []),
      lease: .none)
  }

  deinit { if file >= 0 { close(file) } }

  /// The next chunk as it was written; nil after the last, once all checksums agreed.
  package func next() throws(StorageError) -> [UInt8]? {
    guard !isAtEnd else { return nil }
    let length = Self.number(try Self.read(4, at: offset, of: file, path), at: 0)
    guard length > 0 else {
      try readEnd()
      return nil
    }
    guard length <= SnapshotFormat.chunkBytesMax, offset + 8 + UInt64(length) <= fileBytes else {
      throw .damaged(path: path, offset: offset, reason: "chunk of \(length) bytes")
    }
    let head = try Self.read(8, at: offset, of: file, path)
    let chunk = try Self.read(Int(length), at: offset + 8, of: file, path)
    totals.add(chunk)
    guard totals.checksum == Self.number(head, at: 4) else {
      throw .damaged(path: path, offset: offset, reason: "chunk has another checksum")
    }
    offset += 8 + UInt64(length)
    return chunk
  }

  private func readEnd() throws(StorageError) {
    let end = try Self.read(SnapshotFormat.endBytes, at: offset, of: file, path)
    guard end == totals.end, offset + UInt64(end.count) == fileBytes else {
      throw .damaged(path: path, offset: offset, reason: "the end disagrees with the chunks")
    }
    isAtEnd = true
  }

  private static func number(_ bytes: [UInt8], at offset: Int) -> UInt32 {
    (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << UInt32(8 * $1) }
  }

  private static func read(
    _ count: Int, at offset: UInt64, of file: Int32, _ path: String
  ) throws(StorageError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var done = 0
    while done < count {
      let got = unsafe bytes.withUnsafeMutableBytes {
        unsafe pread(file, $0.baseAddress! + done, count - done, off_t(offset) + off_t(done))
      }
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { throw Files.failure("read", path) }
      guard got > 0 else {
        throw .damaged(path: path, offset: offset + UInt64(done), reason: "ends too early")
      }
      done += got
    }
    return bytes
  }
}
