// A refusal as `google.rpc.Status`, which travels in `grpc-status-details-bin` or in an item of a
// batch.

private let typePrefix = "type.googleapis.com/"
private let domainName = "holdfast"

extension RequestRefusal {
  /// The serialized `google.rpc.Status`: exactly one ErrorInfo, and BadRequest, RetryInfo and
  /// PreconditionFailure where they apply.
  package func statusBytes() -> [UInt8] {
    var bytes: [UInt8] = []
    ProtoWriter.append(to: &bytes) { write(into: &$0) }
    return bytes
  }

  func write(into out: inout ProtoWriter) {
    out.put(1, Int64(code.rawValue))
    out.put(2, message)
    detail("google.rpc.ErrorInfo", into: &out, writeErrorInfo)
    if !violations.isEmpty { detail("google.rpc.BadRequest", into: &out, writeBadRequest) }
    if let delay = retryAfterMilliseconds {
      detail("google.rpc.RetryInfo", into: &out) { $0.put(1, duration: delay * 1_000_000) }
    }
    if code == .failedPrecondition {
      detail("google.rpc.PreconditionFailure", into: &out, writePrecondition)
    }
  }

  private func detail(
    _ type: String, into out: inout ProtoWriter, _ content: (inout ProtoWriter) -> Void
  ) {
    let mark = out.begin(3)
    out.put(1, typePrefix + type)
    let value = out.begin(2)
    content(&out)
    out.end(value)
    out.end(mark)
  }

  private func writeErrorInfo(_ out: inout ProtoWriter) {
    out.put(1, reason.name)
    out.put(2, domainName)
    for note in metadata {
      let mark = out.begin(3)
      out.put(1, note.key)
      out.put(2, note.value)
      out.end(mark)
    }
  }

  private func writeBadRequest(_ out: inout ProtoWriter) {
    for violation in violations {
      let mark = out.begin(1)
      out.put(1, violation.field)
      out.put(2, violation.description)
      out.end(mark)
    }
  }

  private func writePrecondition(_ out: inout ProtoWriter) {
    let mark = out.begin(1)
    out.put(1, reason.name)
    out.put(2, subject)
    out.put(3, message)
    out.end(mark)
  }
}
