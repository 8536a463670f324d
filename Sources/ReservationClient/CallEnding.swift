package import GRPCTransport
package import WireFormat

/// Why a call did not end with an answer.
package struct CallFailure: Error, Sendable, CustomStringConvertible {
  package var code: GRPCTransport.StatusCode
  package var message: String
  /// What the server's details say; empty when it gave none.
  package var status: ClientStatus
  /// The node that was asked last.
  package var endpoint: Endpoint?

  package init(_ status: GRPCStatus, endpoint: Endpoint? = nil) {
    code = status.code
    message = status.message
    self.status = (status.details.isEmpty ? nil : ClientStatus(status.details)) ?? ClientStatus()
    self.endpoint = endpoint
  }

  package init(_ code: GRPCTransport.StatusCode, _ message: String) {
    self.init(GRPCStatus(code, message))
  }

  /// ErrorInfo's reason, or the code's name.
  package var reason: String { status.reason.isEmpty ? code.name : status.reason }

  package var description: String {
    let text = message.isEmpty ? status.message : message
    return text.isEmpty ? reason : "\(reason): \(text)"
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
