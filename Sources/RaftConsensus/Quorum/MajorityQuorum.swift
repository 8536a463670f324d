package import Primitives

/// How a vote stands.
package enum VoteResult: Hashable, Sendable {
  /// Neither decided nor hopeless.
  case pending
  case won
  /// A majority can't be reached any more.
  case lost
}

/// The arithmetic of one set of voters. An empty set agrees with everything, so that one half of a
/// configuration that isn't joint doesn't bind.
package struct MajorityQuorum: Hashable, Sendable {
  package let members: [MemberID]

  package init(_ members: [MemberID]) { self.init(sorted: members.sorted()) }

  init(sorted members: [MemberID]) { self.members = members }

  /// How many make a majority.
  package var size: Int { members.count / 2 + 1 }

  /// The largest number that a majority has reached; what a member without a number reached is 0.
  /// `UInt64.max` for the empty set. Serves indexes and rounds alike.
  package func committed(_ reached: (MemberID) -> UInt64?) -> UInt64 {
    guard !members.isEmpty else { return .max }
    var best: UInt64 = 0
    for member in members {
      guard let candidate = reached(member), candidate > best else { continue }
      var count = 0
      for other in members where (reached(other) ?? 0) >= candidate { count += 1 }
      if count >= size { best = candidate }
    }
    return best
  }

  /// How a vote stands; nil is a vote that isn't in.
  package func result(_ vote: (MemberID) -> Bool?) -> VoteResult {
    guard !members.isEmpty else { return .won }
    var granted = 0
    var missing = 0
    for member in members {
      switch vote(member) {
      case true?: granted += 1
      case false?: break
      case nil: missing += 1
      }
    }
    if granted >= size { return .won }
    return granted + missing >= size ? .pending : .lost
  }
}
