import GRPCTransport
import WireFormat

/// What to do after an attempt failed. Pure: the caller keeps the time and the connections.
package struct RetryPolicy: Sendable {
  package var firstBackoff: Int64 = 20_000_000
  package var backoffMax: Int64 = 1_000_000_000
  /// A node that says nothing for so long is given up for another one; in nanoseconds.
  package var attemptTimeout: Int64 = 3_000_000_000
  /// Redirections in a row that are followed at once; more means that an election is under way.
  package var promptRedirects = 2

  package init() {}

  package enum Verdict: Equatable, Sendable {
    /// The server decided; no retry changes that.
    case final
    /// Ask this address instead, after a while in nanoseconds.
    case redirect(address: String, after: Int64)
    /// Ask another node, after a while.
    case elsewhere(after: Int64)
    /// Ask the same node again, after a while.
    case again(after: Int64)
  }

  /// `jitter` is a random number; `attempt` counts from 1, `redirects` the redirections in a row.
  package func verdict(
    _ failure: CallFailure, attempt: Int, redirects: Int, jitter: UInt64
  ) -> Verdict {
    let backoff = self.backoff(attempt, jitter)
    let wait = max(backoff, min(failure.retryAfter, backoffMax))
    switch failure.code {
    case .unavailable:
      if let address = failure.leaderAddress, !address.isEmpty {
        return .redirect(address: address, after: redirects < promptRedirects ? 0 : backoff)
      }
      return .elsewhere(after: wait)
    case .resourceExhausted:
      return failure.reason == "DISK_FULL" ? .elsewhere(after: wait) : .again(after: wait)
    case .deadlineExceeded, .cancelled, .unknown, .internalError, .aborted:
      return .elsewhere(after: backoff)
    default:
      return .final
    }
  }

  /// Doubles from attempt to attempt, with a random part so that clients do not come in waves.
  func backoff(_ attempt: Int, _ jitter: UInt64) -> Int64 {
    let full = min(backoffMax, firstBackoff << Int64(min(max(0, attempt - 1), 10)))
    return full / 2 + Int64(jitter % UInt64(full / 2 + 1))
  }
}

extension CallFailure {
  /// Whether a server may have acted on the attempt that failed so.
  func mayHaveActed(neverProcessed: Bool) -> Bool {
    if neverProcessed { return false }
    switch code {
    case .unavailable:
      return ![
        "NOT_LEADER", "NO_LEADER", "NOT_SERVING", "CATALOG_MISSING", "LEDGERS_DIFFER",
      ].contains(reason)
    case .resourceExhausted: return false
    default: return true
    }
  }
}
