import Primitives

/// Reads at a follower, which asks its leader for an index (rules C8, Q4).
struct ReadAsks: Sendable {
  private struct Ask {
    var attempt: UInt64
    var tokens: [UInt64]
    var deadline: UInt64
  }

  /// Arrived in this turn; they share one ask.
  private var fresh: [UInt64] = []
  /// Sent, in order of their deadlines.
  private var sent: [Ask] = []
  private var count = 0

  /// False when there are too many.
  mutating func add(_ token: UInt64, max: Int) -> Bool {
    guard count < max else { return false }
    count += 1
    fresh.append(token)
    return true
  }

  /// What arrived in this turn is asked for under an attempt that was never used before.
  mutating func send(attempt: UInt64, deadline: UInt64) {
    sent.append(Ask(attempt: attempt, tokens: fresh, deadline: deadline))
    fresh = []
  }

  var hasFresh: Bool { !fresh.isEmpty }

  /// The tokens of an attempt; none for one that is unknown, answered or given up.
  mutating func take(attempt: UInt64) -> [UInt64] {
    guard let at = sent.firstIndex(where: { $0.attempt == attempt }) else { return [] }
    let tokens = sent.remove(at: at).tokens
    count -= tokens.count
    return tokens
  }

  /// The tokens of attempts whose answer is overdue.
  mutating func expire(now: UInt64) -> [UInt64] {
    var tokens: [UInt64] = []
    while let first = sent.first, first.deadline <= now {
      tokens += first.tokens
      sent.removeFirst()
    }
    count -= tokens.count
    return tokens
  }

  /// Everything, in order: the leader is no longer the one that was asked.
  mutating func takeAll() -> [UInt64] {
    let tokens = sent.flatMap(\.tokens) + fresh
    self = ReadAsks()
    return tokens
  }
}
