import Primitives
import Testing

@testable import holdfast

/// The pacer of an open load is a function of time: nothing that a server does moves a call.
@Suite struct BenchPacerTests {
  private let second: Int64 = 1_000_000_000

  @Test func callsAreDueAtEqualDistances() {
    let pacer = BenchPacer(callsPerSecond: 4)
    #expect(pacer.due(at: -1) == 0)
    #expect(pacer.due(at: 0) == 1)
    #expect(pacer.due(at: 249_999_999) == 1)
    #expect(pacer.due(at: 250_000_000) == 2)
    #expect(pacer.due(at: 10 * second) == 41)
    #expect((0..<4).map(pacer.dueTime) == [0, 250_000_000, 500_000_000, 750_000_000])
  }

  @Test func aSecondHoldsExactlyItsCallsAtAnyRate() {
    for rate in [1, 3, 7, 999, 45_123, 999_983, BenchPacer.callsPerSecondMax] {
      let pacer = BenchPacer(callsPerSecond: rate)
      for start in [0, 1, 59, 4_199] as [Int64] {
        let calls = pacer.due(at: (start + 1) * second - 1) - pacer.due(at: start * second - 1)
        #expect(calls == rate, "second \(start) of \(rate) calls a second")
      }
    }
  }

  @Test func aCallIsDueFromItsDueTimeOnAndNotBefore() {
    var random = SeededRandom(seed: 1)
    for _ in 0..<2_000 {
      let pacer = BenchPacer(callsPerSecond: 1 + Int(random.below(1_000_000)))
      let call = Int(random.below(4_000_000_000))
      let time = pacer.dueTime(of: call)
      #expect(pacer.due(at: time) > call, "call \(call) at \(pacer.callsPerSecond) a second")
      #expect(pacer.due(at: time - 1) <= call, "call \(call) at \(pacer.callsPerSecond) a second")
    }
  }

  /// h2load sends its calls in bursts of 10 ms; here no slot has more than its share.
  @Test func noSlotHasABurst() {
    let pacer = BenchPacer(callsPerSecond: 45_000)
    let slot: Int64 = 250_000
    var sent = pacer.due(at: 0)
    for number in 1...4_000 as ClosedRange<Int64> {
      let due = pacer.due(at: number * slot)
      #expect((11...12).contains(due - sent), "slot \(number)")
      sent = due
    }
  }

  @Test func lanesShareTheRate() {
    let shares = (0..<3).map { BenchPacer(callsPerSecond: 100).share($0, of: 3).callsPerSecond }
    #expect(shares == [34, 33, 33])
  }

  @Test func theMedianIsTheOneInTheMiddle() {
    #expect(AppendSync.median([9, 1, 5]) == 5)
  }
}
