import Primitives

/// The groups that were closed before the newest sealed segment was begun, as its head says.
///
/// A closed group has no snapshot, so its rows would look as if they were needed for as long as the
/// journal keeps them. None of a segment before this one counts: a group that is closed begins anew, and
/// whoever created it again since wrote behind that head. A segment that was in use is not asked: it is
/// the next start that finds it sealed.
struct ClosedGroups {
  private var segment: UInt64 = 0
  private var shards: Set<ShardID> = []

  init() {}

  init(in directory: String, _ numbers: [UInt64]) {
    let newest = numbers.last { SegmentReader.isSealed(SegmentFile.path($0, in: directory)) }
    guard let newest else { return }
    segment = newest
    // What can't be read is said to be damaged where it is read for good.
    let reader = try? SegmentReader(
      number: newest, path: SegmentFile.path(newest, in: directory))
    shards = (try? reader?.read(Self.shards)) ?? []
  }

  /// Nothing counts any more that the segment has of the group.
  func holds(_ shard: ShardID, since number: UInt64) -> Bool {
    number < segment && shards.contains(shard)
  }

  /// Each group's row is at the head, before all other rows.
  private static func shards(_ rows: SegmentRows) throws -> Set<ShardID> {
    var shards: Set<ShardID> = []
    try unsafe rows.scan { row, _ in
      guard let row, let bytes = row.extra,
        let carried = RowExtra(bytes, shard: row.shard)?.carried
      else { return false }
      if carried.isClosed { shards.insert(row.shard) }
      return true
    }
    return shards
  }
}
