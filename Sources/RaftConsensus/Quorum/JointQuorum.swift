package import Primitives

/// The arithmetic of a joint configuration: both halves must agree. With an empty outgoing half it
/// is that of a plain majority.
package struct JointQuorum: Hashable, Sendable {
  package let incoming: MajorityQuorum
  package let outgoing: MajorityQuorum

  package init(incoming: MajorityQuorum, outgoing: MajorityQuorum = MajorityQuorum([])) {
    self.incoming = incoming
    self.outgoing = outgoing
  }

  /// The largest number that majorities of both halves have reached.
  package func committed(_ reached: (MemberID) -> UInt64?) -> UInt64 {
    min(incoming.committed(reached), outgoing.committed(reached))
  }

  /// Won when both halves are won, lost when either is.
  package func result(_ vote: (MemberID) -> Bool?) -> VoteResult {
    let first = incoming.result(vote)
    let second = outgoing.result(vote)
    if first == second { return first }
    return first == .lost || second == .lost ? .lost : .pending
  }
}
