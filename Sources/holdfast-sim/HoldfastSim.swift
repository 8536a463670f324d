import Glibc
import Simulation

/// `holdfast-sim`: the deterministic simulator as a program of its own, without a single package.
@main
enum HoldfastSim {
  static func main() {
    TrapNotice.install()
    let host = SimHost(
      randomSeed: { UInt64.random(in: 0...(.max)) }, seconds: seconds, print: { say($0) },
      complain: { say($0, to: STDERR_FILENO) }, isRunning: TrapNotice.set, runAgain: runAgain,
      commit: variable("HOLDFAST_COMMIT"))
    exit(SimSession.run(Array(CommandLine.arguments.dropFirst()), on: host))
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

  private static func variable(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
  }

  /// The words are numbers and names, so that a shell leaves them as they are.
  private static func runAgain(_ words: [String]) -> [String] {
    guard let program = unsafe realpath("/proc/self/exe", nil) else { return [] }
    defer { unsafe free(program) }
    let command = unsafe "'\(String(cString: program))' " + words.joined(separator: " ")
    guard let pipe = unsafe popen(command, "r") else { return [] }
    var output: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 4_096)
    while true {
      let count = unsafe part.withUnsafeMutableBytes {
        unsafe fread($0.baseAddress, 1, $0.count, pipe)
      }
      guard count > 0 else { break }
      output += part[..<count]
    }
    unsafe pclose(pipe)
    return String(decoding: output, as: UTF8.self).split(separator: "\n").map(String.init)
  }
}
