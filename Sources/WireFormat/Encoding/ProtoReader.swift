/// Walks the fields of one message in its wire form. Lengths are checked before anything is read;
/// groups, which proto3 doesn't have, are malformed.
@safe
struct ProtoReader {
  let bytes: UnsafeRawBufferPointer
  var offset = 0
  /// Set once something was malformed; nothing is read any more.
  private(set) var isMalformed = false

  /// What the field that was read last holds.
  private(set) var number: UInt32 = 0
  private(set) var wireType: UInt8 = 0
  /// The value of a varint or fixed-width field.
  private(set) var value: UInt64 = 0
  /// The content of a length-delimited field.
  private(set) var content: UnsafeRawBufferPointer

  /// The caller keeps `bytes` alive and unchanged for as long as it reads.
  init(_ bytes: UnsafeRawBufferPointer) {
    unsafe self.bytes = bytes
    unsafe content = UnsafeRawBufferPointer(start: nil, count: 0)
  }

  var isAtEnd: Bool { unsafe offset == bytes.count }

  /// Reads the next field; false at the end and when it is malformed.
  mutating func next() -> Bool {
    guard unsafe offset < bytes.count, !isMalformed else { return false }
    let tag = varint()
    number = UInt32(truncatingIfNeeded: tag >> 3)
    wireType = UInt8(truncatingIfNeeded: tag & 7)
    guard tag <= 0xFFFF_FFFF, number > 0, number <= 0x1FFF_FFFF else { return fail() }
    switch wireType {
    case 0: value = varint()
    case 1: fixed(8)
    case 2: delimited()
    case 5: fixed(4)
    default: return fail()
    }
    return !isMalformed
  }

  mutating func fail() -> Bool {
    isMalformed = true
    return false
  }

  mutating func varint() -> UInt64 {
    if unsafe offset < bytes.count {
      let first = unsafe bytes[offset]
      if first < 0x80 {
        offset += 1
        return UInt64(first)
      }
    }
    return longVarint()
  }

  mutating func longVarint() -> UInt64 {
    var result: UInt64 = 0
    var shift: UInt64 = 0
    while unsafe offset < bytes.count, shift < 70 {
      let byte = unsafe bytes[offset]
      offset += 1
      if shift == 63, byte > 1 { break }
      result |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return result }
      shift += 7
    }
    isMalformed = true
    return 0
  }

  mutating func fixed(_ width: Int) {
    guard unsafe bytes.count - offset >= width else {
      isMalformed = true
      return
    }
    value =
      width == 8
      ? unsafe UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
      : unsafe UInt64(
        UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
    offset += width
  }

  mutating func delimited() {
    let length = varint()
    guard !isMalformed, unsafe length <= UInt64(bytes.count - offset) else {
      isMalformed = true
      return
    }
    unsafe content = UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + Int(length))])
    offset += Int(length)
  }
}
