import Foundation
import Primitives
import Testing

@testable import RaftConsensus

/// Short lives of groups with leases, while clocks drift, processes stop in the middle of a turn,
/// messages are late and members crash: at no instant do two leaders have a lease, and nobody reads
/// alone what is not the newest. `HOLDFAST_RAFT_SEED=n` runs one seed, `HOLDFAST_RAFT_SEEDS=n` that many.
@Suite struct LeaseLivesTests {
  private static var settings: RaftSettings {
    var settings = TestCluster.settings
    settings.leaseMilliseconds = 900
    settings.clockRatePPM = UInt32(TestCluster.driftPPM)
    return settings
  }

  private static var chaos: Chaos {
    var chaos = Chaos()
    chaos.drift = true
    chaos.pause = 30
    chaos.cut = 20
    return chaos
  }

  @Test func rulesL1toL4_L8_L9_noTwoLeasesAndNoStaleRead() {
    run("three voters", seeds: 60, voters: members(1, 2, 3))
  }

  @Test func rulesL1toL4_fiveVoters() {
    run("five voters", seeds: 20, voters: members(1, 2, 3, 4, 5))
  }

  @Test func rulesL1toL4_ofAGroupOfOne() { run("one voter", seeds: 20, voters: members(1)) }

  @Test func ruleL7_whileTheLeadIsHandedOverAndMembersChange() {
    var chaos = Self.chaos
    chaos.change = 40
    run(
      "changes", seeds: 60, voters: members(1, 2, 3), strangers: members(4, 5), chaos: chaos)
  }

  private func run(
    _ name: String, seeds: UInt64, voters: [MemberID], strangers: [MemberID] = [],
    chaos: Chaos = Self.chaos
  ) {
    let environment = ProcessInfo.processInfo.environment
    var range = 1...seeds
    if let many = environment["HOLDFAST_RAFT_SEEDS"].flatMap(UInt64.init) {
      range = 1...max(many, 1)
    }
    let one = environment["HOLDFAST_RAFT_SEED"].flatMap(UInt64.init)
    if let one { range = one...one }
    var (leases, committed, elections) = (0, 0, 0)
    for seed in range {
      if environment["HOLDFAST_RAFT_TRACE"] != nil { print("leases, \(name): seed \(seed)") }
      var cluster = TestCluster(
        seed: seed, configuration: Configuration(voters: voters), strangers: strangers,
        settings: Self.settings)
      cluster.run(steps: 500, chaos)
      for violation in cluster.checkers.violations {
        Issue.record(
          "leases, \(name), seed \(seed): \(violation). Again: HOLDFAST_RAFT_SEED=\(seed)")
      }
      leases += cluster.checkers.leases
      committed += cluster.checkers.committed.count
      elections += cluster.checkers.elections
    }
    guard one == nil else { return }
    let lives = Int(range.upperBound)
    #expect(leases > 50 * lives, "\(name): leases in \(leases) steps of \(lives) lives")
    // A group of one that restarts waits for its own lease each time.
    #expect(
      committed > (voters.count == 1 ? 10 : 20) * lives,
      "\(name): \(committed) entries in \(lives) lives")
    #expect(elections > lives, "\(name): \(elections) elections in \(lives) lives")
  }
}
