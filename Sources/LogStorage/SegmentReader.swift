import Foundation
import GRDB
import Primitives
import RaftConsensus

/// A sealed segment, or a copy of one, opened for reading only.
final class SegmentReader {
  let number: UInt64
  private let path: String
  private let connection: DatabaseQueue

  init(number: UInt64, path: String) throws(StorageError) {
    self.number = number
    self.path = path
    var configuration = GRDB.Configuration()
    configuration.readonly = true
    do {
      connection = try DatabaseQueue(path: path, configuration: configuration)
    } catch {
      throw .from(error, "open", path)
    }
  }

  func read<T>(_ body: (SegmentRows) throws -> T) throws -> T {
    try connection.inDatabase { try body(SegmentRows(database: $0)) }
  }

  /// True if nothing of the segment is in a log beside it: then a read-only connection sees all.
  static func isSealed(_ path: String) -> Bool {
    guard !Files.exists(path + "-journal"), Files.size(path + "-wal") == 0,
      let file = FileHandle(forReadingAtPath: path),
      let header = try? file.read(upToCount: 20), header.count == 20
    else { return false }
    // Bytes 18 and 19 of an SQLite file: 1 without a write-ahead log, 2 with one.
    return header[18] == 1 && header[19] == 1
  }
}

/// Which entries of one segment are wanted.
struct LoadRange: Sendable {
  var shard: ShardID
  var from: LogIndex
  var upTo: LogIndex
  var maxBytes: Int
  /// All in one segment, without gaps between them; the first holds `from`.
  var pieces: [GroupLog.Piece]
}

extension SegmentRows {
  /// The entries of a range: at least one, and no further one once `maxBytes` is reached. A row
  /// that is wrong ends it, with an error if nothing came before.
  func entries(_ range: LoadRange, path: String) throws -> [Entry] {
    var result: [Entry] = []
    var bytes = 0
    var wrongRow: Int64?
    for piece in range.pieces where wrongRow == nil && bytes < range.maxBytes {
      try unsafe scan(from: piece.firstRow, through: piece.lastRow, shard: range.shard) {
        row, content in
        let next = result.last?.index.next ?? range.from
        let end = min(range.upTo, piece.last)
        guard next <= end else { return false }
        guard let row, let log = row.log else { return true }
        guard log.last >= next, log.first <= next else { return true }
        guard unsafe row.isSound(content),
          let entries = unsafe RowCoding.entries(
            content, first: log.first, last: log.last, wanted: next...min(end, log.last))
        else {
          wrongRow = row.row
          return false
        }
        for entry in entries where bytes < range.maxBytes || result.isEmpty {
          bytes += entry.payload.count + RowCoding.entryHeaderBytes
          result.append(entry)
        }
        return bytes < range.maxBytes
      }
    }
    guard !result.isEmpty else {
      throw StorageError.damaged(
        path: path, offset: UInt64(wrongRow ?? 0),
        reason: "no sound row holds index \(range.from.rawValue)")
    }
    return result
  }
}

extension SegmentRow {
  /// True if the log part's checksum is that of these entry bytes (or if there is no log part).
  func isSound(_ entries: UnsafeRawBufferPointer) -> Bool {
    guard let log else { return true }
    return unsafe Self.checksum(
      before: log.before, shard: shard, first: log.first, last: log.last, entries: entries)
      == log.checksum
  }
}
