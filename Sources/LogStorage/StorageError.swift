import GRDB

/// What can go wrong while a store is opened or read. A failed write is not here: it ends the
/// process.
package enum StorageError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Another process (or another store of this one) has the directory open.
  case directoryInUse(String)
  /// The operating system or SQLite refused an operation.
  case failed(operation: String, path: String, reason: String)
  /// A file's content is not what was written: the checksum or form is wrong at `offset`.
  case damaged(path: String, offset: UInt64, reason: String)
  /// A file of a newer or foreign format.
  case unknownFormat(path: String, version: Int64)
  /// No such snapshot, or an index that the log does not hold.
  case notFound(String)

  package var description: String {
    switch self {
    case .directoryInUse(let path):
      "\(path) is open in another process; stop that one or choose another directory"
    case .failed(let operation, let path, let reason): "\(operation) \(path): \(reason)"
    case .damaged(let path, let offset, let reason): "\(path) is damaged at \(offset): \(reason)"
    case .unknownFormat(let path, let version):
      "\(path) has format \(version), which this version does not read"
    case .notFound(let what): "\(what) not found"
    }
  }
}

extension StorageError {
  /// SQLite tells apart a file that is wrong from one that can't be had just now.
  static func from(_ error: any Error, _ operation: String, _ path: String) -> StorageError {
    if let error = error as? StorageError { return error }
    if let error = error as? DatabaseError,
      [.SQLITE_CORRUPT, .SQLITE_NOTADB].contains(error.resultCode)
    {
      return .damaged(path: path, offset: 0, reason: "\(error)")
    }
    // A column of another type than every writer gives it.
    if error is RowDecodingError {
      return .damaged(path: path, offset: 0, reason: "\(error)")
    }
    return .failed(operation: operation, path: path, reason: "\(error)")
  }

  var isDamage: Bool {
    if case .damaged = self { true } else { false }
  }
}
