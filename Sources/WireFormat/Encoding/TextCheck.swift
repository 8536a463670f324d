/// What the API takes as text: UTF-8 without controls (U+0000…U+001F, U+007F…U+009F).
enum TextCheck {
  case fine
  case notUTF8
  case control

  init(_ text: UnsafeRawBufferPointer) {
    if unsafe Self.isPlain(text) {
      self = .fine
      return
    }
    var i = 0
    while i < text.count {
      let byte = unsafe text[i]
      if byte < 0x80 {
        if byte < 0x20 || byte == 0x7F {
          self = .control
          return
        }
        i += 1
        continue
      }
      guard let length = unsafe Self.sequenceLength(text, at: i) else {
        self = .notUTF8
        return
      }
      if byte == 0xC2, unsafe text[i + 1] < 0xA0 {
        self = .control
        return
      }
      i += length
    }
    self = .fine
  }

  /// Whether all of it is printable ASCII, eight bytes at a time: the last eight may overlap with
  /// those before.
  private static func isPlain(_ text: UnsafeRawBufferPointer) -> Bool {
    let count = text.count
    if count >= 8 {
      var odd: UInt64 = 0
      var i = 0
      while i < count - 8 {
        odd |= unsafe oddBytes(text.loadUnaligned(fromByteOffset: i, as: UInt64.self))
        i += 8
      }
      return unsafe (odd | oddBytes(text.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)))
        == 0
    }
    if count >= 4 {
      let first = unsafe text.loadUnaligned(fromByteOffset: 0, as: UInt32.self)
      let last = unsafe text.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self)
      return oddBytes(UInt64(first) << 32 | UInt64(last)) == 0
    }
    for i in 0..<count where unsafe text[i] &- 0x20 > 0x5E { return false }
    return true
  }

  /// Zero when each of the eight bytes is in 0x20...0x7E.
  private static func oddBytes(_ word: UInt64) -> UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    // A byte's top bit is set if it is below 0x20, if it is 0x7F, or if it isn't ASCII. What is
    // carried or borrowed comes from a byte whose own top bit is set.
    return ((word &- 0x20 &* ones) | (word &+ ones) | word) & 0x8080_8080_8080_8080
  }

  /// The length of the well-formed sequence at `i` (Unicode, table 3-7), which isn't ASCII.
  private static func sequenceLength(_ text: UnsafeRawBufferPointer, at i: Int) -> Int? {
    let lead = unsafe text[i]
    let length: Int
    var second: ClosedRange<UInt8> = 0x80...0xBF
    switch lead {
    case 0xC2...0xDF: length = 2
    case 0xE0...0xEF:
      length = 3
      if lead == 0xE0 { second = 0xA0...0xBF }
      if lead == 0xED { second = 0x80...0x9F }
    case 0xF0...0xF4:
      length = 4
      if lead == 0xF0 { second = 0x90...0xBF }
      if lead == 0xF4 { second = 0x80...0x8F }
    default: return nil
    }
    guard i + length <= text.count, unsafe second.contains(text[i + 1]) else { return nil }
    for k in 2..<max(2, length) where unsafe text[i + k] & 0xC0 != 0x80 { return nil }
    return length
  }
}
