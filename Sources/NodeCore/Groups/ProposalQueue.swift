import Primitives

/// Who waits for the outcome of which entry, in order of index. An entry is known by (term,
/// index): what commits at an index under another term is somebody else's.
struct ProposalQueue: Sendable {
  private struct Proposal: Sendable {
    var index: LogIndex
    var term: Term
    var tokens: [UInt64]
    /// When this node stopped leading the entry's term; nil while it leads.
    var orphanedAt: ClockReading?
  }

  private var proposals: [Proposal] = []
  private(set) var tokenCount = 0

  var isEmpty: Bool { proposals.isEmpty }

  mutating func append(index: LogIndex, term: Term, tokens: [UInt64]) {
    if let last = proposals.last, last.index >= index {
      precondition(
        last.term < term, "proposed \(index.rawValue) behind \(last.index.rawValue) in one term")
    }
    tokenCount += tokens.count
    proposals.append(Proposal(index: index, term: term, tokens: tokens))
  }

  /// The callers of the entry that was applied, and those whose entry can't be applied any more.
  mutating func applied(index: LogIndex, term: Term) -> (own: [UInt64], overwritten: [UInt64]) {
    guard !proposals.isEmpty else { return ([], []) }
    var own: [UInt64] = []
    var overwritten: [UInt64] = []
    for proposal in proposals where proposal.index <= index {
      if proposal.index == index && proposal.term == term {
        own = proposal.tokens
      } else {
        overwritten.append(contentsOf: proposal.tokens)
      }
    }
    proposals.removeAll { $0.index <= index }
    tokenCount -= own.count + overwritten.count
    return (own, overwritten)
  }

  /// A snapshot took the place of all entries up to `index`: nobody can say what became of them.
  mutating func skipped(through index: LogIndex) -> [UInt64] {
    let (own, overwritten) = applied(index: index, term: .zero)
    return own + overwritten
  }

  mutating func orphan(now: ClockReading) {
    for at in proposals.indices where proposals[at].orphanedAt == nil {
      proposals[at].orphanedAt = now
    }
  }

  /// Those whose leader stepped down long ago: their outcome is unknown to this node.
  mutating func takeOrphans(now: ClockReading, olderThan age: UInt64) -> [UInt64] {
    guard let first = proposals.first, first.orphanedAt != nil else { return [] }
    var tokens: [UInt64] = []
    for proposal in proposals {
      if let since = proposal.orphanedAt, now.waited(since: since) >= age {
        tokens.append(contentsOf: proposal.tokens)
      }
    }
    proposals.removeAll { $0.orphanedAt.map { now.waited(since: $0) >= age } ?? false }
    tokenCount -= tokens.count
    return tokens
  }
}
