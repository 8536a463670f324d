import Foundation
import GRDB
import Primitives

/// One segment: an SQLite file of rows that are only ever appended. While it is written exactly
/// one connection exists; sealed, it is a plain file without a write-ahead log beside it.
///
/// Used by one thread at a time: prepared by the sealing thread, then written by the storage thread,
/// then sealed by the sealing thread again.
final class SegmentFile: @unchecked Sendable {
  let number: UInt64
  let path: String
  /// Rows appended so far; they are numbered from 1.
  private(set) var rows: Int64 = 0
  /// Bytes of rows appended so far.
  private(set) var bytes = 0
  private let connection: DatabaseQueue

  static let format: Int64 = 1
  /// Measured: the fewest bytes and CPU a commit at 400 bytes and at 35 KB alike.
  private static let pageBytes = 4096

  static func path(_ number: UInt64, in directory: String) -> String {
    let digits = String(number)
    return directory + "/segment-" + String(repeating: "0", count: max(0, 12 - digits.count))
      + digits + ".sqlite"
  }

  static func number(ofName name: String) -> UInt64? {
    guard name.hasPrefix("segment-"), name.hasSuffix(".sqlite") else { return nil }
    return UInt64(name.dropFirst("segment-".count).dropLast(".sqlite".count))
  }

  /// Creates a file that is durable and empty, with room for its write-ahead log.
  static func create(
    number: UInt64, in directory: String, expectedBytes: Int, pausing: Bool = false
  ) throws(StorageError) -> SegmentFile {
    let path = path(number, in: directory)
    let file = try SegmentFile(number: number, path: path)
    try file.attempt("create") { db in
      try db.inTransaction {
        try db.execute(sql: schema)
        try db.execute(
          sql: "INSERT INTO segment(id, format, number) VALUES (1, ?, ?)",
          arguments: [format, Int64(number)])
        return .commit
      }
    }
    // SQLite removes a log beside a database without pages, so the log comes when there are some.
    try file.closeConnection()
    // Frames have headers, pages are never quite full, and the last batch may overshoot.
    try SpareLogs.take(
      as: path + "-wal", bytes: expectedBytes + expectedBytes / 8 + (1 << 20), in: directory,
      pausing: pausing)
    try Files.syncDirectory(directory)
    return try SegmentFile(number: number, path: path)
  }

  /// Opens a file that was not sealed; SQLite brings it to its last durable transaction.
  static func reopen(number: UInt64, in directory: String) throws(StorageError) -> SegmentFile {
    let file = try SegmentFile(number: number, path: path(number, in: directory))
    try file.attempt("open") { db in
      let tables = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") ?? 0
      // A crash while it was being created: it held nothing yet.
      guard tables > 0 else { return }
      file.rows = try Int64.fetchOne(db, sql: "SELECT max(row) FROM rows") ?? 0
    }
    return file
  }

  private init(number: UInt64, path: String) throws(StorageError) {
    self.number = number
    self.path = path
    var configuration = Configuration()
    configuration.foreignKeysEnabled = false
    configuration.prepareDatabase { db in
      // Exclusive: no other connection can come in, and no shared memory file is needed.
      try db.execute(
        sql: """
          PRAGMA page_size = \(Self.pageBytes);
          PRAGMA locking_mode = EXCLUSIVE;
          PRAGMA journal_mode = WAL;
          PRAGMA synchronous = FULL;
          PRAGMA wal_autocheckpoint = 0;
          PRAGMA journal_size_limit = -1;
          PRAGMA cache_size = -8192;
          """)
    }
    do {
      connection = try DatabaseQueue(path: path, configuration: configuration)
    } catch {
      throw .from(error, "open", path)
    }
  }

  private static let schema = """
    CREATE TABLE segment(
      id INTEGER PRIMARY KEY CHECK (id = 1), format INTEGER NOT NULL, number INTEGER NOT NULL,
      sealed_at INTEGER, summary BLOB);
    CREATE TABLE rows(
      row INTEGER PRIMARY KEY, shard INTEGER NOT NULL, first INTEGER, last INTEGER,
      before INTEGER, checksum INTEGER, hard_state BLOB, extra BLOB, entries BLOB);
    """

  private func attempt<T>(
    _ operation: String, _ body: (Database) throws -> T
  ) throws(StorageError) -> T {
    do {
      return try connection.inDatabase(body)
    } catch {
      throw .from(error, operation, path)
    }
  }
}

// Writing.
extension SegmentFile {
  /// Runs `body` as one durable transaction.
  func transaction(_ body: (Appender) throws -> Void) throws {
    try connection.inTransaction(.immediate) { db in
      try body(Appender(file: self, statement: db.cachedStatement(sql: Self.insert)))
      return .commit
    }
  }

  private static let insert = "INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"

  /// Appends rows inside one transaction.
  struct Appender {
    fileprivate let file: SegmentFile
    fileprivate let statement: Statement

    /// Returns the new row's number. `entries` is bound in place, not copied.
    @discardableResult
    func append(
      shard: ShardID, log: SegmentRow.LogPart?, hardState: [UInt8]?, extra: [UInt8]?,
      entries: UnsafeRawBufferPointer
    ) throws -> Int64 {
      file.rows += 1
      file.bytes +=
        entries.count + (extra?.count ?? 0) + (hardState?.count ?? 0) + rowOverhead
      try statement.execute(arguments: [
        file.rows, Int64(shard.rawValue), log.map { Int64($0.first.rawValue) },
        log.map { Int64($0.last.rawValue) }, log.map { Int64($0.before) },
        log.map { Int64($0.checksum) }, hardState.map { Data($0) }, extra.map { Data($0) },
        unsafe Self.inPlace(entries),
      ])
      return file.rows
    }

    private var rowOverhead: Int { 48 }

    private static func inPlace(_ bytes: UnsafeRawBufferPointer) -> Data? {
      guard let start = bytes.baseAddress, bytes.count > 0 else { return nil }
      return unsafe Data(
        bytesNoCopy: UnsafeMutableRawPointer(mutating: start), count: bytes.count,
        deallocator: .none)
    }
  }
}

// Reading through the one connection, and sealing.
extension SegmentFile {
  func read<T>(_ body: (SegmentRows) throws -> T) throws -> T {
    try connection.inDatabase { try body(SegmentRows(database: $0)) }
  }

  /// Ends the file's life as a written one: its summary, then everything from the write-ahead log
  /// into the file, then no log at all, which is kept for another segment. The connection is closed.
  ///
  /// `pausing`: other segments are written meanwhile, and their syncs are more urgent.
  func seal(summary: SegmentSummary, pausing: Bool = false) throws(StorageError) {
    try attempt("seal") { db in
      try db.execute(
        sql: "UPDATE segment SET sealed_at = ?, summary = ?",
        arguments: [summary.sealedAt, Data(summary.bytes(number: number))])
    }
    try attempt("checkpoint") { db in
      // SQLite would sync all of it at once. It only writes here; the log goes after our sync.
      try db.execute(sql: "PRAGMA synchronous = OFF")
      // Whatever closes the connection after an error must not take the log away unsynced.
      defer { try? db.execute(sql: "PRAGMA synchronous = FULL") }
      let result = try Row.fetchOne(db, sql: "PRAGMA wal_checkpoint(FULL)")
      guard let result, (result[0] as Int) == 0, (result[1] as Int) == (result[2] as Int) else {
        throw StorageError.failed(operation: "checkpoint", path: path, reason: "busy")
      }
      try PacedSync.sync(path, bytes: Int(Files.size(path)), pausing: pausing)
      try db.execute(sql: "PRAGMA synchronous = FULL")
      try keepLog()
      let mode = try String.fetchOne(db, sql: "PRAGMA journal_mode = DELETE")
      guard mode == "delete" else {
        throw StorageError.failed(operation: "seal", path: path, reason: "mode \(mode ?? "")")
      }
    }
    try closeConnection()
    try Files.syncDirectory(directory)
  }

  private var directory: String { (path as NSString).deletingLastPathComponent }

  private func keepLog() throws(StorageError) {
    try SpareLogs.keep(path + "-wal", in: directory)
  }

  /// For a file that nothing was written to.
  func discard() throws(StorageError) {
    try keepLog()
    try closeConnection()
    for suffix in ["-wal", "-shm", ""] { try Files.remove(path + suffix) }
  }

  func closeConnection() throws(StorageError) {
    do {
      try connection.close()
    } catch {
      throw .failed(operation: "close", path: path, reason: "\(error)")
    }
  }
}
