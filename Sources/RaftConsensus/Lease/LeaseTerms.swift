/// Under which Δ and ρ an entry was made (rule L3): how long it may give its maker a lease, and how
/// long whoever receives it has to wait before that lease is certainly over.
///
/// With clocks whose rates are off by at most ρ, `length` on the maker's clock is less than Δ of true
/// time, and `wait` on the receiver's clock is more.
package struct LeaseTerms: Hashable, Sendable {
  /// Δ; zero gives no lease.
  package var milliseconds: UInt32
  /// ρ in millionths.
  package var ratePPM: UInt32

  package init(milliseconds: UInt32, ratePPM: UInt32) {
    self.milliseconds = milliseconds
    self.ratePPM = ratePPM
  }

  package static var none: LeaseTerms { LeaseTerms(milliseconds: 0, ratePPM: 0) }

  /// What is taken off each lease and added to each wait besides ρ, for two clocks that are not
  /// read in one instant. The same on all nodes of all versions.
  package static let marginNanoseconds: UInt64 = 5_000_000

  package var givesLease: Bool { milliseconds > 0 }

  /// Δ·(1 − ρ) − margin on the maker's clock (rule L1); zero is no lease.
  package var length: UInt64 {
    let (most, less) = (delta, skew.addingSaturated(Self.marginNanoseconds))
    return most > less ? most - less : 0
  }

  /// Δ·(1 + ρ) + margin on the receiver's clock (rule L3); zero where there is no lease.
  package var wait: UInt64 {
    guard givesLease else { return 0 }
    return delta.addingSaturated(skew).addingSaturated(Self.marginNanoseconds)
  }

  /// The one that has to be waited for longer.
  package func longer(_ other: LeaseTerms) -> LeaseTerms { other.wait > wait ? other : self }

  private var delta: UInt64 { UInt64(milliseconds) * 1_000_000 }
  /// Δ·ρ. Milliseconds times millionths are nanoseconds.
  private var skew: UInt64 { UInt64(milliseconds) * UInt64(ratePPM) }
}

extension UInt64 {
  /// Numbers that come from other nodes must not end the process.
  func addingSaturated(_ other: UInt64) -> UInt64 {
    let (sum, overflows) = addingReportingOverflow(other)
    return overflows ? .max : sum
  }
}
