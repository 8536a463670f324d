package import Primitives

/// Counters of one store since it was opened, and what its disk has left.
package struct StorageStatistics: Sendable {
  /// Durable transactions, each one sync.
  package var syncs: UInt64 = 0
  /// Batches that those transactions carried.
  package var batches: UInt64 = 0
  /// Bytes of rows written.
  package var bytes: UInt64 = 0
  /// Time from the start of a transaction to its end, sync included.
  package var syncLatency = LatencyHistogram()
  /// Segment files, the active one included.
  package var segments = 0
  /// Bytes of sealed segments.
  package var sealedBytes: Int64 = 0
  /// Bytes of sealed segments from the one on that has a group's oldest row.
  package var keptBytes: [ShardID: Int64] = [:]
  /// Work that waits for the storage thread.
  package var queued = 0
  /// Bytes that the file system has left for us.
  package var freeBytes: Int64 = 0
}

/// Counts of latencies in power-of-two microsecond buckets: bucket `i` counts those below `2^i`
/// microseconds (the last one all the rest).
package struct LatencyHistogram: Sendable {
  package private(set) var buckets = [UInt64](repeating: 0, count: 28)
  package private(set) var totalMicroseconds: UInt64 = 0
  package private(set) var maxMicroseconds: UInt64 = 0

  package init() {}

  package var count: UInt64 { buckets.reduce(0, +) }

  package mutating func record(microseconds: UInt64) {
    let bucket = UInt64.bitWidth - microseconds.leadingZeroBitCount
    buckets[min(bucket, buckets.count - 1)] += 1
    totalMicroseconds += microseconds
    maxMicroseconds = max(maxMicroseconds, microseconds)
  }

  /// What came after `earlier`, an older copy of this histogram.
  package func since(_ earlier: LatencyHistogram) -> LatencyHistogram {
    var later = self
    for bucket in buckets.indices { later.buckets[bucket] -= earlier.buckets[bucket] }
    later.totalMicroseconds -= earlier.totalMicroseconds
    return later
  }

  /// The upper bound in microseconds of the bucket in which the given share of all lies.
  package func upperBound(ofPercent percent: UInt64) -> UInt64 {
    let wanted = (count * percent + 99) / 100
    var seen: UInt64 = 0
    for (bucket, number) in buckets.enumerated() {
      seen += number
      if seen >= wanted, seen > 0 { return 1 << UInt64(bucket) }
    }
    return 0
  }
}
