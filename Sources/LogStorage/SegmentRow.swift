import Foundation
import GRDB
import Primitives

/// One row of a segment as it is read back. The big column is looked at in place, only where it is
/// asked for.
struct SegmentRow {
  var row: Int64
  var shard: ShardID
  var log: LogPart?
  /// Nil: the row carries none.
  var hardState: [UInt8]?
  var extra: [UInt8]?

  /// Rows at and above `first` give way to the entries `first…last` (none: `last` is before it).
  struct LogPart: Equatable {
    var first: LogIndex
    var last: LogIndex
    /// The chained checksum of the group's log row before this one …
    var before: UInt32
    /// … and the one that this row continues it to.
    var checksum: UInt32
  }

  /// The checksum that a log part with these entry bytes has.
  static func checksum(
    before: UInt32, shard: ShardID, first: LogIndex, last: LogIndex, entries: UnsafeRawBufferPointer
  ) -> UInt32 {
    var crc = CRC32C(continuing: before)
    crc.update(UInt64(shard.rawValue))
    crc.update(first.rawValue)
    crc.update(last.rawValue)
    unsafe crc.update(entries)
    return crc.value
  }

  /// Nil where a column has a value that no writer puts there.
  init?(_ row: Row) {
    guard let number = Int64.fromDatabaseValue(row[0]),
      let shard = Int64.fromDatabaseValue(row[1]).flatMap(UInt32.init(exactly:))
    else { return nil }
    self.row = number
    self.shard = ShardID(shard)
    if !(row[2] as DatabaseValue).isNull {
      guard let first = Int64.fromDatabaseValue(row[2]), first > 0,
        let last = Int64.fromDatabaseValue(row[3]), last >= first - 1, last < Int64.max,
        let before = Int64.fromDatabaseValue(row[4]).flatMap(UInt32.init(exactly:)),
        let checksum = Int64.fromDatabaseValue(row[5]).flatMap(UInt32.init(exactly:))
      else { return nil }
      log = LogPart(
        first: LogIndex(UInt64(first)), last: LogIndex(UInt64(last)), before: before,
        checksum: checksum)
    }
    hardState = Self.bytes(row[6])
    extra = Self.bytes(row[7])
  }

  private static func bytes(_ value: DatabaseValue) -> [UInt8]? {
    // A value of another type than a blob is a damaged blob, not a missing one.
    value.isNull ? nil : Data.fromDatabaseValue(value).map { [UInt8]($0) } ?? []
  }
}
