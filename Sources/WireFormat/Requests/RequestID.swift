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
    for i in 0..<count { storage[i] = unsafe text[i] }
  }

  /// The usual form of a UUID.
  package init(_ minted: MintedID) {
    let digits: StaticString = "0123456789abcdef"
    for nibble in 0..<32 {
      let word = nibble < 16 ? minted.high : minted.low
      let digit = Int(truncatingIfNeeded: word >> UInt64(60 - 4 * (nibble & 15)) & 15)
      if nibble == 8 || nibble == 12 || nibble == 16 || nibble == 20 { append(UInt8(ascii: "-")) }
      append(unsafe digits.utf8Start[digit])
    }
  }

  private mutating func append(_ byte: UInt8) {
    storage[count] = byte
    count += 1
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
