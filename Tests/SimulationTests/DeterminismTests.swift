import Testing

@testable import Simulation

/// The same options, the same run: to the last message.
@Suite struct DeterminismTests {
  private func options(_ seed: UInt64, seconds: UInt64 = 4) -> SimOptions {
    var options = SimOptions()
    options.seed = seed
    options.seconds = seconds
    return options
  }

  @Test(arguments: [3, 4, 5] as [UInt64])
  func trap29_oneSeedGivesOneTrace(seed: UInt64) {
    let first = Simulation(options(seed)).run()
    let second = Simulation(options(seed)).run()
    #expect(first.traceHash == second.traceHash, "holdfast-sim --seed \(seed) --seconds 4")
    #expect(first.steps == second.steps)
    #expect(first.failure == nil, "holdfast-sim --seed \(seed) --seconds 4")
  }

  @Test func anotherSeedGivesAnotherTrace() {
    #expect(
      Simulation(options(8)).run().traceHash != Simulation(options(9)).run().traceHash)
  }

  @Test func aFaultThatIsLeftOutChangesTheRunAndNothingElseOfThePlan() {
    var shorter = options(3)
    shorter.without = [1]
    #expect(Simulation(options(3)).plan.lines() == Simulation(shorter).plan.lines())
    #expect(Simulation(options(3)).run().traceHash != Simulation(shorter).run().traceHash)
  }

  @Test func optionsAreWrittenAsTheyAreRead() throws {
    var given = options(77, seconds: 5)
    given.without = [1, 4]
    given.nodes = 3
    given.pools = 2
    given.recipe = .figure8
    let words = given.arguments.split(separator: " ").map(String.init)
    let command = try SimCommand(words, randomSeeds: { 0 })
    #expect(command.seeds.map(command.options) == [given])
  }
}
