import Primitives

/// Until when a member, should it lead, commits nothing (rules L3, L4). Every entry that ever
/// arrived may give its maker a lease for Δ from its creation, which was before it arrived: so the
/// barrier is the latest `arrived + Δ·(1 + ρ) + margin` of all of them. It never goes down, whatever
/// is truncated or compacted, and entries that the member makes itself don't raise it.
struct Barrier: Sendable {
  private var end = PairedInstant.past
  /// The longest wait that any entry here may still ask for; it outlives a restart in entries and
  /// snapshot marks.
  private(set) var longest = LeaseTerms.none
  /// The one term in which this member, should it lead, need not wait (rule L7).
  private var waivedTerm: Term?

  init() {}

  /// What is on the disk arrived before the process started, nobody knows when: so now. In a group
  /// that never had an entry, nobody can have a lease, and nothing is waited for.
  init(snapshot: SnapshotMark, entries: [Entry], start: ClockReading) {
    arrived(snapshot.lease, at: start)
    for entry in entries { arrived(entry.lease, at: start) }
  }

  /// Entries made under `terms`, or a snapshot that stands for such, arrived.
  mutating func arrived(_ terms: LeaseTerms, at reading: ClockReading) {
    guard terms.givesLease else { return }
    end = end.later(PairedInstant(terms.wait, after: reading))
    longest = longest.longer(terms)
  }

  /// May a leader of `term` commit?
  func hasPassed(_ now: ClockReading, term: Term) -> Bool {
    isWaived(in: term) || end.hasCertainlyPassed(now)
  }

  /// All leases of others are over, whoever leads (rule L7).
  func hasCertainlyPassed(_ now: ClockReading) -> Bool { end.hasCertainlyPassed(now) }

  /// The leader before let go of its lease, and this member's log is exactly what it had then: no
  /// entry of any leader can give a lease while this member leads `term`, and it alone.
  mutating func waive(in term: Term) { waivedTerm = term }

  func isWaived(in term: Term) -> Bool { waivedTerm == term }

  /// What has to be remembered with a snapshot. Entries whose wait is over here give no lease to
  /// anybody any more, and are forgotten; those that the member made itself in this life are under
  /// its own terms.
  func toRemember(_ now: ClockReading, own: LeaseTerms) -> LeaseTerms {
    hasCertainlyPassed(now) ? own : longest.longer(own)
  }
}

extension Entry {
  /// The terms that it was made under (rule L3).
  var lease: LeaseTerms { LeaseTerms(milliseconds: leaseMilliseconds, ratePPM: clockRatePPM) }
}
