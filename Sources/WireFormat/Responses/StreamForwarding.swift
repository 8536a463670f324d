// A request of StreamReserve that goes to another node goes there as a Reserve, and its answer
// comes back into the stream.

package enum StreamForwarding {
  /// The `ReserveRequest` inside a `StreamReserveRequest`, as it came; nil when there is none.
  package static func request(in message: UnsafeRawBufferPointer) -> [UInt8]? {
    var request: [UInt8]?
    let isFine = unsafe ProtoReader.each(message) { field in
      if field.number == 1, field.wireType == 2 { request = unsafe [UInt8](field.content) }
    }
    return isFine ? request : nil
  }

  /// Appends the `StreamReserveResponse` that carries another node's `ReserveResponse`.
  package static func append(sequence: UInt64, response: [UInt8], to out: inout [UInt8]) {
    append(sequence, 2, response, to: &out)
  }

  /// The same with another node's `google.rpc.Status`.
  package static func append(sequence: UInt64, status: [UInt8], to out: inout [UInt8]) {
    append(sequence, 3, status, to: &out)
  }

  private static func append(
    _ sequence: UInt64, _ field: UInt32, _ content: [UInt8], to out: inout [UInt8]
  ) {
    ProtoWriter.append(to: &out) { writer in
      writer.put(1, sequence)
      let mark = writer.begin(field)
      writer.raw(content)
      writer.end(mark)
    }
  }
}
