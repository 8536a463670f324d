import Glibc
import NIOPosix
import Primitives

/// What the disk alone costs: a bare append of 35 KB and fdatasync, which is what a node at half
/// load writes at a time, on a file whose blocks are there already, as the log's are.
enum AppendSync {
  static let repetitions = 200
  private static let blockBytes = 35_000

  /// Milliseconds of each repetition, measured in a file of its own in `folder`, on a thread that
  /// may block.
  static func measure(in folder: String) async throws -> [Double] {
    try await NIOThreadPool.singleton.runIfActive { try run(in: folder) }
  }

  static func median(_ times: [Double]) -> Double {
    precondition(!times.isEmpty, "the median of nothing")
    return times.sorted()[times.count / 2]
  }

  private static func run(in folder: String) throws -> [Double] {
    var path = Array("\(folder)/append-sync-XXXXXX".utf8CString)
    let file = unsafe mkstemp(&path)
    guard file >= 0 else { throw failure("make a file", folder) }
    defer { close(file) }
    // Nothing is left behind, however this ends.
    unsafe unlink(path)
    let code = posix_fallocate(file, 0, repetitions * blockBytes)
    guard code == 0, fsync(file) == 0 else { throw failure("reserve a file's blocks", folder) }
    var random = SeededRandom(seed: 1)
    let block = (0..<blockBytes).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    let clock = ContinuousClock()
    return try (0..<repetitions).map { number in
      let start = clock.now
      let written = unsafe pwrite(file, block, blockBytes, number * blockBytes)
      guard written == blockBytes, fdatasync(file) == 0 else { throw failure("append", folder) }
      return (clock.now - start) / .milliseconds(1)
    }
  }

  private static func failure(_ action: String, _ folder: String) -> UsageError {
    UsageError("cannot \(action) in \(folder): \(unsafe String(cString: strerror(errno)))")
  }
}
