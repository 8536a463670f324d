import Primitives

/// A shard leader's side of the catalog: which update it proposed, and what it announced.
struct CatalogSeat: Sendable {
  private var proposed: (index: LogIndex, term: Term)?
  private var announced: (version: UInt64, term: Term, at: ClockReading)?

  /// One update is in the log at a time: the next one goes on from what that one reaches.
  func isProposing(in term: Term, applied: LogIndex) -> Bool {
    guard let proposed else { return false }
    return proposed.term == term && proposed.index > applied
  }

  mutating func proposed(index: LogIndex, term: Term) { proposed = (index, term) }

  /// True if the leader of the meta group should hear of this shard now.
  mutating func shouldAnnounce(
    version: UInt64, term: Term, now: ClockReading, every interval: UInt64
  ) -> Bool {
    if let announced, announced.version == version, announced.term == term,
      now.waited(since: announced.at) < interval
    {
      return false
    }
    announced = (version, term, now)
    return true
  }

  /// The next turn announces, whatever was said before.
  mutating func announceAgain() { announced = nil }
}
