/// What a command line asks for, seed after seed, in lines of text.
package struct SimSession {
  let command: SimCommand
  private var marks = Marks()
  private var simulatedMilliseconds: UInt64 = 0
  private var done = 0

  package init(_ command: SimCommand) { self.command = command }

  /// The command that repeats a run.
  package static func repeating(_ options: SimOptions, mutant: String) -> String {
    "holdfast-sim \(options.arguments)" + (mutant.isEmpty ? "" : " --mutant \(mutant)")
  }

  /// What is printed for a run that traps: the checks inside of the cores end the process.
  package func notice(_ seed: UInt64) -> String {
    "\nseed \(seed): TRAPPED; a debug build says why; repeat it with:\n  "
      + Self.repeating(command.options(seed), mutant: command.mutant) + "\n  signal "
  }

  /// Plays one seed; true if nothing was wrong.
  package mutating func play(_ seed: UInt64, print: (String) -> Void) -> Bool {
    let options = command.options(seed)
    let report = Simulation(options).run()
    done += 1
    marks.add(report.marks)
    simulatedMilliseconds += report.simulatedMilliseconds
    if !command.isQuiet || report.failure != nil { for line in report.summary { print(line) } }
    if let failure = report.failure {
      print("  at \(failure.atNanoseconds / 1_000_000) ms: \(failure.what)")
      print("  repeat it with:")
      print("  " + Self.repeating(options, mutant: command.mutant))
    }
    if command.printsTraceHash { print("trace hash " + Self.hex(report.traceHash)) }
    return report.failure == nil
  }

  /// The end of a session; true unless a mark is missing that was asked for.
  package func finish(seconds: Double, print: (String) -> Void) -> Bool {
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
  package func plan(_ seed: UInt64, print: (String) -> Void) {
    for line in FaultPlan(command.options(seed)).lines { print(line) }
  }

  private static func hex(_ number: UInt64) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
