internal import Primitives

// A batch or a count over several nodes is cut up by the node that was asked: each other node gets
// its part as a call of its own, and the answers are put together again.

package enum BatchForwarding {
  /// The `BatchReserveRequest` with some items of one that was decoded before.
  package static func request(_ message: UnsafeRawBufferPointer, items: [Int]) -> [UInt8] {
    let fields = unsafe fields(1, in: message) ?? []
    var bytes: [UInt8] = []
    for item in items {
      unsafe bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: message[fields[item]]))
    }
    return bytes
  }

  /// Where each result lies in a `BatchReserveResponse`, tag included; nil when it is malformed.
  static func results(in message: UnsafeRawBufferPointer) -> [Range<Int>]? {
    unsafe fields(1, in: message)
  }

  /// The status in a result as `results` finds it; nil when it is an answer.
  static func error(inResult field: UnsafeRawBufferPointer) -> API.Status? {
    var reader = unsafe ProtoReader(field)
    guard reader.next() else { return nil }
    var status: API.Status?
    _ = unsafe ProtoReader.each(reader.content) { part in
      if part.number == 2 { status = try? unsafe API.Status(decoding: part.content) }
    }
    return status
  }

  private static func fields(
    _ number: UInt32, in message: UnsafeRawBufferPointer
  ) -> [Range<Int>]? {
    var reader = unsafe ProtoReader(message)
    var ranges: [Range<Int>] = []
    var start = 0
    while reader.next() {
      if reader.number == number, reader.wireType == 2 { ranges.append(start..<reader.offset) }
      start = reader.offset
    }
    return reader.isMalformed ? nil : ranges
  }
}

package enum SyncForwarding {
  /// The `SyncSupplyRequest` with some rows of one that was decoded before, under the id that all
  /// its parts act under.
  package static func request(
    _ message: UnsafeRawBufferPointer, rows: [Int], id: RequestID
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    ProtoWriter.append(to: &bytes) { writer in
      writer.id(1, id)
      var (row, next, start) = (0, 0, 0)
      _ = unsafe ProtoReader.each(message) { field in
        defer { start = field.offset }
        if field.number == 1 { return }
        if field.number == 5 {
          defer { row += 1 }
          guard next < rows.count, rows[next] == row else { return }
          next += 1
        }
        unsafe writer.raw(UnsafeRawBufferPointer(rebasing: message[start..<field.offset]))
      }
      precondition(next == rows.count, "\(next) of \(rows.count) rows found")
    }
    return bytes
  }
}

extension RequestRefusal {
  /// What another node said, to be said again by this one.
  package init?(_ status: API.Status) {
    guard let reason = status.reason else { return nil }
    self.init(reason, status.message)
    metadata = status.errorInfo?.metadata.map { RefusalNote($0.key, $0.value) } ?? []
    violations =
      status.badRequest?.fieldViolations.map {
        FieldViolation(field: $0.field, description: $0.description)
      } ?? []
    retryAfterMilliseconds = status.retryInfo?.retryDelay.map(Self.milliseconds)
  }

  /// Whatever another node says, a caller is told a day at most.
  static func milliseconds(of delay: Duration) -> Int64 {
    let seconds = min(max(delay.components.seconds, 0), 86_399)
    return seconds * 1_000 + max(delay.components.attoseconds, 0) / 1_000_000_000_000_000
  }
}
