import Glibc
import Simulation

/// `holdfast-sim`: the deterministic simulator as a program of its own, without a single package.
@main
enum HoldfastSim {
  static func main() {
    exit(run(Array(CommandLine.arguments.dropFirst())))
  }

  private static func run(_ arguments: [String]) -> Int32 {
    let command: SimCommand
    do throws(SimCommand.UsageError) {
      command = try SimCommand(arguments, randomSeeds: { UInt64.random(in: 0...(.max)) })
    } catch {
      say("\(error.message)\n\n\(SimCommand.usage)", to: STDERR_FILENO)
      return 2
    }
    var session = SimSession(command)
    switch command.task {
    case .help:
      say(SimCommand.usage)
      return 0
    case .plan:
      for seed in command.seeds { session.plan(seed) { say($0) } }
      return 0
    case .mutants:
      for name in SimCommand.mutants { say(name) }
      return 0
    case .run: break
    }
    TrapNotice.install()
    let began = seconds()
    for seed in command.seeds {
      TrapNotice.set(session.notice(seed))
      guard session.play(seed, print: { say($0) }) else { return 1 }
    }
    return session.finish(seconds: seconds() - began, print: { say($0) }) ? 0 : 1
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
