import CFileRange
import Foundation

/// Brings a large file to the disk a little at a time, with pauses. The syncs of the log, which
/// callers wait for, queue behind all that the disk was given at once: 64 MiB in one piece held up
/// commits for 35 ms.
enum PacedSync {
  /// The disk has this much for about a third of a millisecond.
  static let stepBytes = 256 << 10
  /// What the disk takes in one piece without anybody noticing.
  static let unnoticedBytes = 4 << 20
  /// Pauses are so many times as long as the steps before them.
  private static let pauseFactor = 6
  private static let pauseMicrosecondsMax = 20_000

  /// Everything that the file holds is durable afterwards. The process loses its POSIX locks on it
  /// with the close; a store's files are guarded by the lock of their directory.
  static func sync(_ path: String, bytes: Int, pausing: Bool) throws(StorageError) {
    let file = unsafe open(path, O_RDWR | O_CLOEXEC)
    guard file >= 0 else { throw Files.failure("open", path) }
    defer { close(file) }
    if pausing, bytes > unnoticedBytes {
      for start in stride(from: 0, to: bytes, by: stepBytes) {
        try step(path) { holdfast_write_back(file, start, stepBytes) }
      }
    }
    guard fsync(file) == 0 else { throw Files.failure("sync", path) }
  }

  /// Runs a call that ends when the disk has done its part, and pauses in proportion to it.
  static func step(_ path: String, _ call: () -> Int32) throws(StorageError) {
    let began = ContinuousClock.now
    // Where the file system does not know the call, the sync that follows does it all.
    guard call() == 0 || errno == ENOSYS || errno == ESPIPE else {
      throw Files.failure("sync", path)
    }
    let took = (ContinuousClock.now - began) / .microseconds(1)
    usleep(useconds_t(min(Double(pauseMicrosecondsMax), took * Double(pauseFactor))))
  }
}
