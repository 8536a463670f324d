/// By which version of its rules a ledger decides (design, section 6).
///
/// Equal entries must have equal effects on all members, also while some of them run an older build.
/// So what an entry does changes with a version only, and the version changes by an entry: the leader
/// proposes it when every member's build knows it. A build goes on applying the older versions as they
/// were, for a member that lags and for the journal.
///
/// 1. At most 2,500 due holds end at the start of an entry (rule T3).
/// 2. At most 1,000, so that an entry takes no longer than two milliseconds.
package struct RulesVersion: RawRepresentable, Hashable, Comparable, Sendable {
  package var rawValue: UInt16
  package init(rawValue: UInt16) { self.rawValue = rawValue }

  /// Every ledger begins with it.
  package static let first = RulesVersion(rawValue: 1)
  package static let second = RulesVersion(rawValue: 2)
  /// The newest one of this build.
  package static let newest = second

  package static func < (a: RulesVersion, b: RulesVersion) -> Bool { a.rawValue < b.rawValue }
}

/// A limit that is part of what an entry does, by version of the rules.
package struct LimitByRules: Hashable, Sendable {
  package var first: Int
  package var second: Int

  package subscript(rules: RulesVersion) -> Int { rules < .second ? first : second }
}
