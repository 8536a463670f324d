/// What a command line asks for, seed after seed, in lines of text.
package struct SimSession {
  let command: SimCommand
  private let host: SimHost
  private var marks = Marks()
  private var simulatedMilliseconds: UInt64 = 0
  private var done = 0

  private init(_ command: SimCommand, _ host: SimHost) {
    self.command = command
    self.host = host
  }

  /// Does what a command line asks for; the result is the process's exit code.
  package static func run(_ arguments: [String], on host: SimHost) -> Int32 {
    let command: SimCommand
    do throws(SimCommand.UsageError) {
      command = try SimCommand(arguments, randomSeeds: host.randomSeed)
    } catch {
      host.complain(error.message + "\n\n" + SimCommand.usage)
      return 2
    }
    var session = SimSession(command, host)
    switch command.task {
    case .help: host.print(SimCommand.usage)
    case .mutants: for name in SimCommand.mutants { host.print(name) }
    case .recipes: for recipe in Recipe.allCases { host.print(recipe.rawValue) }
    case .plan: for seed in command.seeds { session.plan(seed) }
    case .run: return session.playAll()
    }
    return 0
  }

  private mutating func playAll() -> Int32 {
    let began = host.seconds()
    for seed in command.seeds {
      let options = command.options(seed)
      guard command.shrinks ? shrink(options) : play(options) else { return 1 }
    }
    return finish(seconds: host.seconds() - began) ? 0 : 1
  }

  /// The words that repeat a run.
  private func words(_ options: SimOptions) -> String {
    options.arguments + (command.mutant.isEmpty ? "" : " --mutant \(command.mutant)")
  }

  /// How to repeat it, and on what.
  private func repeating(_ options: SimOptions) -> String {
    let commit = host.commit ?? "unknown: HOLDFAST_COMMIT was not set"
    return "  commit \(commit); repeat it with:\n  holdfast-sim \(words(options))"
  }

  /// Plays one seed; true if nothing was wrong.
  private mutating func play(_ options: SimOptions) -> Bool {
    // The checks inside of the cores end the process.
    host.isRunning(
      "\nseed \(options.seed): TRAPPED; a debug build says why\n\(repeating(options))\n  signal ")
    let report = Simulation(options).run()
    done += 1
    marks.add(report.marks)
    simulatedMilliseconds += report.simulatedMilliseconds
    if !command.isQuiet || report.failure != nil {
      for line in report.summary { host.print(line) }
    }
    if let failure = report.failure {
      host.print("  at \(failure.atNanoseconds / 1_000_000) ms: \(failure.what)")
      host.print(repeating(options))
    }
    if command.printsTraceHash { host.print("trace hash " + Self.hex(report.traceHash)) }
    return report.failure == nil
  }

  /// Plays one seed in a process of its own, and if it fails looks for a smaller run that does.
  private mutating func shrink(_ options: SimOptions) -> Bool {
    let lines = host.runAgain(quietly(options))
    done += 1
    guard let found = Finding(lines) else { return true }
    for line in lines { host.print(line) }
    let small = Shrinking(options, found) { [self] in Finding(host.runAgain(quietly($0))) }
    host.print("  after \(small.runs) runs the shortest that breaks \(small.finding.breaks):")
    host.print("  holdfast-sim \(words(small.options))")
    for line in FaultPlan(small.options).lines(without: small.options.without) {
      host.print("  " + line)
    }
    if !small.finding.what.isEmpty { host.print(small.finding.what) }
    return false
  }

  private func quietly(_ options: SimOptions) -> [String] {
    words(options).split(separator: " ").map(String.init) + ["--quiet"]
  }

  /// The end of a session; true unless a mark is missing that was asked for.
  private func finish(seconds: Double) -> Bool {
    let simulated = simulatedMilliseconds / 1_000
    if done > 1 || !command.printsTraceHash {
      let speed = seconds > 0 ? Int(Double(simulated) / seconds) : 0
      host.print("\(done) seeds, \(simulated) s simulated, \(speed) s per second")
    }
    if command.printsMarks {
      for mark in Mark.allCases { host.print("  \(mark): \(marks.counts[mark.rawValue])") }
    }
    guard command.requiresMarks || command.printsMarks, !marks.missing.isEmpty else { return true }
    host.print("never reached: " + marks.missing.map { "\($0)" }.joined(separator: ", "))
    return !command.requiresMarks
  }

  /// What goes wrong for a seed.
  private func plan(_ seed: UInt64) {
    let options = command.options(seed)
    for line in FaultPlan(options).lines(without: options.without) { host.print(line) }
  }

  private static func hex(_ number: UInt64) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
