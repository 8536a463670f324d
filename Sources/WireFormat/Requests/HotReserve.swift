internal import StockLedger

/// A ReserveRequest of the shape that every client library writes, read in place: its fields in
/// ascending order, each once, and nothing else. Nil for anything else, whether it is only unusual
/// or wrong: the general decoder takes it, and all refusals are its own.
@safe
struct HotReserve {
  private(set) var requestID = unsafe HotText.none
  private(set) var firstSentAt: Int64?
  private(set) var pool = unsafe HotText.none
  private(set) var region = unsafe HotText.none
  private(set) var orderID = unsafe HotText.none
  private(set) var customer = unsafe HotText.none
  private(set) var channel = unsafe HotText.none
  private(set) var ttl: Int64?
  private(set) var fill: UInt64 = 0
  private(set) var lineCount = 0
  /// The lines with their tags and lengths.
  private(set) var lines = unsafe HotText.none
  private(set) var requiredBy = Absent.day

  init?(_ bytes: UnsafeRawBufferPointer, _ limits: WireLimits) {
    var reader = unsafe HotReader(bytes)
    let max = limits.textBytesMax
    if reader.skip(0x0A) {
      unsafe requestID = reader.text(limits.requestIDBytesMax)
    }
    if reader.skip(0x12) {
      let (seconds, nanos) = reader.secondsAndNanos(max: 253_402_300_799)
      firstSentAt = seconds * 1000 + nanos / 1_000_000
    }
    if reader.skip(0x1A) { unsafe pool = reader.text(max) }
    if reader.skip(0x22) { unsafe region = reader.text(max) }
    if reader.skip(0x2A) { unsafe orderID = reader.text(max) }
    if reader.skip(0x32) { unsafe customer = reader.text(max) }
    if reader.skip(0x3A) { unsafe channel = reader.text(max) }
    let start = reader.offset
    while reader.skip(0x42) {
      _ = unsafe reader.content()
      lineCount += 1
    }
    guard !reader.hasFailed else { return nil }
    unsafe lines = UnsafeRawBufferPointer(rebasing: bytes[start..<reader.offset])
    if reader.skip(0x4A) {
      let (seconds, nanos) = reader.secondsAndNanos(max: 315_576_000_000)
      ttl = seconds * 1000 + nanos / 1_000_000
    }
    if reader.skip(0x50) { fill = reader.varint() }
    if reader.skip(0x5A) { requiredBy = reader.day() }
    let life = ttl ?? limits.ttlDefaultMilliseconds
    guard reader.isDone, unsafe !pool.isEmpty, (1...limits.linesMax).contains(lineCount),
      fill <= 2, life >= limits.ttlMinMilliseconds, life <= limits.ttlMaxMilliseconds
    else { return nil }
  }

  /// What its record's body takes at most: its texts, with their lengths, and its numbers, of
  /// which those of a line are longer than on the wire.
  var bodyBytesMax: Int {
    unsafe orderID.count + customer.count + channel.count + lines.count + 11 * lineCount + 18
  }
}

typealias HotText = UnsafeRawBufferPointer

extension UnsafeRawBufferPointer {
  /// A text that was left out.
  static var none: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(start: nil, count: 0) }
}

/// Reads bytes that it bounds itself; the first unusual one ends it.
@safe
struct HotReader {
  private let bytes: UnsafeRawBufferPointer
  private(set) var offset = 0
  private(set) var hasFailed = false

  init(_ bytes: UnsafeRawBufferPointer) { unsafe self.bytes = bytes }

  var isDone: Bool { unsafe !hasFailed && offset == bytes.count }

  mutating func fail() { hasFailed = true }

  /// Passes over this tag if it is next.
  @inline(__always)
  mutating func skip(_ tag: UInt8) -> Bool {
    guard !hasFailed, unsafe offset < bytes.count, unsafe bytes[offset] == tag else { return false }
    offset += 1
    return true
  }

  /// A number below 2^63.
  @inline(__always)
  mutating func varint() -> UInt64 {
    if unsafe offset < bytes.count, unsafe bytes[offset] < 0x80 {
      offset += 1
      return unsafe UInt64(bytes[offset - 1])
    }
    return longVarint()
  }

  private mutating func longVarint() -> UInt64 {
    var result: UInt64 = 0
    var shift: UInt64 = 0
    while unsafe offset < bytes.count, shift < 63 {
      let byte = unsafe bytes[offset]
      offset += 1
      result |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return result }
      shift += 7
    }
    hasFailed = true
    return 0
  }

  mutating func content() -> UnsafeRawBufferPointer {
    let before = offset
    let length = varint()
    // protobuf-c takes no length of more than five bytes.
    guard !hasFailed, offset - before <= 4, unsafe length <= UInt64(bytes.count - offset) else {
      hasFailed = true
      return unsafe .none
    }
    let start = offset
    offset += Int(length)
    return unsafe UnsafeRawBufferPointer(rebasing: bytes[start..<offset])
  }

  mutating func text(_ max: Int) -> UnsafeRawBufferPointer {
    let content = unsafe content()
    if unsafe content.count > max || TextCheck(content) != .fine { hasFailed = true }
    return unsafe content
  }

  /// A Timestamp or a Duration that isn't negative.
  mutating func secondsAndNanos(max: UInt64) -> (Int64, Int64) {
    var inner = unsafe HotReader(content())
    let seconds = inner.skip(0x08) ? inner.varint() : 0
    let nanos = inner.skip(0x10) ? inner.varint() : 0
    guard inner.isDone, seconds <= max, nanos < 1_000_000_000 else {
      hasFailed = true
      return (0, 0)
    }
    return (Int64(seconds), Int64(nanos))
  }

  /// A Date's number.
  mutating func day() -> Int32 {
    var inner = unsafe HotReader(content())
    let year = inner.skip(0x08) ? inner.varint() : 0
    let month = inner.skip(0x10) ? inner.varint() : 0
    let day = inner.skip(0x18) ? inner.varint() : 0
    guard inner.isDone, max(year, month, day) <= 9_999,
      let number = CivilDate(year: Int32(year), month: Int32(month), day: Int32(day)).dayNumber
    else {
      hasFailed = true
      return 0
    }
    return number
  }
}
