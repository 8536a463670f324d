import Foundation

/// A part of a snapshot's file, as it travels to another node.
package struct SnapshotPart: Sendable {
  package var bytes: [UInt8]
  package var isLast: Bool

  package init(bytes: [UInt8], isLast: Bool) {
    self.bytes = bytes
    self.isLast = isLast
  }

  typealias Taker = @Sendable (Result<SnapshotPart, StorageError>) -> Void

  static func read(
    _ path: String, offset: UInt64, maxBytes: Int
  ) -> Result<SnapshotPart, StorageError> {
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return .failure(Files.failure("open", path)) }
    defer { close(file) }
    let size = UInt64(clamping: Files.size(path))
    guard offset <= size, maxBytes > 0 else {
      return .failure(.notFound("offset \(offset) of \(path)"))
    }
    var bytes = [UInt8](repeating: 0, count: min(maxBytes, Int(size - offset)))
    var done = 0
    while done < bytes.count {
      let got = unsafe bytes.withUnsafeMutableBytes {
        unsafe pread(file, $0.baseAddress! + done, $0.count - done, off_t(offset) + off_t(done))
      }
      if got < 0, errno == EINTR { continue }
      guard got > 0 else { return .failure(Files.failure("read", path)) }
      done += got
    }
    return .success(SnapshotPart(bytes: bytes, isLast: offset + UInt64(done) == size))
  }
}
