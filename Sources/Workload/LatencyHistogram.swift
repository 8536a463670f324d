/// Counts durations in buckets that are at most 1/32 wide, from a nanosecond to centuries: fixed
/// memory, one shift and one add a call.
package struct LatencyHistogram: Sendable {
  private static let subBits = 5
  private var counts = [UInt64](repeating: 0, count: 64 << subBits)
  package private(set) var total: UInt64 = 0
  package private(set) var maximum: UInt64 = 0

  package init() {}

  package mutating func add(nanoseconds: UInt64) {
    counts[Self.bucket(nanoseconds)] += 1
    total += 1
    maximum = max(maximum, nanoseconds)
  }

  package mutating func add(_ other: LatencyHistogram) {
    for bucket in counts.indices { counts[bucket] += other.counts[bucket] }
    total += other.total
    maximum = max(maximum, other.maximum)
  }

  /// The duration in milliseconds that this part of a thousand stayed below; 0 when empty.
  package func milliseconds(perMille: UInt64) -> Double {
    guard total > 0 else { return 0 }
    let rank = max(1, (total * perMille + 999) / 1000)
    var seen: UInt64 = 0
    for bucket in counts.indices {
      seen += counts[bucket]
      if seen >= rank { return Double(min(Self.upperBound(bucket), maximum)) / 1e6 }
    }
    return Double(maximum) / 1e6
  }

  private static func bucket(_ value: UInt64) -> Int {
    guard value >= 1 << subBits else { return Int(value) }
    let shift = 63 - value.leadingZeroBitCount - subBits
    return (shift + 1) << subBits | Int(value >> UInt64(shift)) & (1 << subBits - 1)
  }

  private static func upperBound(_ bucket: Int) -> UInt64 {
    guard bucket >= 1 << subBits else { return UInt64(bucket) }
    let shift = UInt64(bucket >> subBits - 1)
    let base = UInt64(1 << subBits | bucket & (1 << subBits - 1))
    return (base << shift) + (1 << shift - 1)
  }
}
