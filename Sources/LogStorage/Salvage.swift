import Foundation

/// Saves what a damaged write-ahead log still tells: its frames, wrong ones included, are laid
/// over the segment in a new file, where each row's own checksum says which rows are wrong. The
/// damaged log is kept beside it under another name.
enum Salvage {
  /// Brings a segment that was not sealed into a state in which SQLite can't silently undo
  /// anything. True if the file is now a plain one, as a sealed one is.
  static func examine(_ path: String) throws(StorageError) -> Bool {
    let log = path + "-wal"
    guard Files.size(log) > 0, let wal = WriteAheadLog(try Files.read(log)) else { return false }
    guard case .damaged = wal.finding(), let last = wal.lastCommit() else { return false }
    try write(try image(of: path, wal, through: last), to: path + ".salvaged")
    try takePlace(path)
    return true
  }

  /// Also finishes what a crash interrupted.
  static func takePlace(_ path: String) throws(StorageError) {
    let directory = (path as NSString).deletingLastPathComponent
    if Files.exists(path + "-wal") { try Files.rename(path + "-wal", to: path + "-wal.damaged") }
    try Files.remove(path + "-shm")
    try Files.syncDirectory(directory)
    try Files.rename(path + ".salvaged", to: path)
    try Files.syncDirectory(directory)
  }

  private static func image(
    of path: String, _ wal: WriteAheadLog, through last: Int
  ) throws(StorageError) -> [UInt8] {
    var image = try Files.read(path)
    let pages = Int(wal.commitPages(last))
    guard pages * wal.pageBytes <= image.count + wal.bytes.count else {
      throw .damaged(path: path, offset: 0, reason: "a size of \(pages) pages")
    }
    image.append(
      contentsOf: [UInt8](repeating: 0, count: max(0, pages * wal.pageBytes - image.count)))
    for frame in 0...last {
      let start = (Int(wal.page(frame)) - 1) * wal.pageBytes
      let content = wal.offset(frame) + WriteAheadLog.frameHeaderBytes
      guard start >= 0, start + wal.pageBytes <= image.count else { continue }
      image.replaceSubrange(
        start..<(start + wal.pageBytes), with: wal.bytes[content..<(content + wal.pageBytes)])
    }
    // A plain file from here on: no write-ahead log belongs to it.
    if image.count > 20 { (image[18], image[19]) = (1, 1) }
    return image
  }

  private static func write(_ bytes: [UInt8], to path: String) throws(StorageError) {
    let temporary = path + ".partial"
    let file = unsafe open(temporary, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw Files.failure("create", temporary) }
    defer { close(file) }
    var done = 0
    while done < bytes.count {
      let count = unsafe bytes.withUnsafeBytes {
        unsafe Glibc.write(file, $0.baseAddress! + done, bytes.count - done)
      }
      guard count > 0 || errno == EINTR else { throw Files.failure("write", temporary) }
      done += max(0, count)
    }
    guard fsync(file) == 0 else { throw Files.failure("sync", temporary) }
    try Files.rename(temporary, to: path)
    try Files.syncDirectory((path as NSString).deletingLastPathComponent)
  }
}
