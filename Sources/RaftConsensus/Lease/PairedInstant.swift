import Primitives

/// An instant that is still to come, by both of a node's clocks (rule L8): the clocks run apart while
/// the machine sleeps, or when one of them is wrong.
struct PairedInstant: Hashable, Sendable {
  private var boot: UInt64
  private var raw: UInt64

  private init(boot: UInt64, raw: UInt64) {
    self.boot = boot
    self.raw = raw
  }

  init(_ nanoseconds: UInt64, after reading: ClockReading) {
    boot = reading.boot.addingSaturated(nanoseconds)
    raw = reading.raw.addingSaturated(nanoseconds)
  }

  /// Gone by before any clock was read.
  static var past: PairedInstant { PairedInstant(boot: 0, raw: 0) }

  /// Both clocks say so: what a wait asks.
  func hasCertainlyPassed(_ now: ClockReading) -> Bool { now.boot >= boot && now.raw >= raw }

  /// Either clock says so: what ends a lease.
  func mayHavePassed(_ now: ClockReading) -> Bool { now.boot >= boot || now.raw >= raw }

  /// Nanoseconds left until it may have passed.
  func left(_ now: ClockReading) -> UInt64 {
    mayHavePassed(now) ? 0 : min(boot - now.boot, raw - now.raw)
  }

  /// Not before this one and not before the other, by either clock.
  func later(_ other: PairedInstant) -> PairedInstant {
    PairedInstant(boot: max(boot, other.boot), raw: max(raw, other.raw))
  }

  /// At least as late as the other by both clocks.
  func isNoEarlier(than other: PairedInstant) -> Bool { boot >= other.boot && raw >= other.raw }
}
