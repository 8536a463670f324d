import Primitives

@testable import RaftConsensus

/// A node's two clocks, each at a rate of its own.
struct TestClock {
  private struct One {
    var shown: UInt64 = 0
    var at: UInt64 = 0
    var ppm: Int64 = 0

    func reading(_ now: UInt64) -> UInt64 {
      shown + UInt64(Int64(now - at) * (1_000_000 + ppm) / 1_000_000)
    }

    mutating func bend(now: UInt64, ppm: Int64) {
      shown = reading(now)
      at = now
      self.ppm = ppm
    }
  }

  private var boot = One()
  private var raw = One()

  func reading(_ now: UInt64) -> ClockReading {
    ClockReading(boot: boot.reading(now), raw: raw.reading(now), wall: Int64(now / 1_000_000))
  }

  /// From now on both run as fast or slow as `ppm` allows; of a faulty pair one does what it likes.
  mutating func bend(now: UInt64, ppm: Int64, isFaulty: Bool, random: inout SeededRandom) {
    func draw() -> Int64 { [-ppm, 0, ppm][Int(random.below(3))] }
    boot.bend(now: now, ppm: draw())
    raw.bend(now: now, ppm: isFaulty ? draw() * 12 : draw())
  }

  /// The machine slept: the one clock stood still meanwhile.
  mutating func slept(nanoseconds: UInt64) { raw.shown -= min(raw.shown, nanoseconds / 2) }
}

/// A process that stands still: after it took some messages from its mailbox and before it looked at
/// the clock, or after that too.
struct TestPause {
  let began: UInt64
  let until: UInt64
  /// It had looked at the clock before it stopped.
  let isAfterReading: Bool
  let isAsleep: Bool
  /// What was committed when it stopped, and a read had just come.
  let atLeast: LogIndex
  var reading: ClockReading?
  private(set) var taken: [Message] = []
  private(set) var later: [Message] = []

  init(began: UInt64, until: UInt64, isAfterReading: Bool, isAsleep: Bool, atLeast: LogIndex) {
    self.began = began
    self.until = until
    self.isAfterReading = isAfterReading
    self.isAsleep = isAsleep
    self.atLeast = atLeast
  }

  mutating func take(_ message: Message, now: UInt64) {
    if now == began { taken.append(message) } else { later.append(message) }
  }
}
