import Primitives

/// One node's clocks: they run at a rate of their own, the wall clock can step, and a frozen machine
/// sees no time at all.
struct SimClock {
  private var anchor: UInt64
  private var boot: UInt64
  private var raw: UInt64
  private(set) var ratePPM: Int64
  private var wallOffset: Int64
  private var frozenAt: UInt64?
  /// The most that the wall clock was ahead of true time lately.
  private var peakOffset: Int64
  private var steppedAt: UInt64 = 0

  private static let wallStart: Int64 = 1_700_000_000_000
  private static let rawAhead: UInt64 = 5_000_000_000

  init(now: UInt64, bootOffset: UInt64, ratePPM: Int64, wallOffset: Int64) {
    anchor = now
    boot = now + bootOffset
    raw = boot + Self.rawAhead
    self.ratePPM = ratePPM
    self.wallOffset = wallOffset
    peakOffset = wallOffset
  }

  func reading(_ now: UInt64) -> ClockReading {
    let passed = elapsed(now)
    // The wall clock is disciplined by others, so it follows true time and not this machine's rate.
    let wall = Self.wallStart + Int64((frozenAt ?? now) / 1_000_000) + wallOffset
    return ClockReading(boot: boot + passed, raw: raw + passed, wall: wall)
  }

  mutating func setRate(_ ppm: Int64, now: UInt64) {
    settle(now)
    ratePPM = ppm
  }

  mutating func stepWall(_ milliseconds: Int64, now: UInt64) {
    setWallOffset(wallOffset + milliseconds, now: now)
  }

  mutating func setWallOffset(_ milliseconds: Int64, now: UInt64) {
    peakOffset = max(aheadAtMost(now), milliseconds)
    wallOffset = milliseconds
    steppedAt = now
  }

  /// How far ahead of true time a sample of this clock can be that still counts somewhere.
  func aheadAtMost(_ now: UInt64) -> Int64 {
    now > steppedAt + Self.sampleAgeMax ? wallOffset : max(peakOffset, wallOffset)
  }

  /// A paused node may have a sample for as long as it is paused.
  private static let sampleAgeMax: UInt64 = 30_000_000_000

  /// Milliseconds since 1970 UTC of true time.
  static func trueWall(_ now: UInt64) -> Int64 { wallStart + Int64(now / 1_000_000) }

  /// The hypervisor stops the machine with its clocks (rule L8: not covered by the guarantees).
  mutating func freeze(now: UInt64) {
    guard frozenAt == nil else { return }
    settle(now)
    frozenAt = now
  }

  mutating func thaw(now: UInt64) {
    guard frozenAt != nil else { return }
    frozenAt = nil
    anchor = now
  }

  private mutating func settle(_ now: UInt64) {
    let passed = elapsed(now)
    boot += passed
    raw += passed
    anchor = now
  }

  private func elapsed(_ now: UInt64) -> UInt64 {
    let end = frozenAt ?? now
    guard end > anchor else { return 0 }
    let passed = end - anchor
    return UInt64(Int64(passed) + Int64(passed) / 1_000 * ratePPM / 1_000)
  }
}
