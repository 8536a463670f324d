import Primitives
import Testing

@testable import RaftConsensus

@Suite struct QuorumTests {
  /// What committed means, said in the dumbest way: try every number.
  private func dumb(_ voters: [MemberID], _ reached: [UInt64?]) -> UInt64 {
    if voters.isEmpty { return .max }
    for candidate in (reached.compactMap { $0 } + [0]).sorted(by: >) {
      let count = reached.filter { ($0 ?? 0) >= candidate }.count
      if count > voters.count / 2 { return candidate }
    }
    return 0
  }

  @Test func ruleC4_committedAgreesWithTheDefinition() {
    var random = SeededRandom(seed: 11)
    for _ in 0..<3_000 {
      let voters = (0..<random.below(8)).map { MemberID($0 + 1) }
      let reached = voters.map { _ in random.chance(1, in: 5) ? nil : random.below(6) }
      let quorum = MajorityQuorum(voters)
      let value = quorum.committed { member in voters.firstIndex(of: member).flatMap { reached[$0] }
      }
      #expect(value == dumb(voters, reached), "\(reached)")
      // A vote is the same question with two answers.
      let yes = voters.map { _ in random.below(3) }
      let result = quorum.result { member in
        let vote = yes[Int(member.rawValue) - 1]
        return vote == 2 ? nil : vote == 1
      }
      let won = yes.filter { $0 == 1 }.count > voters.count / 2
      let possible = yes.filter { $0 != 0 }.count > voters.count / 2
      #expect(result == (won || voters.isEmpty ? .won : possible ? .pending : .lost))
    }
  }

  @Test func ruleC4_jointNeedsBothHalves() {
    let joint = JointQuorum(
      incoming: MajorityQuorum(members(1, 2, 3)), outgoing: MajorityQuorum(members(3, 4, 5)))
    let reached: [UInt64] = [9, 9, 4, 3, 0]
    #expect(joint.committed { reached[Int($0.rawValue) - 1] } == 3)
    #expect(joint.result { $0.rawValue <= 2 ? true : nil } == .pending)
    #expect(joint.result { $0.rawValue <= 3 ? true : false } == .lost)
    #expect(joint.result { $0.rawValue <= 4 ? true : nil } == .won)
    let simple = JointQuorum(incoming: MajorityQuorum(members(1)))
    #expect(simple.committed { _ in 5 } == 5)
  }

  @Test func configurationsAreSortedSets() {
    let configuration = Configuration(
      voters: members(3, 1, 3), outgoingVoters: members(4, 3), learners: members(7),
      learnersNext: members(4))
    #expect(configuration.members == members(1, 3, 4, 7))
    #expect(configuration.isVoter(MemberID(4)))
    #expect(!configuration.isLearner(MemberID(4)), "a voter until the joint one is left")
    #expect(configuration.isLearner(MemberID(7)))
    #expect(!configuration.contains(MemberID(9)))
  }
}
