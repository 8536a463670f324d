import Primitives

/// The clock that one group's leader stamps entries with (rules T1, T2). It follows the median of
/// the voters' clocks while a majority of them is fresh, and runs on by the monotonic clock else.
struct LogClock: Sendable {
  /// The newest stamp of the log as far as this member knows; stamps never go back.
  private(set) var last: LogTime
  private var anchor: Int64
  private var anchorAt: ClockReading

  struct Stamp: Equatable {
    var time: LogTime
    /// How far the clock went ahead of the time that passed, if by more than the limit.
    var stepMilliseconds: Int64?
  }

  init(last: LogTime, now: ClockReading) {
    self.last = last
    anchor = last.milliseconds
    anchorAt = now
  }

  /// An entry of this time is in the log: a later leader's clock can't be behind it.
  mutating func noted(_ time: LogTime, now: ClockReading) {
    if time > last { last = time }
    if time.milliseconds > runOn(now) {
      anchor = time.milliseconds
      anchorAt = now
    }
  }

  /// What the clock says now, for looking at deadlines; it changes nothing.
  func reading(median: Int64?, now: ClockReading) -> LogTime {
    max(last, LogTime(milliseconds: median ?? runOn(now)))
  }

  /// The stamp of an entry that is proposed now.
  mutating func stamp(median: Int64?, now: ClockReading, stepLimit: Int64) -> Stamp {
    let expected = max(last.milliseconds, runOn(now))
    var step: Int64?
    if let median {
      if median - expected > stepLimit { step = median - expected }
      anchor = median
      anchorAt = now
    }
    last = reading(median: median, now: now)
    return Stamp(time: last, stepMilliseconds: step)
  }

  private func runOn(_ now: ClockReading) -> Int64 {
    anchor + Int64(clamping: now.waited(since: anchorAt) / 1_000_000)
  }
}
