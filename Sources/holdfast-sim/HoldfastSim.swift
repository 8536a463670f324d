import Glibc
import Simulation

/// `holdfast-sim`: the deterministic simulator as a program of its own, without a single package.
@main
enum HoldfastSim {
  static func main() {
    TrapNotice.install()
    exit(
      SimSession.run(
        Array(CommandLine.arguments.dropFirst()), randomSeeds: { UInt64.random(in: 0...(.max)) },
        seconds: seconds, print: { say($0) }, complain: { say($0, to: STDERR_FILENO) },
        isRunning: TrapNotice.set))
  }

  /// A line, past any buffer: a trap must not lose what was said before it.
  private static func say(_ line: String, to file: Int32 = STDOUT_FILENO) {
    var rest = Array((line + "\n").utf8)[...]
    while !rest.isEmpty {
      let written = unsafe rest.withUnsafeBytes { unsafe write(file, $0.baseAddress, $0.count) }
      guard written > 0 else { return }
      rest = rest.dropFirst(written)
    }
  }

  private static func seconds() -> Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
