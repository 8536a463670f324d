// The few operating system calls that Foundation has no durable form of.

import Foundation
import Synchronization

enum Files {
  static func failure(_ operation: String, _ path: String) -> StorageError {
    .failed(operation: operation, path: path, reason: unsafe String(cString: strerror(errno)))
  }

  static func makeDirectory(_ path: String) throws(StorageError) {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw .failed(operation: "create", path: path, reason: "\(error)")
    }
  }

  static func names(in directory: String) throws(StorageError) -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
    } catch {
      throw .failed(operation: "list", path: directory, reason: "\(error)")
    }
  }

  static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

  static func size(_ path: String) -> Int64 {
    var info = stat()
    return unsafe stat(path, &info) == 0 ? Int64(info.st_size) : 0
  }

  /// Makes names that were created, renamed or removed in a directory durable.
  static func syncDirectory(_ path: String) throws(StorageError) {
    let file = unsafe open(path, O_RDONLY | O_DIRECTORY)
    guard file >= 0 else { throw failure("open", path) }
    defer { close(file) }
    guard fsync(file) == 0 else { throw failure("sync", path) }
  }

  static func rename(_ from: String, to: String) throws(StorageError) {
    guard unsafe Glibc.rename(from, to) == 0 else { throw failure("rename", from) }
  }

  /// No error if it is not there.
  static func remove(_ path: String) throws(StorageError) {
    guard unsafe unlink(path) == 0 || errno == ENOENT else { throw failure("remove", path) }
  }

  /// Writes zeros over a file's beginning, creating it if need be, and makes them durable: in
  /// `pausing` steps if other files are written meanwhile.
  static func write(
    zeros bytes: Int, over path: String, pausing: Bool = false
  ) throws(StorageError) {
    let file = unsafe open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw failure("create", path) }
    defer { close(file) }
    let zeros = [UInt8](repeating: 0, count: min(bytes, PacedSync.stepBytes))
    var done = 0
    while done < bytes {
      let count = unsafe pwrite(file, zeros, min(zeros.count, bytes - done), off_t(done))
      guard count > 0 || (count < 0 && errno == EINTR) else { throw failure("write", path) }
      done += max(0, count)
      if pausing, bytes > PacedSync.unnoticedBytes { try PacedSync.step(path) { fdatasync(file) } }
    }
    guard fsync(file) == 0 else { throw failure("sync", path) }
  }

  /// How many names a file has; 0 if there is none.
  static func links(_ path: String) -> Int {
    var info = stat()
    return unsafe stat(path, &info) == 0 ? Int(info.st_nlink) : 0
  }

  static func read(_ path: String) throws(StorageError) -> [UInt8] {
    do {
      return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    } catch {
      throw .failed(operation: "read", path: path, reason: "\(error)")
    }
  }

  /// Makes a small durable file, whole, unless there is one of that name: then that one stays.
  static func createOnce(_ path: String, _ bytes: [UInt8]) throws(StorageError) {
    let partial = "\(path).\(getpid()).partial"
    try write(bytes, over: partial)
    guard unsafe link(partial, path) == 0 || errno == EEXIST else { throw failure("link", partial) }
    try remove(partial)
    try syncDirectory((path as NSString).deletingLastPathComponent)
  }

  /// Puts a small durable file in the place of one: there is the old one or the new one, whole.
  static func replace(
    _ path: String, _ bytes: [UInt8], in directory: String
  ) throws(StorageError) {
    let partial = path + ".partial"
    try write(bytes, over: partial)
    try rename(partial, to: path)
    try syncDirectory(directory)
  }

  private static func write(_ bytes: [UInt8], over path: String) throws(StorageError) {
    let file = unsafe open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw failure("create", path) }
    defer { close(file) }
    var written = 0
    while written < bytes.count {
      let count = unsafe bytes.withUnsafeBytes {
        unsafe Glibc.write(file, $0.baseAddress! + written, bytes.count - written)
      }
      guard count > 0 || (count < 0 && errno == EINTR) else { throw failure("write", path) }
      written += max(0, count)
    }
    guard fsync(file) == 0 else { throw failure("sync", path) }
  }

  /// Bytes that an unprivileged process may still write.
  static func freeBytes(at path: String) -> Int64 {
    var info = statvfs()
    guard unsafe statvfs(path, &info) == 0 else { return 0 }
    return Int64(clamping: UInt64(info.f_bavail) &* UInt64(info.f_frsize))
  }
}

/// Holds a directory for one store: a second one, in this or another process, is refused.
final class DirectoryLock: Sendable {
  /// Minus one once released.
  private let file: Mutex<Int32>

  init(_ directory: String) throws(StorageError) {
    let path = directory + "/LOCK"
    let file = unsafe open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
    self.file = Mutex(file)
    guard file >= 0 else { throw Files.failure("open", path) }
    guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
      throw errno == EWOULDBLOCK ? .directoryInUse(directory) : Files.failure("lock", path)
    }
  }

  func release() {
    file.withLock {
      if $0 >= 0 { close($0) }
      $0 = -1
    }
  }

  deinit { release() }
}
