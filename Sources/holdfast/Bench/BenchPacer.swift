/// When the calls of a steady load are due: call n at n / `callsPerSecond` seconds from the start,
/// whatever became of the calls before it. A function of time alone; times are nanoseconds from
/// the start.
struct BenchPacer: Sendable {
  /// So that a count of hours in nanoseconds still multiplies without overflow.
  static let callsPerSecondMax = 1_000_000

  private static let second: Int64 = 1_000_000_000
  let callsPerSecond: Int

  init(callsPerSecond: Int) {
    precondition(
      (1...Self.callsPerSecondMax).contains(callsPerSecond), "\(callsPerSecond) calls a second")
    self.callsPerSecond = callsPerSecond
  }

  /// How many calls are due by then, the first of them at time 0.
  func due(at nanoseconds: Int64) -> Int {
    guard nanoseconds >= 0 else { return 0 }
    let (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: Self.second)
    let rate = Int64(callsPerSecond)
    return Int(seconds * rate + rest * rate / Self.second) + 1
  }

  /// The first nanosecond at which this call, counted from 0, is due.
  func dueTime(of call: Int) -> Int64 {
    let rate = Int64(callsPerSecond)
    let (seconds, rest) = Int64(call).quotientAndRemainder(dividingBy: rate)
    return seconds * Self.second + (rest * Self.second + rate - 1) / rate
  }

  /// The share of one of `lanes` lanes, which together make this rate.
  func share(_ lane: Int, of lanes: Int) -> BenchPacer {
    BenchPacer(
      callsPerSecond: callsPerSecond / lanes + (lane < callsPerSecond % lanes ? 1 : 0))
  }
}
