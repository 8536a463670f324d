internal import Primitives

/// One field of a peer's message, with its value checked on the way out.
@safe
struct PeerField {
  let reader: ProtoReader

  var number: UInt32 { reader.number }

  /// Counts, indexes and terms stay far from overflow for ever: a group that commits a
  /// million entries a second reaches 2^62 after 146,000 years.
  static let numberMax: UInt64 = 1 << 62

  /// Milliseconds of any wall clock lie within the year 9999.
  static let timeMax: Int64 = 253_402_300_799_999

  func number64() throws(PeerFrameError) -> UInt64 {
    guard reader.wireType == 0, reader.value <= Self.numberMax else {
      throw PeerFrameError("number in field \(number)")
    }
    return reader.value
  }

  /// A name that is only ever compared.
  func opaque() throws(PeerFrameError) -> UInt64 {
    guard reader.wireType == 0 else { throw PeerFrameError("number in field \(number)") }
    return reader.value
  }

  func number32() throws(PeerFrameError) -> UInt32 {
    guard reader.wireType == 0, let value = UInt32(exactly: reader.value) else {
      throw PeerFrameError("number in field \(number)")
    }
    return value
  }

  func time() throws(PeerFrameError) -> Int64 {
    let value = Int64(bitPattern: reader.value)
    guard reader.wireType == 0, (0...Self.timeMax).contains(value) else {
      throw PeerFrameError("time in field \(number)")
    }
    return value
  }

  func flag() throws(PeerFrameError) -> Bool {
    guard reader.wireType == 0 else { throw PeerFrameError("flag in field \(number)") }
    return reader.value != 0
  }

  func shard() throws(PeerFrameError) -> ShardID { ShardID(try number32()) }

  func content() throws(PeerFrameError) -> UnsafeRawBufferPointer {
    guard reader.wireType == 2 else { throw PeerFrameError("content in field \(number)") }
    return unsafe reader.content
  }
}

enum PeerReader {
  /// Shows each field of a message.
  static func each(
    _ bytes: UnsafeRawBufferPointer, _ body: (PeerField) throws(PeerFrameError) -> Void
  ) throws(PeerFrameError) {
    var reader = unsafe ProtoReader(bytes)
    while reader.next() { try body(PeerField(reader: reader)) }
    if reader.isMalformed { throw PeerFrameError("malformed after byte \(reader.offset)") }
  }

  /// Whether one more fits.
  static func room(_ count: Int, _ max: Int, _ what: String) throws(PeerFrameError) {
    guard count < max else { throw PeerFrameError("more than \(max) \(what)") }
  }
}
