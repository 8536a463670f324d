import Testing

@testable import Simulation

/// Each recipe by its name, for a few seeds: what it is about happens, and nothing is wrong.
@Suite struct RecipeTests {
  private func play(_ recipe: Recipe, _ seed: UInt64) -> SimReport {
    var options = SimOptions()
    options.recipe = recipe
    options.seed = seed
    options.seconds = 8
    let report = Simulation(options).run()
    #expect(
      report.failure == nil, "holdfast-sim \(options.arguments): \(report.failure?.what ?? "")")
    return report
  }

  @Test(arguments: Recipe.allCases)
  func nothingIsWrong(_ recipe: Recipe) {
    for seed in [1, 2, 3] as [UInt64] {
      let report = play(recipe, seed)
      // The harshest answers about ten a second.
      #expect(report.answered > 50, "\(recipe) answered \(report.answered) calls")
      #expect((report.faults == 0) == (recipe == .sanity))
    }
  }

  /// What a recipe is there for is reached by some of a few seeds.
  @Test(arguments: [
    (Recipe.leadershipTransfers, Mark.transferred), (.transfers, .transferred),
    (.memberAdds, .membersChanged), (.removeLeader, .changedMembers),
    (.removePartitioned, .changedMembers), (.removeOthers, .changedMembers),
    (.slowVotesSent, .heldBack), (.slowVotesReceived, .heldBack), (.leases, .mutiny),
    (.lateMessages, .heldBack),
  ])
  func itsOwnPathIsReached(_ recipe: Recipe, _ mark: Mark) {
    let reached = (1...4 as ClosedRange<UInt64>).contains { seed in
      play(recipe, seed).marks.counts[mark.rawValue] > 0
    }
    #expect(reached, "\(recipe) never reached \(mark)")
  }

  @Test(arguments: [3, 4, 5] as [UInt64])
  func sanityAnswersEveryCallUnderOneLeaderEach(_ seed: UInt64) {
    let report = play(.sanity, seed)
    #expect(report.unknown == 0)
    // Meta and three shards.
    #expect(report.elections == 4)
  }

  @Test func halfOfTheSeedsHaveAnything() {
    let drawn = (0..<2_000 as Range<UInt64>).map { seed in
      var options = SimOptions()
      options.seed = seed
      return FaultPlan(options).recipe
    }
    #expect((900...1_100).contains(drawn.count { $0 == .anything }))
    for recipe in Recipe.sharper { #expect(drawn.count { $0 == recipe } > 80, "\(recipe)") }
  }
}
