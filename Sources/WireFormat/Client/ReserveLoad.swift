// What a load generator can afford on every call: requests from a template, and of the answers
// nothing but the outcome.

package import Primitives

/// Writes many one-line reserves that differ by their request ids only.
package struct ReserveTemplate: Sendable {
  /// All that follows the request id and the time, for each SKU.
  private let tails: [[UInt8]]

  /// `request` without its request id, time and lines; one unit of one of `skus` is asked for.
  package init(_ request: API.ReserveRequest, skus: [String]) {
    tails = skus.map { sku in
      var line = API.ReserveLine()
      line.sku = sku
      line.quantity = 1
      var whole = request
      whole.requestID = ""
      whole.firstSentAt = nil
      whole.lines = [line]
      return whole.encoded()
    }
  }

  /// Appends one request.
  package func append(to out: inout [UInt8], requestID: String, sentAt: LogTime, sku: Int) {
    ProtoWriter.append(to: &out) { write(into: &$0, requestID, sentAt, sku) }
  }

  /// Appends one request as an item of a BatchReserveRequest.
  package func appendItem(to out: inout [UInt8], requestID: String, sentAt: LogTime, sku: Int) {
    ProtoWriter.append(to: &out) { writer in
      let mark = writer.begin(1)
      write(into: &writer, requestID, sentAt, sku)
      writer.end(mark)
    }
  }

  private func write(
    into writer: inout ProtoWriter, _ requestID: String, _ sentAt: LogTime, _ sku: Int
  ) {
    writer.put(1, requestID)
    writer.put(2, timestamp: sentAt.milliseconds)
    writer.raw(tails[sku])
  }
}

extension API.Outcome {
  /// The outcome in a ReserveResponse; unspecified when there is none.
  package static func scan(_ bytes: UnsafeRawBufferPointer) -> API.Outcome {
    var reader = unsafe ProtoReader(bytes)
    while reader.next() {
      if reader.number == 2, reader.wireType == 0 {
        return API.Outcome(rawValue: Int32(clamping: reader.value)) ?? .unspecified
      }
    }
    return .unspecified
  }

  /// Calls `take` with the outcome of each item of a BatchReserveResponse; an item that is an error
  /// has none.
  package static func scanBatch(
    _ bytes: UnsafeRawBufferPointer, _ take: (API.Outcome) -> Void
  ) {
    var reader = unsafe ProtoReader(bytes)
    while reader.next() {
      guard reader.number == 1, reader.wireType == 2 else { continue }
      var item = unsafe ProtoReader(reader.content)
      var outcome = API.Outcome.unspecified
      while item.next() {
        if item.number == 1, item.wireType == 2 { outcome = unsafe scan(item.content) }
      }
      take(outcome)
    }
  }
}

extension API.AnsweredBy {
  /// How a QueryAvailabilityResponse was answered; unspecified when it does not say.
  package static func scan(_ bytes: UnsafeRawBufferPointer) -> API.AnsweredBy {
    var reader = unsafe ProtoReader(bytes)
    while reader.next() {
      guard reader.number == 2, reader.wireType == 2 else { continue }
      var inner = unsafe ProtoReader(reader.content)
      while inner.next() {
        if inner.number == 1, inner.wireType == 0 {
          return API.AnsweredBy(rawValue: Int32(clamping: inner.value)) ?? .unspecified
        }
      }
    }
    return .unspecified
  }
}
