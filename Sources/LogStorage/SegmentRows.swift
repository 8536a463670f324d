import Foundation
import GRDB
import Primitives

/// Reads rows of one segment, through its own connection or a read-only one.
struct SegmentRows {
  let database: Database

  /// The rows `from…through` in order; `body` sees the entries' bytes in place and says whether to
  /// go on. A row of a form that no writer gives is handed over as nil with its number.
  func scan(
    from: Int64 = 1, through: Int64 = .max, shard: ShardID? = nil,
    _ body: (SegmentRow?, UnsafeRawBufferPointer) throws -> Bool
  ) throws {
    let filter = shard == nil ? "" : " AND shard = ?"
    let statement = try database.cachedStatement(
      sql: "SELECT * FROM rows WHERE row BETWEEN ? AND ?\(filter) ORDER BY row")
    var arguments: StatementArguments = [from, through]
    if let shard { arguments += [Int64(shard.rawValue)] }
    let cursor = try Row.fetchCursor(statement, arguments: arguments)
    while let row = try cursor.next() {
      guard let parsed = SegmentRow(row) else {
        guard try unsafe body(nil, UnsafeRawBufferPointer(start: nil, count: 0)) else { return }
        continue
      }
      let more = try row.withUnsafeData(atIndex: 8) { data in
        guard let data else {
          return try unsafe body(parsed, UnsafeRawBufferPointer(start: nil, count: 0))
        }
        return try unsafe data.withUnsafeBytes { try unsafe body(parsed, $0) }
      }
      guard more else { return }
    }
  }

  /// The summary that sealing left; nil if there is none or it is damaged.
  func summary(number: UInt64) throws -> SegmentSummary? {
    guard let row = try Row.fetchOne(database, sql: "SELECT format, number, summary FROM segment"),
      let format = Int64.fromDatabaseValue(row[0])
    else { return nil }
    guard format <= SegmentFile.format else {
      throw StorageError.unknownFormat(path: "segment \(number)", version: format)
    }
    return Data.fromDatabaseValue(row[2]).flatMap {
      SegmentSummary([UInt8]($0), number: number)
    }
  }
}

/// What one needs to know of a sealed segment without reading its rows.
struct SegmentSummary: Equatable {
  /// Milliseconds since 1970 UTC.
  var sealedAt: Int64
  /// The highest index that stands in the segment, per group that has entries in it.
  var lastByGroup: [Last]

  struct Last: Equatable {
    var shard: ShardID
    var last: LogIndex
  }

  static let groupsMax = 1 << 20

  init(sealedAt: Int64, lastByGroup: [Last]) {
    self.sealedAt = sealedAt
    self.lastByGroup = lastByGroup
  }

  func bytes(number: UInt64) -> [UInt8] {
    var writer = ByteWriter(reserving: 16 + lastByGroup.count * 12)
    writer.put(number)
    writer.put(sealedAt)
    writer.put(UInt32(lastByGroup.count))
    for group in lastByGroup {
      writer.put(group.shard.rawValue)
      writer.put(group.last.rawValue)
    }
    writer.put(RowCoding.checksum(of: writer.bytes, shard: ShardID(0)))
    return writer.bytes
  }

  init?(_ bytes: [UInt8], number: UInt64) {
    guard let content = RowCoding.checked(bytes, shard: ShardID(0)) else { return nil }
    let parsed: SegmentSummary? = unsafe content.withUnsafeBytes { bytes in
      var reader = unsafe ByteReader(bytes)
      guard reader.get(UInt64.self) == number else { return nil }
      let sealedAt = reader.get(Int64.self)
      let count = Int(reader.get(UInt32.self))
      guard count <= Self.groupsMax, count * 12 == reader.remaining else { return nil }
      let groups = (0..<count).map { _ in
        Last(shard: ShardID(reader.get()), last: LogIndex(reader.get()))
      }
      return reader.isValid ? SegmentSummary(sealedAt: sealedAt, lastByGroup: groups) : nil
    }
    guard let parsed else { return nil }
    self = parsed
  }

  /// Raises the highest index of a group.
  mutating func note(_ shard: ShardID, last: LogIndex) {
    if let position = lastByGroup.firstIndex(where: { $0.shard == shard }) {
      lastByGroup[position].last = max(lastByGroup[position].last, last)
    } else {
      lastByGroup.append(Last(shard: shard, last: last))
    }
  }
}
