import Testing

@testable import Simulation

/// Shrinking goes by what a run printed, so that a trap can be shrunk as well.
@Suite struct ShrinkingTests {
  @Test func aBrokenRuleIsRead() throws {
    let found = try #require(
      Finding(["seed 7: FAILED, rule L4, 31 s simulated, 3 faults", "  at 12345 ms: two leases"]))
    #expect(found.breaks == "rule L4")
    #expect(found.milliseconds == 12_345)
    #expect(found.what == "  at 12345 ms: two leases")
  }

  @Test func aTrapIsRead() throws {
    let found = try #require(Finding(["", "seed 7: TRAPPED; a debug build says why"]))
    #expect(found.breaks == "trap")
    #expect(found.milliseconds == nil)
  }

  @Test func aCleanRunIsNone() {
    #expect(Finding(["3 seeds, 200 s simulated, 100 s per second"]) == nil)
  }

  private func options() -> SimOptions {
    var options = SimOptions()
    options.seed = 3
    return options
  }

  /// Two faults of the plan are needed, ten seconds and two clients.
  @Test(arguments: ["seed 3: TRAPPED", "seed 3: FAILED, rule C1, 1 s simulated"])
  func whatIsNotNeededGoes(_ line: String) {
    let needed = [1, 4]
    let small = Shrinking(options(), Finding([line])!) { options in
      let count = FaultPlan(options).count
      let isThere = needed.allSatisfy { $0 < count && !options.without.contains($0) }
      guard isThere, options.seconds >= 10, options.clients >= 2 else { return nil }
      return Finding([line])
    }
    let count = FaultPlan(small.options).count
    #expect(small.options.without == (0..<count).filter { !needed.contains($0) })
    #expect((10..<20).contains(small.options.seconds))
    #expect(small.options.clients == 2)
  }

  /// Another rule that is broken on the way is another matter.
  @Test func anotherFailureIsNotTaken() {
    let small = Shrinking(options(), Finding(["seed 3: TRAPPED"])!) { _ in
      Finding(["seed 3: FAILED, rule C1, 1 s simulated"])
    }
    #expect(small.options == options())
  }
}
