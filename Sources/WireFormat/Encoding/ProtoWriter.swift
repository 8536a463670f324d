internal import Primitives

/// Writes protobuf by hand, for messages that are made on every call. Fields with their default
/// value are left out, as proto3 wants it.
struct ProtoWriter: Sendable {
  var bytes: [UInt8]

  init(_ bytes: [UInt8] = []) { self.bytes = bytes }

  mutating func varint(_ value: UInt64) {
    var value = value
    while value >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
      value >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: value))
  }

  mutating func tag(_ field: UInt32, _ wireType: UInt32) {
    let tag = field << 3 | wireType
    if tag < 0x80 { bytes.append(UInt8(truncatingIfNeeded: tag)) } else { varint(UInt64(tag)) }
  }

  mutating func put(_ field: UInt32, _ value: UInt64) {
    guard value != 0 else { return }
    tag(field, 0)
    varint(value)
  }

  mutating func put(_ field: UInt32, _ value: Int64) {
    put(field, UInt64(bitPattern: value))
  }

  mutating func put(_ field: UInt32, _ value: Bool) {
    put(field, value ? UInt64(1) : 0)
  }

  /// A string or bytes field.
  mutating func put(_ field: UInt32, _ text: UnsafeRawBufferPointer) {
    guard unsafe !text.isEmpty else { return }
    unsafe always(field, text)
  }

  mutating func put(_ field: UInt32, _ text: [UInt8]) {
    unsafe text.withUnsafeBytes { unsafe put(field, $0) }
  }

  mutating func put(_ field: UInt32, _ text: String) {
    var text = text
    text.withUTF8 { unsafe put(field, UnsafeRawBufferPointer($0)) }
  }

  /// An element of a repeated string or bytes field, which is written even when it is empty.
  mutating func always(_ field: UInt32, _ text: UnsafeRawBufferPointer) {
    tag(field, 2)
    varint(UInt64(text.count))
    unsafe bytes.append(contentsOf: text)
  }

  /// Starts a message field; the result goes to `end`.
  mutating func begin(_ field: UInt32) -> Int {
    tag(field, 2)
    bytes.append(0)
    return bytes.count
  }

  /// Completes the message field whose content began at `mark`: most are shorter than 128 bytes,
  /// so one byte was left for the length, and longer content moves.
  mutating func end(_ mark: Int) {
    let length = bytes.count - mark
    if length < 0x80 {
      bytes[mark - 1] = UInt8(truncatingIfNeeded: length)
    } else {
      widen(mark, length)
    }
  }

  mutating func widen(_ mark: Int, _ length: Int) {
    bytes[mark - 1] = UInt8(truncatingIfNeeded: length) | 0x80
    var rest = UInt64(length) >> 7
    var tail = InlineArray<9, UInt8>(repeating: 0)
    var count = 0
    repeat {
      tail[count] = UInt8(truncatingIfNeeded: rest) | (rest >= 0x80 ? 0x80 : 0)
      rest >>= 7
      count += 1
    } while rest > 0
    for _ in 0..<count { bytes.append(0) }
    unsafe bytes.withUnsafeMutableBytes { all in
      let base = all.baseAddress!
      unsafe (base + mark + count).copyMemory(from: base + mark, byteCount: length)
      for i in 0..<count { unsafe all[mark + i] = tail[i] }
    }
  }

  /// A `google.protobuf.Timestamp` of milliseconds since 1970.
  mutating func put(_ field: UInt32, timestamp milliseconds: Int64) {
    var seconds = milliseconds / 1000
    var rest = milliseconds % 1000
    if rest < 0 {
      seconds -= 1
      rest += 1000
    }
    let mark = begin(field)
    put(1, seconds)
    put(2, rest * 1_000_000)
    end(mark)
  }

  /// A `google.protobuf.Duration` of nanoseconds.
  mutating func put(_ field: UInt32, duration nanoseconds: Int64) {
    let mark = begin(field)
    put(1, nanoseconds / 1_000_000_000)
    put(2, nanoseconds % 1_000_000_000)
    end(mark)
  }

  /// A `holdfast.v1.Date`.
  mutating func put(_ field: UInt32, day: Int32) {
    let date = CivilDate(dayNumber: day)
    let mark = begin(field)
    put(1, Int64(date.year))
    put(2, Int64(date.month))
    put(3, Int64(date.day))
    end(mark)
  }

  /// A `holdfast.v1.Position`.
  mutating func put(_ field: UInt32, shard: ShardID, index: LogIndex) {
    let mark = begin(field)
    put(1, UInt64(shard.rawValue))
    put(2, index.rawValue)
    end(mark)
  }
}
