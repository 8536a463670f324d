import Primitives

/// Compares a node's two clocks with each other, window by window (rule L8). As long as one of them
/// keeps its rate, leases and waits are safe, for a lease ends by the faster and a wait by the slower
/// one; clocks that run apart say that one doesn't, so leases are not relied on until they agree.
///
/// A suspended machine is no fault: CLOCK_BOOTTIME goes on meanwhile and CLOCK_MONOTONIC_RAW does
/// not, so the one leaps ahead of the other between two readings.
struct ClockWatch: Sendable {
  enum Change: Equatable {
    case disagree(byNanoseconds: Int64)
    case agree
  }

  private let ratePPM: UInt64
  private let windowNanoseconds: UInt64
  private var start: ClockReading
  private var last: ClockReading
  /// How far ahead suspends put the boot clock in this window.
  private var asleep: UInt64 = 0
  private(set) var agrees = true

  /// A leap of the boot clock between two readings, usually a tick apart, that is taken for a
  /// suspend.
  static let leapNanoseconds: UInt64 = 50_000_000

  init(ratePPM: UInt32, windowNanoseconds: UInt64, start: ClockReading) {
    self.ratePPM = UInt64(ratePPM)
    self.windowNanoseconds = windowNanoseconds
    self.start = start
    last = start
  }

  /// Takes a reading; what it changes at the end of a window.
  mutating func note(_ now: ClockReading) -> Change? {
    let boot = now.boot.subtractingClamped(last.boot)
    let leap = boot.subtractingClamped(now.raw.subtractingClamped(last.raw))
    if leap > Self.leapNanoseconds { asleep += leap }
    last = now
    let awake = now.boot.subtractingClamped(start.boot).subtractingClamped(asleep)
    let raw = now.raw.subtractingClamped(start.raw)
    let window = max(awake, raw)
    guard window >= windowNanoseconds else { return nil }
    start = now
    asleep = 0
    return judge(apart: Int64(awake) - Int64(raw), limit: window / 1_000_000 * ratePPM)
  }

  private mutating func judge(apart: Int64, limit: UInt64) -> Change? {
    let isGood = apart.magnitude <= limit
    defer { agrees = isGood }
    if !isGood { return agrees ? .disagree(byNanoseconds: apart) : nil }
    return agrees ? nil : .agree
  }
}

extension UInt64 {
  fileprivate func subtractingClamped(_ other: UInt64) -> UInt64 { self > other ? self - other : 0 }
}

extension NodeCore {
  /// Compares the own clock with the clock for stamps (rule T2).
  mutating func watchOwnClock(now: ClockReading) {
    guard let median = medianWithOthers(now: now) else { return }
    let off = now.wall - median
    let limit = settings.clockAlarmMilliseconds
    if !clockAlarm && abs(off) > limit {
      clockAlarm = true
      out.events.append(.ownClockOff(byMilliseconds: off))
    } else if clockAlarm && abs(off) * 2 < limit {
      clockAlarm = false
      out.events.append(.ownClockGood)
    }
  }

  /// That of the first group here in which others have a vote, and whose voters are heard. Who is
  /// configured and has no seat is not waited for.
  private func medianWithOthers(now: ClockReading) -> Int64? {
    for at in groups.indices where groups[at].voters != [settings.node] {
      if let median = clocks.median(of: groups[at].voters, now: now) { return median }
    }
    return nil
  }

  /// Says so when the node's two clocks begin to disagree, and when they agree again.
  mutating func comparePair(now: ClockReading) {
    switch clockWatch.note(now) {
    case .disagree(let apart):
      out.events.append(.clockPairDisagrees(byMicroseconds: apart / 1_000))
    case .agree: out.events.append(.clockPairAgrees)
    case nil: break
    }
  }
}
