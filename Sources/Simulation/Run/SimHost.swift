/// What a session needs of its process, for it has no clock, output or processes of its own.
package struct SimHost {
  package var randomSeed: () -> UInt64
  package var seconds: () -> Double
  package var print: (String) -> Void
  package var complain: (String) -> Void
  /// Told before each run what to say should it trap.
  package var isRunning: (String) -> Void
  /// Runs this program once more, with these words, to its end; the lines that it printed, one with
  /// ": TRAPPED" among them if it trapped.
  package var runAgain: ([String]) -> [String]
  /// The commit that was built, where whoever started the process says so.
  package var commit: String?

  package init(
    randomSeed: @escaping () -> UInt64, seconds: @escaping () -> Double,
    print: @escaping (String) -> Void, complain: @escaping (String) -> Void,
    isRunning: @escaping (String) -> Void, runAgain: @escaping ([String]) -> [String],
    commit: String?
  ) {
    self.randomSeed = randomSeed
    self.seconds = seconds
    self.print = print
    self.complain = complain
    self.isRunning = isRunning
    self.runAgain = runAgain
    self.commit = commit
  }
}
