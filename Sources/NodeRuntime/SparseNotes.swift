import Primitives

/// Decides which of many equal events are told: for each shard the first, and then one per span of
/// time with the number of all since the one before.
struct SparseNotes {
  private struct Known {
    var told: ClockReading
    var since: UInt64
  }

  private let nanoseconds: UInt64
  /// Bounded by the shards that have a member here.
  private var known: [ShardID: Known] = [:]

  init(every nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

  /// Counts one event; gives the number to tell, or nil when it is not to be told now.
  mutating func count(_ shard: ShardID, now: ClockReading) -> UInt64? {
    guard let last = known[shard] else {
      known[shard] = Known(told: now, since: 0)
      return 1
    }
    guard now.waited(since: last.told) >= nanoseconds else {
      known[shard]!.since += 1
      return nil
    }
    known[shard] = Known(told: now, since: 0)
    return last.since + 1
  }
}
