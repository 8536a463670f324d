package import Primitives

import Glibc

/// Reads this machine's clocks (rule L8). The shell reads them after it took an input from its
/// mailbox and before the core sees it (rule L9).
package enum SystemClock {
  package static func now() -> ClockReading {
    ClockReading(
      boot: nanoseconds(CLOCK_BOOTTIME), raw: nanoseconds(CLOCK_MONOTONIC_RAW),
      wall: Int64(nanoseconds(CLOCK_REALTIME) / 1_000_000))
  }

  private static func nanoseconds(_ clock: clockid_t) -> UInt64 {
    var time = timespec()
    let result = unsafe clock_gettime(clock, &time)
    precondition(result == 0, "clock \(clock) cannot be read: errno \(errno)")
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}
