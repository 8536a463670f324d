import Foundation

/// Copies a segment that another connection may be writing: the file and the write-ahead log
/// beside it, as they are at one moment. While a segment is written its file does not change, and
/// its log only grows; while it is sealed both change, and then the copy is made again.
enum SegmentCopy {
  private static let attemptsMax = 500
  /// File times are as coarse as a scheduler's tick.
  private static let quietNanoseconds = 20_000_000

  static func copy(_ path: String, to target: String) throws(StorageError) {
    for _ in 0..<attemptsMax {
      if let before = quiet(path) {
        try copyFile(path + "-wal", to: target + "-wal")
        try copyFile(path, to: target)
        if quiet(path) == before, !Files.exists(path + "-journal") { return }
      }
      usleep(useconds_t(quietNanoseconds / 1000))
    }
    throw .failed(operation: "copy", path: path, reason: "it does not stop changing")
  }

  private struct Version: Equatable {
    var size: Int
    var seconds: Int
    var nanoseconds: Int
  }

  /// Nil while it changes.
  private static func quiet(_ path: String) -> Version? {
    var info = stat()
    var now = timespec()
    guard unsafe stat(path, &info) == 0, unsafe clock_gettime(CLOCK_REALTIME, &now) == 0 else {
      return nil
    }
    let age =
      (now.tv_sec - info.st_mtim.tv_sec) * 1_000_000_000
      + (now.tv_nsec - info.st_mtim.tv_nsec)
    guard age > quietNanoseconds else { return nil }
    return Version(
      size: Int(info.st_size), seconds: info.st_mtim.tv_sec, nanoseconds: info.st_mtim.tv_nsec)
  }

  private static func copyFile(_ path: String, to target: String) throws(StorageError) {
    try Files.remove(target)
    guard Files.exists(path) else { return }
    do {
      try FileManager.default.copyItem(atPath: path, toPath: target)
    } catch {
      throw .failed(operation: "copy", path: path, reason: "\(error)")
    }
  }
}
