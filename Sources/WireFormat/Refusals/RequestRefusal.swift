/// The status codes of gRPC.
package enum StatusCode: Int32, Sendable {
  case ok = 0
  case cancelled = 1
  case unknown = 2
  case invalidArgument = 3
  case deadlineExceeded = 4
  case notFound = 5
  case alreadyExists = 6
  case permissionDenied = 7
  case resourceExhausted = 8
  case failedPrecondition = 9
  case aborted = 10
  case outOfRange = 11
  case unimplemented = 12
  case `internal` = 13
  case unavailable = 14
  case dataLoss = 15
  case unauthenticated = 16
}

/// A field that is wrong, and how.
package struct FieldViolation: Sendable, Equatable {
  /// Its path in the request, such as `lines[3].sku`.
  package var field: String
  package var description: String
  package init(field: String, description: String) {
    self.field = field
    self.description = description
  }
}

/// One key and value of an ErrorInfo.
package struct RefusalNote: Sendable, Equatable {
  package var key: String
  package var value: String
  package init(_ key: String, _ value: String) {
    self.key = key
    self.value = value
  }
}

/// A refused call: what becomes a status with its details.
package struct RequestRefusal: Error, Sendable, Equatable {
  package var reason: ErrorReason
  package var message: String
  package var violations: [FieldViolation] = []
  package var metadata: [RefusalNote] = []
  /// What stood in the way, with FAILED_PRECONDITION: the reservation's or account's name.
  package var subject = ""
  /// When to try again.
  package var retryAfterMilliseconds: Int64?

  package init(_ reason: ErrorReason, _ message: String? = nil) {
    self.reason = reason
    self.message = message ?? reason.text
  }

  package var code: StatusCode { reason.code }

  /// One field is missing or has no meaning.
  static func invalid(_ field: String, _ description: String) -> RequestRefusal {
    var refusal = RequestRefusal(.invalidField, "\(field): \(description)")
    refusal.violations = [FieldViolation(field: field, description: description)]
    return refusal
  }

  /// One field crosses its limit.
  static func limit(
    _ field: String, max: some BinaryInteger, actual: Int64? = nil, unit: String
  ) -> RequestRefusal {
    let description = "at most \(max) \(unit)" + (actual.map { ", not \($0)" } ?? "")
    var refusal = RequestRefusal(.limitExceeded, "\(field): \(description)")
    refusal.violations = [FieldViolation(field: field, description: description)]
    refusal.metadata = [RefusalNote("field", field), RefusalNote("limit", "\(max)")]
    if let actual { refusal.metadata.append(RefusalNote("actual", "\(actual)")) }
    return refusal
  }

  /// The same, said of a message that lies at `path` in the request.
  func within(_ path: String) -> RequestRefusal {
    var refusal = self
    for i in refusal.violations.indices {
      refusal.violations[i].field = "\(path).\(violations[i].field)"
    }
    for i in refusal.metadata.indices where metadata[i].key == "field" {
      refusal.metadata[i].value = "\(path).\(metadata[i].value)"
    }
    if let first = refusal.violations.first {
      refusal.message = "\(first.field): \(first.description)"
    }
    return refusal
  }
}

extension RequestRefusal {
  /// Another node leads the shard, as far as this one knows.
  package static func notLeader(node: UInt64, address: String) -> RequestRefusal {
    var refusal = RequestRefusal(.notLeader)
    refusal.metadata = [RefusalNote("leader", "\(node)"), RefusalNote("address", address)]
    refusal.retryAfterMilliseconds = 0
    return refusal
  }

  /// Not now; the caller tries again after a while.
  package static func retry(
    _ reason: ErrorReason, afterMilliseconds: Int64, _ message: String? = nil
  ) -> RequestRefusal {
    var refusal = RequestRefusal(reason, message)
    refusal.retryAfterMilliseconds = afterMilliseconds
    return refusal
  }
}
