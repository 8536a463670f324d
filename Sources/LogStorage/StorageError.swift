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
