// The three kinds of time. None of them is ever read here: shells read clocks, cores are told.

/// Replicated time of one shard in milliseconds since 1970 UTC (rules T1, T2): stamped into each
/// entry by the leader, never going back, and the only time that the ledger knows.
@usableFromInline
package struct LogTime: Hashable, Comparable, Sendable {
  @usableFromInline package var milliseconds: Int64
  @inlinable package init(milliseconds: Int64) { self.milliseconds = milliseconds }
  @inlinable package static func < (a: LogTime, b: LogTime) -> Bool {
    a.milliseconds < b.milliseconds
  }
  @inlinable package static var zero: LogTime { LogTime(milliseconds: 0) }
  /// The UTC day that this instant falls on.
  @inlinable package var day: Day {
    let day = milliseconds / 86_400_000
    return Day(number: Int32(clamping: milliseconds % 86_400_000 < 0 ? day - 1 : day))
  }
}

/// A UTC calendar day, counted from 1970-01-01.
@usableFromInline
package struct Day: Hashable, Comparable, Sendable {
  @usableFromInline package var number: Int32
  @inlinable package init(number: Int32) { self.number = number }
  @inlinable package static func < (a: Day, b: Day) -> Bool { a.number < b.number }
}

/// One reading of a node's own clocks, taken after the input that it goes with was taken from
/// its mailbox (rules L8, L9).
@usableFromInline
package struct ClockReading: Hashable, Sendable {
  /// Nanoseconds of CLOCK_BOOTTIME: goes on while the machine sleeps.
  @usableFromInline package var boot: UInt64
  /// Nanoseconds of CLOCK_MONOTONIC_RAW: not slewed by time synchronisation.
  @usableFromInline package var raw: UInt64
  /// Milliseconds of the wall clock since 1970 UTC; used for stamps only, through the median.
  @usableFromInline package var wall: Int64

  @inlinable package init(boot: UInt64, raw: UInt64, wall: Int64) {
    self.boot = boot
    self.raw = raw
    self.wall = wall
  }

  /// Nanoseconds that certainly passed since `earlier`: the smaller of the two clocks, for waits.
  @inlinable package func waited(since earlier: ClockReading) -> UInt64 {
    min(Self.elapsed(earlier.boot, boot), Self.elapsed(earlier.raw, raw))
  }

  /// Nanoseconds that may have passed since `earlier`: the larger of the two clocks, for leases.
  @inlinable package func aged(since earlier: ClockReading) -> UInt64 {
    max(Self.elapsed(earlier.boot, boot), Self.elapsed(earlier.raw, raw))
  }

  @inlinable static func elapsed(_ from: UInt64, _ to: UInt64) -> UInt64 {
    to > from ? to - from : 0
  }
}
