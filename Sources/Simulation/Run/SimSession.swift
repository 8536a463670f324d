/// What a command line asks for, seed after seed, in lines of text.
package struct SimSession {
  let command: SimCommand
  private var marks = Marks()
  private var simulatedMilliseconds: UInt64 = 0
  private var done = 0

  private init(_ command: SimCommand) { self.command = command }

  /// Does what a command line asks for; the result is the process's exit code. Clock, random numbers
  /// and output are the caller's, and so is what is done about a trap.
  package static func run(
    _ arguments: [String], randomSeeds: () -> UInt64, seconds: () -> Double,
    print: (String) -> Void, complain: (String) -> Void, isRunning: (String) -> Void
  ) -> Int32 {
    let command: SimCommand
    do throws(SimCommand.UsageError) {
      command = try SimCommand(arguments, randomSeeds: randomSeeds)
    } catch {
      complain(error.message + "\n\n" + SimCommand.usage)
      return 2
    }
    var session = SimSession(command)
    switch command.task {
    case .help: print(SimCommand.usage)
    case .mutants: for name in SimCommand.mutants { print(name) }
    case .plan: for seed in command.seeds { session.plan(seed, print: print) }
    case .run:
      let began = seconds()
      for seed in command.seeds {
        guard session.play(seed, print: print, isRunning: isRunning) else { return 1 }
      }
      return session.finish(seconds: seconds() - began, print: print) ? 0 : 1
    }
    return 0
  }

  /// The command that repeats a run.
  package static func repeating(_ options: SimOptions, mutant: String) -> String {
    "holdfast-sim \(options.arguments)" + (mutant.isEmpty ? "" : " --mutant \(mutant)")
  }

  /// What is printed for a run that traps: the checks inside of the cores end the process.
  private func notice(_ options: SimOptions) -> String {
    "\nseed \(options.seed): TRAPPED; a debug build says why; repeat it with:\n  "
      + Self.repeating(options, mutant: command.mutant) + "\n  signal "
  }

  /// Plays one seed; true if nothing was wrong. `isRunning` is told, before each run, what to say
  /// should it trap.
  private mutating func play(
    _ seed: UInt64, print: (String) -> Void, isRunning: (String) -> Void
  ) -> Bool {
    let options = command.options(seed)
    isRunning(notice(options))
    let report = Simulation(options).run()
    done += 1
    marks.add(report.marks)
    simulatedMilliseconds += report.simulatedMilliseconds
    if !command.isQuiet || report.failure != nil { for line in report.summary { print(line) } }
    if let failure = report.failure {
      print("  at \(failure.atNanoseconds / 1_000_000) ms: \(failure.what)")
      print("  repeat it with:")
      print("  " + Self.repeating(options, mutant: command.mutant))
      if command.shrinks { shrink(report, print: print, isRunning: isRunning) }
    }
    if command.printsTraceHash { print("trace hash " + Self.hex(report.traceHash)) }
    return report.failure == nil
  }

  private func shrink(
    _ report: SimReport, print: (String) -> Void, isRunning: (String) -> Void
  ) {
    let small = Shrinking(report) { isRunning(notice($0)) }
    print("  after \(small.runs) runs the shortest that breaks rule \(report.failure!.rule):")
    print("  " + Self.repeating(small.best.options, mutant: command.mutant))
    for line in FaultPlan(small.best.options).lines(without: small.best.options.without) {
      print("  " + line)
    }
    if let failure = small.best.failure { print("  \(failure.what)") }
  }

  /// The end of a session; true unless a mark is missing that was asked for.
  private func finish(seconds: Double, print: (String) -> Void) -> Bool {
    let simulated = simulatedMilliseconds / 1_000
    if done > 1 || !command.printsTraceHash {
      let speed = seconds > 0 ? Int(Double(simulated) / seconds) : 0
      print("\(done) seeds, \(simulated) s simulated, \(speed) s per second")
    }
    if command.printsMarks {
      for mark in Mark.allCases { print("  \(mark): \(marks.counts[mark.rawValue])") }
    }
    guard command.requiresMarks || command.printsMarks, !marks.missing.isEmpty else { return true }
    print("never reached: " + marks.missing.map { "\($0)" }.joined(separator: ", "))
    return !command.requiresMarks
  }

  /// What goes wrong for a seed.
  private func plan(_ seed: UInt64, print: (String) -> Void) {
    let options = command.options(seed)
    for line in FaultPlan(options).lines(without: options.without) { print(line) }
  }

  private static func hex(_ number: UInt64) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
