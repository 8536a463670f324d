import Primitives

/// The votes of one election, or of the question before it.
struct Ballot: Sendable {
  private var votes: [(voter: MemberID, granted: Bool)] = []
  /// Without a result until then, the member tries anew.
  let deadline: UInt64

  init(deadline: UInt64) { self.deadline = deadline }

  /// The first word of a member counts.
  mutating func record(_ voter: MemberID, granted: Bool) {
    guard !votes.contains(where: { $0.voter == voter }) else { return }
    votes.append((voter, granted))
  }

  /// Whoever has spoken, only voters count, in both halves of a joint configuration (rule C4).
  func result(_ quorum: JointQuorum) -> VoteResult {
    #if HOLDFAST_MUTANTS
      if Mutant.learnerVoteCounted.isPlanted,
        votes.count(where: \.granted) >= quorum.incoming.size
      {
        return .won
      }
    #endif
    return quorum.result { member in votes.first { $0.voter == member }?.granted }
  }
}
