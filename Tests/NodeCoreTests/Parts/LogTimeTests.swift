import Primitives
import Testing

@testable import NodeCore

private let base: Int64 = 1_700_000_000_000

/// A reading `milliseconds` after the start of a test, with the wall clock off by so much.
private func at(_ milliseconds: Int64, off: Int64 = 0) -> ClockReading {
  let nanoseconds = UInt64(milliseconds + 1_000) * 1_000_000
  return ClockReading(boot: nanoseconds, raw: nanoseconds, wall: base + milliseconds + off)
}

/// Two boards that talk: `a` is node 1 and `b` node 2.
private func exchange(
  _ a: inout ClockBoard, _ b: inout ClockBoard, at time: Int64, offB: Int64
) {
  let ask = a.sample(for: NodeID(2), now: at(time))
  if let ask { b.heard(ask, from: NodeID(1), now: at(time + 1, off: offB)) }
  let reply = b.sample(for: NodeID(1), now: at(time + 1, off: offB))
  if let reply { a.heard(reply, from: NodeID(2), now: at(time + 2)) }
}

@Suite struct LogTimeTests {
  @Test func ruleT1_stampsNeverGoBack() {
    var clock = LogClock(last: LogTime(milliseconds: base), now: at(0))
    let first = clock.stamp(median: base + 50, now: at(50), stepLimit: 5_000)
    let second = clock.stamp(median: base - 900, now: at(51), stepLimit: 5_000)
    #expect(first.time.milliseconds == base + 50)
    #expect(second.time == first.time)
  }

  @Test func ruleT1_equalMillisecondsShareAStamp() {
    var clock = LogClock(last: LogTime(milliseconds: base), now: at(0))
    let stamps = (0..<1_000).map { _ in
      clock.stamp(median: base + 5, now: at(5), stepLimit: 5_000).time
    }
    #expect(Set(stamps).count == 1)
  }

  @Test func ruleT2_withoutAMajorityLogTimeRunsOnByTheMonotonicClock() {
    var clock = LogClock(last: LogTime(milliseconds: base), now: at(0))
    _ = clock.stamp(median: base + 10, now: at(10), stepLimit: 5_000)
    // The own wall clock is an hour off: it is not asked.
    let stamp = clock.stamp(median: nil, now: at(2_010, off: 3_600_000), stepLimit: 5_000)
    #expect(stamp.time.milliseconds == base + 2_010)
    #expect(stamp.stepMilliseconds == nil)
  }

  @Test func ruleT2_aStepOfOverFiveSecondsIsReported() {
    var clock = LogClock(last: LogTime(milliseconds: base), now: at(0))
    let small = clock.stamp(median: base + 5_100, now: at(100), stepLimit: 5_000)
    #expect(small.stepMilliseconds == nil)
    let large = clock.stamp(median: base + 10_201, now: at(200), stepLimit: 5_000)
    #expect(large.stepMilliseconds == 5_001)
    let idle = clock.stamp(median: base + 70_201, now: at(60_200), stepLimit: 5_000)
    #expect(idle.stepMilliseconds == nil, "a quiet minute is no step")
  }

  @Test func ruleT2_aNewLeaderGoesOnFromTheNewestEntry() {
    var clock = LogClock(last: .zero, now: at(0))
    clock.noted(LogTime(milliseconds: base + 500), now: at(100))
    #expect(clock.reading(median: nil, now: at(300)).milliseconds == base + 700)
  }

  @Test func ruleT2_theMedianIsNeverOneNodesClockAlone() {
    var a = ClockBoard(
      own: NodeID(1), nodes: [1, 2, 3].map { NodeID($0) }, freshNanoseconds: 3_000_000_000)
    var b = ClockBoard(
      own: NodeID(2), nodes: [1, 2, 3].map { NodeID($0) }, freshNanoseconds: 3_000_000_000)
    let voters = [1, 2, 3].map { NodeID($0) }
    #expect(a.median(of: voters, now: at(0)) == nil)
    #expect(a.median(of: [NodeID(1)], now: at(0)) == base, "a single member has no other")
    exchange(&a, &b, at: 0, offB: -40)
    exchange(&a, &b, at: 100, offB: -40)
    // Two of three: the earlier of the two, so never ahead of what a majority says.
    let median = a.median(of: voters, now: at(200))
    #expect(median == base + 200 - 40 - 1, "one millisecond under way")
  }

  @Test func ruleT2_anOldSampleSaysNothing() {
    var a = ClockBoard(
      own: NodeID(1), nodes: [NodeID(1), NodeID(2)], freshNanoseconds: 3_000_000_000)
    var b = ClockBoard(
      own: NodeID(2), nodes: [NodeID(1), NodeID(2)], freshNanoseconds: 3_000_000_000)
    exchange(&a, &b, at: 0, offB: 0)
    exchange(&a, &b, at: 100, offB: 0)
    let voters = [NodeID(1), NodeID(2)]
    #expect(a.median(of: voters, now: at(2_000)) != nil)
    #expect(a.median(of: voters, now: at(3_200)) == nil)
  }

  @Test func ruleT2_aSampleThatWasLongUnderWayIsNotFresh() {
    var a = ClockBoard(
      own: NodeID(1), nodes: [NodeID(1), NodeID(2)], freshNanoseconds: 1_000_000_000)
    var b = ClockBoard(
      own: NodeID(2), nodes: [NodeID(1), NodeID(2)], freshNanoseconds: 1_000_000_000)
    let ask = a.sample(for: NodeID(2), now: at(0))!
    b.heard(ask, from: NodeID(1), now: at(1))
    let reply = b.sample(for: NodeID(1), now: at(2))!
    a.heard(reply, from: NodeID(2), now: at(1_500))
    #expect(a.median(of: [NodeID(1), NodeID(2)], now: at(1_500)) == nil)
  }

  @Test func ruleT2_aRestartedPeerIsHeardAgain() {
    let nodes = [NodeID(1), NodeID(2)]
    var a = ClockBoard(own: NodeID(1), nodes: nodes, freshNanoseconds: 1_000_000_000)
    var b = ClockBoard(own: NodeID(2), nodes: nodes, freshNanoseconds: 1_000_000_000)
    for time in stride(from: Int64(0), to: 5_000, by: 100) {
      exchange(&a, &b, at: time, offB: 0)
    }
    b = ClockBoard(own: NodeID(2), nodes: nodes, freshNanoseconds: 1_000_000_000)
    for time in stride(from: Int64(10_000), to: 10_500, by: 100) {
      exchange(&a, &b, at: time, offB: 0)
    }
    #expect(a.median(of: nodes, now: at(10_500)) != nil)
    #expect(b.median(of: nodes, now: at(10_500)) != nil)
  }
}
