import Foundation
import Primitives
import Testing

@testable import RaftConsensus

/// Many short lives of small groups, in which everything goes wrong that may, and after which all
/// members agree. `HOLDFAST_RAFT_SEED=n` runs one seed, `HOLDFAST_RAFT_SEEDS=n` that many;
/// `HOLDFAST_RAFT_TRACE=1` prints each seed when it begins, for one that ends in a trap.
@Suite struct RandomClusterTests {
  @Test func rulesC1toC8_threeVotersSurviveCrashesLossAndOneWayLinks() {
    run("three voters", seeds: 100, configuration: Configuration(voters: members(1, 2, 3)))
  }

  @Test func rulesC1toC8_fiveVotersAndALearner() {
    run(
      "five voters", seeds: 30,
      configuration: Configuration(voters: members(1, 2, 3, 4, 5), learners: members(6)))
  }

  @Test func ruleC4_jointConfigurationNeedsBothMajorities() {
    run(
      "joint", seeds: 40,
      configuration: Configuration(voters: members(1, 2, 3), outgoingVoters: members(3, 4, 5)))
  }

  @Test func ruleC8_aGroupOfOne() {
    run("one voter", seeds: 20, configuration: Configuration(voters: members(1)))
  }

  @Test func ruleC9_membersThatLoseRowsAreRepaired() {
    var chaos = Chaos()
    chaos.losesRows = true
    chaos.crash = 20
    let repairs = run(
      "lost rows", seeds: 80, configuration: Configuration(voters: members(1, 2, 3)), chaos: chaos)
    if repairs.isWhole { #expect(repairs.count > 20, "only \(repairs.count) repairs were needed") }
  }

  @Test func ruleC10_membersWhoseStateIsWrongAreRebuilt() {
    var chaos = Chaos()
    chaos.takeOut = 20
    let repairs = run(
      "taken out", seeds: 80, configuration: Configuration(voters: members(1, 2, 3)), chaos: chaos)
    if repairs.isWhole { #expect(repairs.count > 80, "only \(repairs.count) were rebuilt") }
  }

  @Test func rulesC1C4L7_membersAndLeadersChangeAllTheTime() {
    var chaos = Chaos()
    chaos.change = 200
    var (changes, transfers, crowds) = (0, 0, 0)
    for seed in seeds(50) {
      var cluster = TestCluster(
        seed: seed, configuration: Configuration(voters: members(1, 2, 3)),
        strangers: members(4, 5, 6))
      live("changing members", seed: seed, &cluster, chaos, steps: 700)
      changes += cluster.changes
      transfers += cluster.transfers
      let voters = cluster.nodes.flatMap { $0.group.configuration.voters }
      if voters.contains(where: { $0 > MemberID(3) }) { crowds += 1 }
    }
    let lives = seeds(50).count
    guard lives > 1 else { return }
    #expect(changes > 4 * lives, "\(changes) changes in \(lives) lives")
    #expect(transfers > 2 * lives, "\(transfers) transfers in \(lives) lives")
    #expect(crowds > lives / 6, "a stranger votes in \(crowds) of \(lives) lives")
  }

  @Test func aSeedIsRepeatable() {
    func life() -> TestState {
      var cluster = TestCluster(seed: 4, configuration: Configuration(voters: members(1, 2, 3)))
      cluster.run(steps: 400, Chaos())
      return cluster.nodes[0].state
    }
    let first = life()
    #expect(first == life())
    #expect(first.index > .zero)
  }

  // MARK: One life

  @discardableResult
  private func run(
    _ name: String, seeds: UInt64, configuration: Configuration, chaos: Chaos = Chaos()
  ) -> (count: Int, isWhole: Bool) {
    var total = Totals()
    let range = self.seeds(seeds)
    for seed in range {
      var cluster = TestCluster(seed: seed, configuration: configuration)
      live(name, seed: seed, &cluster, chaos)
      total.add(cluster.checkers)
    }
    if range.count > 1 { total.expectWork(name, lives: range.count, configuration) }
    return (total.repairs, range.count > 1)
  }

  private func seeds(_ many: UInt64) -> ClosedRange<UInt64> {
    let environment = ProcessInfo.processInfo.environment
    if let one = environment["HOLDFAST_RAFT_SEED"].flatMap(UInt64.init) { return one...one }
    return 1...max(environment["HOLDFAST_RAFT_SEEDS"].flatMap(UInt64.init) ?? many, 1)
  }

  private func live(
    _ name: String, seed: UInt64, _ cluster: inout TestCluster, _ chaos: Chaos, steps: Int = 250
  ) {
    if ProcessInfo.processInfo.environment["HOLDFAST_RAFT_TRACE"] != nil {
      print("\(name): seed \(seed)")
    }
    cluster.run(steps: steps, chaos)
    cluster.heal()
    // Some very late packets are still to come; then all must be well.
    cluster.run(steps: 130, Chaos.none)
    var extra = 0
    while !cluster.agrees, extra < 100, cluster.checkers.violations.isEmpty {
      cluster.step(Chaos.none)
      extra += 1
    }
    if cluster.checkers.violations.isEmpty, !cluster.agrees {
      let ends = cluster.nodes.map { "\($0.state.index.rawValue)" }.joined(separator: ", ")
      cluster.checkers.fail("members don't agree in the end: \(ends)")
    }
    for violation in cluster.checkers.violations {
      Issue.record("\(name), seed \(seed): \(violation). Again: HOLDFAST_RAFT_SEED=\(seed)")
    }
  }
}

private struct Totals {
  var committed = 0
  var elections = 0
  var reads = 0
  var snapshots = 0
  var repairs = 0

  mutating func add(_ checkers: Checkers) {
    committed += checkers.committed.count
    elections += checkers.elections
    reads += checkers.readsAnswered
    snapshots += checkers.snapshotsInstalled
    repairs += checkers.repairs
  }

  /// A cluster in which nothing happens would satisfy every checker.
  func expectWork(_ name: String, lives: Int, _ configuration: Configuration) {
    #expect(committed > 60 * lives, "\(name): \(committed) entries in \(lives) lives")
    #expect(elections > lives, "\(name): \(elections) elections in \(lives) lives")
    #expect(reads > 10 * lives, "\(name): \(reads) reads in \(lives) lives")
    if configuration.members.count > 1 {
      #expect(snapshots > lives / 4, "\(name): \(snapshots) snapshots in \(lives) lives")
    }
  }
}

func members(_ ids: UInt64...) -> [MemberID] { ids.map { MemberID($0) } }
