// A status and its details as a client reads them.

extension API {
  /// `google.rpc.Status`.
  package struct Status: WireMessage {
    package static let name = "google.rpc.Status"

    /// The gRPC status code.
    package var code: Int32 = 0
    /// For developers, in English.
    package var message = ""
    package var details: [Detail] = []

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &code)
      visitor.field(2, &message)
      visitor.field(3, &details)
    }
  }

  /// `google.protobuf.Any`.
  package struct Detail: WireMessage {
    package static let name = "google.protobuf.Any"

    package var typeURL = ""
    package var value: [UInt8] = []

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &typeURL)
      visitor.field(2, &value)
    }
  }

  /// `google.rpc.ErrorInfo`.
  package struct ErrorInfo: WireMessage {
    package static let name = "google.rpc.ErrorInfo"

    package struct Note: WireMessage {
      package static let name = "google.rpc.ErrorInfo.MetadataEntry"

      package var key = ""
      package var value = ""

      package init() {}

      package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field(1, &key)
        visitor.field(2, &value)
      }
    }

    /// Why, such as `HOLD_EXPIRED`.
    package var reason = ""
    /// `holdfast` for ours.
    package var domain = ""
    package var metadata: [Note] = []

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &reason)
      visitor.field(2, &domain)
      visitor.field(3, &metadata)
    }

    package func note(_ key: String) -> String? { metadata.first { $0.key == key }?.value }
  }

  /// `google.rpc.RetryInfo`.
  package struct RetryInfo: WireMessage {
    package static let name = "google.rpc.RetryInfo"

    package var retryDelay: Swift.Duration?

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &retryDelay)
    }
  }

  /// `google.rpc.BadRequest`.
  package struct BadRequest: WireMessage {
    package static let name = "google.rpc.BadRequest"

    package struct Violation: WireMessage {
      package static let name = "google.rpc.BadRequest.FieldViolation"

      package var field = ""
      package var description = ""

      package init() {}

      package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field(1, &field)
        visitor.field(2, &description)
      }
    }

    package var fieldViolations: [Violation] = []

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &fieldViolations)
    }
  }
}

extension API.Status {
  /// The first detail of a type, when there is one that can be read.
  private func detail<M: WireMessage>(_ type: M.Type) -> M? {
    for detail in details where detail.typeURL.hasSuffix("/" + M.name) {
      if let message = try? M(decoding: detail.value) { return message }
    }
    return nil
  }

  package var errorInfo: API.ErrorInfo? { detail(API.ErrorInfo.self) }
  package var retryInfo: API.RetryInfo? { detail(API.RetryInfo.self) }
  package var badRequest: API.BadRequest? { detail(API.BadRequest.self) }

  /// Our reason, when it is one that this version knows.
  package var reason: ErrorReason? {
    guard let info = errorInfo, info.domain == "holdfast" else { return nil }
    return ErrorReason(name: info.reason)
  }

  /// Who leads the shard, said by a node that doesn't.
  package var leaderHint: (node: UInt64, address: String)? {
    guard reason == .notLeader, let info = errorInfo,
      let node = info.note("leader").flatMap(UInt64.init)
    else { return nil }
    return (node, info.note("address") ?? "")
  }
}
