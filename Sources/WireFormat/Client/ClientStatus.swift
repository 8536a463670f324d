/// A `google.rpc.Status` with the details that ours carry.
package struct ClientStatus: ClientAnswer, Hashable {
  package var code: Int64 = 0
  package var message = ""
  /// ErrorInfo's reason, such as `NOT_LEADER`; empty without one.
  package var reason = ""
  package var metadata: [String: String] = [:]
  /// RetryInfo's delay.
  package var retryAfterNanoseconds: Int64?
  /// BadRequest's fields, each with what is wrong with it.
  package var violations: [String] = []

  package init() {}

  package init?(_ bytes: UnsafeRawBufferPointer) {
    let fine = unsafe ProtoReader.each(bytes) { field in
      switch field.number {
      case 1: code = field.int64
      case 2: message = field.text
      case 3: takeDetail(&field)
      default: break
      }
    }
    guard fine else { return nil }
  }

  private mutating func takeDetail(_ field: inout ProtoReader) {
    var type = ""
    var content: [UInt8] = []
    guard field.wireType == 2 else {
      _ = field.fail()
      return
    }
    let wrapped = unsafe ProtoReader.each(field.content) { any in
      if any.number == 1 { type = any.text }
      if any.number == 2 { content = any.blob }
    }
    let taken = unsafe content.withUnsafeBytes { unsafe take(type, $0) }
    if !(wrapped && taken) { _ = field.fail() }
  }

  private mutating func take(_ type: String, _ bytes: UnsafeRawBufferPointer) -> Bool {
    if type.hasSuffix("/google.rpc.ErrorInfo") {
      return unsafe ProtoReader.each(bytes) { field in
        if field.number == 1 { reason = field.text }
        if field.number == 3, let pair: ClientTextPair = field.message() {
          metadata[pair.key] = pair.value
        }
      }
    }
    if type.hasSuffix("/google.rpc.RetryInfo") {
      return unsafe ProtoReader.each(bytes) { field in
        if field.number == 1 { retryAfterNanoseconds = field.nanoseconds() }
      }
    }
    if type.hasSuffix("/google.rpc.BadRequest") {
      return unsafe ProtoReader.each(bytes) { field in
        if field.number == 1, let pair: ClientTextPair = field.message() {
          violations.append("\(pair.key): \(pair.value)")
        }
      }
    }
    return true
  }
}

/// Two texts: an entry of ErrorInfo's metadata, or a field and what is wrong with it.
struct ClientTextPair: ClientAnswer {
  var key = ""
  var value = ""

  init?(_ bytes: UnsafeRawBufferPointer) {
    let fine = unsafe ProtoReader.each(bytes) { field in
      if field.number == 1 { key = field.text }
      if field.number == 2 { value = field.text }
    }
    guard fine else { return nil }
  }
}
