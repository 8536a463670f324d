package import GRPCTransport
import WireFormat

/// Why a call did not end with an answer.
package struct CallFailure: Error, Sendable, CustomStringConvertible {
  package var code: GRPCTransport.StatusCode
  package var message: String
  /// ErrorInfo's reason, such as `NOT_LEADER`; empty when the server gave none.
  package var reason = ""
  /// Who leads the shard, said by a node that does not.
  package var leaderAddress: String?
  /// RetryInfo's delay in nanoseconds.
  package var retryAfter: Int64 = 0
  /// The fields that are wrong, each with what is wrong with it.
  package var violations: [String] = []
  /// The node that was asked last.
  package var endpoint: NodeAddress?

  package init(_ status: GRPCStatus, endpoint: NodeAddress? = nil) {
    code = status.code
    message = status.message
    self.endpoint = endpoint
    guard !status.details.isEmpty, let details = try? API.Status(decoding: status.details) else {
      return
    }
    reason = details.errorInfo?.reason ?? ""
    leaderAddress = details.leaderHint?.address
    if let delay = details.retryInfo?.retryDelay?.components {
      retryAfter = delay.seconds &* 1_000_000_000 &+ delay.attoseconds / 1_000_000_000
    }
    violations = (details.badRequest?.fieldViolations ?? []).map {
      "\($0.field): \($0.description)"
    }
  }

  package init(_ code: GRPCTransport.StatusCode, _ message: String) {
    self.init(GRPCStatus(code, message))
  }

  package var description: String {
    let name = reason.isEmpty ? code.name : reason
    return message.isEmpty ? name : "\(name): \(message)"
  }
}

/// How a call ended, for a caller that must not mistake silence for a no (trap 40).
package enum CallEnding: Sendable {
  /// The message of the answer.
  case answered([UInt8])
  /// The server decided against it; it changed nothing.
  case refused(CallFailure)
  /// No answer in time: it may have acted or not. Only the same request id is safe to repeat.
  case unknown(CallFailure)
  /// No answer in time, and certainly nothing was done: no server ever took the call.
  case unreachable(CallFailure)
}
