import Primitives
import RaftConsensus
import Testing

@testable import NodeCore

/// Rule C10, as one member works it out from what it was told.
@Suite struct DigestBoardTests {
  private static let right = Hash128(high: 1, low: 1)
  private static let wrong = Hash128(high: 2, low: 2)
  private static let other = Hash128(high: 3, low: 3)

  private func quorum(_ voters: [UInt64], leaving: [UInt64] = []) -> JointQuorum {
    Configuration(
      voters: voters.map { MemberID($0) }, outgoingVoters: leaving.map { MemberID($0) }
    ).quorum
  }

  /// Member 1 has `own` at index 10, and hears the others in order.
  private func finding(
    _ own: Hash128, _ quorum: JointQuorum, _ others: [(member: UInt64, digest: Hash128)]
  ) -> DigestBoard.Verdict? {
    var board = DigestBoard()
    _ = board.note(own, at: LogIndex(10), quorum: quorum, member: MemberID(1))
    for (member, digest) in others {
      _ = board.heard(digest, from: MemberID(member), at: LogIndex(10))
    }
    return board.takeFinding()?.verdict
  }

  @Test func ruleC10_aStrictMajorityDecides() {
    let three = quorum([1, 2, 3])
    #expect(finding(Self.wrong, three, [(2, Self.right), (3, Self.right)]) == .wrong)
    #expect(
      finding(Self.right, three, [(2, Self.right)]) == .confirmed, "the third can't change it")
    #expect(finding(Self.right, three, [(2, Self.wrong)]) == nil, "the third may decide")
    #expect(finding(Self.right, quorum([1]), []) == .confirmed)
    let four = quorum([1, 2, 3, 4])
    #expect(finding(Self.wrong, four, [(2, Self.right), (3, Self.right)]) == nil, "two of four")
  }

  @Test func ruleC10_onlyAProofThatNoneCanHaveOneStops() {
    let three = quorum([1, 2, 3])
    #expect(finding(Self.right, three, [(2, Self.wrong), (3, Self.other)]) == .split)
    let four = quorum([1, 2, 3, 4])
    let halves = [(2, Self.right), (3, Self.wrong)] as [(UInt64, Hash128)]
    #expect(finding(Self.right, four, halves) == nil, "two and one of four")
    #expect(finding(Self.right, four, halves + [(4, Self.wrong)]) == .split)
    #expect(finding(Self.right, four, halves + [(4, Self.right)]) == .confirmed)
    #expect(finding(Self.right, quorum([1, 2]), [(2, Self.wrong)]) == .split)
    let five = quorum([1, 2, 3, 4, 5])
    let apart = [(2, Self.wrong), (3, Self.other)] as [(UInt64, Hash128)]
    #expect(finding(Self.right, five, apart) == nil, "the two that are silent may agree with one")
  }

  @Test func ruleC10_bothHalvesOfAJointConfigurationHaveASay() {
    let joint = quorum([1, 2, 3], leaving: [3, 4, 5])
    let incoming = [(2, Self.right), (3, Self.right)] as [(UInt64, Hash128)]
    #expect(finding(Self.wrong, joint, incoming) == nil)
    #expect(finding(Self.wrong, joint, incoming + [(4, Self.right)]) == .wrong)
    let apart = incoming + [(4, Self.wrong), (5, Self.wrong)]
    #expect(finding(Self.right, joint, apart) == .split, "each half has another majority")
  }

  @Test func ruleC10_learnersHaveNoSayAndAreJudged() {
    let voters = quorum([2, 3, 4])
    #expect(finding(Self.wrong, voters, [(2, Self.right), (3, Self.right)]) == .wrong)
    #expect(finding(Self.wrong, voters, [(2, Self.right), (9, Self.right)]) == nil)
  }

  @Test func ruleC10_whoeverTellsFirstTheVerdictIsTheSame() {
    var board = DigestBoard()
    for member in [2, 3] as [UInt64] {
      let isNews = (0..<2).map { _ in
        board.heard(Self.right, from: MemberID(member), at: LogIndex(10))
      }
      #expect(isNews == [true, false])
    }
    #expect(board.takeFinding() == nil, "nothing is known of the member itself")
    let differing = board.note(
      Self.wrong, at: LogIndex(10), quorum: quorum([1, 2, 3]), member: MemberID(1))
    #expect(differing == [MemberID(2), MemberID(3)])
    #expect(board.takeFinding() == .init(index: LogIndex(10), verdict: .wrong))
    #expect(board.takeFinding() == nil, "found once")
  }

  @Test func ruleC10_beingWrongIsNotForgottenForWhatComesLater() {
    var board = DigestBoard()
    let three = quorum([1, 2, 3])
    for (index, own) in [(10, Self.wrong), (20, Self.right)] {
      _ = board.note(own, at: LogIndex(UInt64(index)), quorum: three, member: MemberID(1))
      for member in [2, 3] as [UInt64] {
        _ = board.heard(Self.right, from: MemberID(member), at: LogIndex(UInt64(index)))
      }
    }
    #expect(board.takeFinding() == .init(index: LogIndex(10), verdict: .wrong))
    board.forgetOwn(MemberID(1))
    _ = board.note(Self.right, at: LogIndex(20), quorum: three, member: MemberID(1))
    #expect(board.takeFinding()?.verdict == .confirmed)
  }

  /// The third member was down, and tells late what it had at 10.
  @Test func ruleC10_anOlderSplitStopsNobodyWhoWasConfirmedSince() {
    func finding(ownAt20 own: Hash128) -> DigestBoard.Finding? {
      var board = DigestBoard()
      let three = quorum([1, 2, 3])
      _ = board.note(Self.right, at: LogIndex(10), quorum: three, member: MemberID(1))
      _ = board.heard(Self.wrong, from: MemberID(2), at: LogIndex(10))
      _ = board.note(own, at: LogIndex(20), quorum: three, member: MemberID(1))
      _ = board.heard(Self.right, from: MemberID(2), at: LogIndex(20))
      _ = board.takeFinding()
      _ = board.heard(Self.other, from: MemberID(3), at: LogIndex(10))
      return board.takeFinding()
    }
    #expect(finding(ownAt20: Self.right) == nil)
    #expect(finding(ownAt20: Self.wrong) == .init(index: LogIndex(10), verdict: .split))
  }

  @Test func onlyTheNewestIndexesAreKept() {
    var board = DigestBoard()
    for index in 1...(UInt64(DigestBoard.pagesMax) + 4) {
      _ = board.heard(Self.right, from: MemberID(2), at: LogIndex(index))
    }
    let isNews = [4, 5].map { board.heard(Self.right, from: MemberID(3), at: LogIndex($0)) }
    #expect(isNews == [false, true], "the fourth is too old")
  }
}
