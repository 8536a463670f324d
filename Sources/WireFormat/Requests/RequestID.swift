package import Primitives

/// A request's id, kept in place: no memory of its own per call.
package struct RequestID: BitwiseCopyable, Sendable {
  package static let bytesMax = 36

  private var storage = InlineArray<36, UInt8>(repeating: 0)
  package private(set) var count = 0

  package init() {}

  /// The first 36 bytes of `text`; longer ids were refused before.
  package init(_ text: UnsafeRawBufferPointer) {
    count = min(text.count, Self.bytesMax)
    let text = unsafe UnsafeRawBufferPointer(rebasing: text[0..<count])
    unsafe withUnsafeMutableBytes(of: &storage) { unsafe $0.copyMemory(from: text) }
  }

  /// The usual form of a UUID: groups of 8, 4, 4, 4 and 12 digits.
  package init(_ minted: MintedID) {
    count = Self.bytesMax
    let (first, second) = (Self.digits(minted.high >> 32), Self.digits(minted.high))
    let (third, fourth) = (Self.digits(minted.low >> 32), Self.digits(minted.low))
    storage = InlineArray(repeating: UInt8(ascii: "-"))
    unsafe withUnsafeMutableBytes(of: &storage) {
      unsafe $0.storeBytes(of: first, as: UInt64.self)
      unsafe $0.storeBytes(of: UInt32(truncatingIfNeeded: second), toByteOffset: 9, as: UInt32.self)
      unsafe $0.storeBytes(
        of: UInt32(truncatingIfNeeded: second >> 32), toByteOffset: 14, as: UInt32.self)
      unsafe $0.storeBytes(of: UInt32(truncatingIfNeeded: third), toByteOffset: 19, as: UInt32.self)
      unsafe $0.storeBytes(
        of: UInt32(truncatingIfNeeded: third >> 32), toByteOffset: 24, as: UInt32.self)
      unsafe $0.storeBytes(of: fourth, toByteOffset: 28, as: UInt64.self)
    }
  }

  /// The lower 32 bits as eight hexadecimal digits, in the order in which they lie in memory.
  private static func digits(_ value: UInt64) -> UInt64 {
    // The first digit is the highest: four bits to each byte.
    var bits = UInt64(UInt32(truncatingIfNeeded: value).byteSwapped)
    bits = (bits << 16 | bits) & 0x0000_FFFF_0000_FFFF
    bits = (bits << 8 | bits) & 0x00FF_00FF_00FF_00FF
    bits = (bits >> 4 | bits << 8) & 0x0F0F_0F0F_0F0F_0F0F
    let letters = ((bits &+ 0x0606_0606_0606_0606) >> 4) & 0x0101_0101_0101_0101
    return (bits &+ 0x3030_3030_3030_3030 &+ letters &* 0x27).littleEndian
  }

  package func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    try unsafe withUnsafeBytes(of: storage) {
      try unsafe body(UnsafeRawBufferPointer(rebasing: $0[0..<count]))
    }
  }

  package var text: String { unsafe withBytes { unsafe String(decoding: $0, as: UTF8.self) } }
}

/// 128 bits of a UUIDv7 (RFC 9562, section 5.7), for a client that sent no id.
package struct MintedID: BitwiseCopyable, Sendable {
  package let high: UInt64
  package let low: UInt64

  /// `milliseconds` since 1970 of any clock at hand; the rest is random.
  package init(milliseconds: Int64, random: inout SeededRandom) {
    let stamp = UInt64(bitPattern: milliseconds) & 0xFFFF_FFFF_FFFF
    high = stamp << 16 | 0x7000 | random.next() & 0x0FFF
    low = 0x8000_0000_0000_0000 | random.next() >> 2
  }
}
