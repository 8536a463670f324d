/// What is wrong with the length of a lease (rule L5).
package enum LeaseProblem: Hashable, Sendable {
  /// It is over before an entry can commit, so it would never serve a read: to be refused.
  case neverRuns(leastMilliseconds: UInt64)
  /// A new leader waits for leases longer than its election took: costs time, not safety.
  case outlastsElection(waitMilliseconds: UInt64)
}

extension RaftSettings {
  /// `commitNanoseconds`: what a round trip to a majority and a sync take, where that is known;
  /// a leader that finds out later says `RaftEvent.leaseTooShort`.
  package func leaseProblem(commitNanoseconds: UInt64 = 0) -> LeaseProblem? {
    let terms = leaseTerms
    guard terms.givesLease else { return nil }
    if terms.length <= commitNanoseconds {
      let skew = commitNanoseconds / 1_000_000 * UInt64(terms.ratePPM) / 1_000_000
      let least = (commitNanoseconds + LeaseTerms.marginNanoseconds) / 1_000_000 + skew + 1
      return .neverRuns(leastMilliseconds: least)
    }
    guard terms.wait > electionNanoseconds.lowerBound else { return nil }
    return .outlastsElection(waitMilliseconds: (terms.wait + 999_999) / 1_000_000)
  }
}
