import Glibc

/// Write-ahead logs for segments to come. A log's blocks must have been written once: on blocks that
/// were only reserved, each sync also writes the file's extents, and takes half as long again
/// (measured on ext4: 0.18 ms instead of 0.12). So a new log is filled with zeros, and the log of a
/// segment that was sealed is kept for another one.
///
/// A kept log begins with zeros where its header and its first frame were: SQLite takes it for empty.
/// Older frames behind what is written later have other salts, and so mean nothing to anybody.
enum SpareLogs {
  static let kept = 2
  /// A log's header and its first frame's.
  static let headBytes = WriteAheadLog.headerBytes + WriteAheadLog.frameHeaderBytes

  static func path(_ number: Int, in directory: String) -> String {
    "\(directory)/spare-\(number).wal"
  }

  /// Puts a log of at least `bytes` at `path`: a kept one or a new one, durable and empty.
  static func take(
    as path: String, bytes: Int, in directory: String, pausing: Bool = false
  ) throws(StorageError) {
    for number in 0..<kept {
      let spare = Self.path(number, in: directory)
      guard Files.exists(spare) else { continue }
      // One that has a second name is still some segment's log.
      guard Files.size(spare) >= bytes, Files.links(spare) == 1 else {
        try Files.remove(spare)
        continue
      }
      try Files.write(zeros: headBytes, over: spare)
      return try Files.rename(spare, to: path)
    }
    try Files.write(zeros: bytes, over: path, pausing: pausing)
  }

  /// Gives a log a second name under which it stays when SQLite removes it. Everything in it is in
  /// the segment by now.
  static func keep(_ path: String, in directory: String) throws(StorageError) {
    for number in 0..<kept {
      let spare = Self.path(number, in: directory)
      if unsafe link(path, spare) == 0 { return }
      // Where files can't have two names, SQLite removes the log and the next one is filled anew.
      if [ENOENT, EPERM, EOPNOTSUPP, EMLINK].contains(errno) { return }
      guard errno == EEXIST else { throw Files.failure("keep", path) }
    }
  }
}
