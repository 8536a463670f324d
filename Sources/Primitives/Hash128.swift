/// A 128-bit content hash: the same bytes give the same value in every process and on every
/// machine. For page digests and request fingerprints; not for secrets.
@usableFromInline
package struct Hash128: Hashable, Sendable, BitwiseCopyable {
  @usableFromInline package var high: UInt64
  @usableFromInline package var low: UInt64

  @inlinable package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  @inlinable package static var zero: Hash128 { Hash128(high: 0, low: 0) }

  /// Hashes `bytes`, domain-separated by `seed`.
  package init(_ bytes: UnsafeRawBufferPointer, seed: UInt64 = 0) {
    var a = seed ^ 0x9E37_79B9_7F4A_7C15
    var b = ~seed ^ 0xC2B2_AE3D_27D4_EB4F
    var offset = 0
    let count = bytes.count
    while offset &+ 16 <= count {
      let from = unsafe bytes.baseAddress.unsafelyUnwrapped + offset
      let x = unsafe from.loadUnaligned(as: UInt64.self).littleEndian
      let y = unsafe from.loadUnaligned(fromByteOffset: 8, as: UInt64.self).littleEndian
      a = Self.fold(a ^ x, 0xA076_1D64_78BD_642F ^ y)
      b = Self.fold(b ^ y ^ 0xE703_7ED1_A0B4_28DB, x ^ 0x8EBC_6AF0_9C88_C6E3) ^ a
      offset &+= 16
    }
    var tail = (UInt64(0), UInt64(0))
    if bytes.count - offset >= 8 {
      tail.0 = unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self).littleEndian
      tail.1 = unsafe Self.partialWord(bytes, from: offset + 8)
    } else {
      tail.0 = unsafe Self.partialWord(bytes, from: offset)
    }
    let length = UInt64(bytes.count)
    a = Self.fold(a ^ tail.0, 0x5899_65CC_7537_4CC3 ^ tail.1 ^ length)
    b = Self.fold(b ^ tail.1 ^ 0x1D8E_4E27_C47D_124F, tail.0 ^ length ^ 0xEB44_ACCA_B455_D165) ^ a
    high = Self.fold(a ^ 0xA076_1D64_78BD_642F, b ^ length)
    low = Self.fold(b ^ 0xE703_7ED1_A0B4_28DB, a &+ 0x8EBC_6AF0_9C88_C6E3)
  }

  /// The bytes from `offset` to the end, at most seven, as a little-endian number: read in pieces
  /// that may overlap, because hashing short texts byte by byte costs more than mixing them.
  @inline(__always)
  private static func partialWord(_ bytes: UnsafeRawBufferPointer, from offset: Int) -> UInt64 {
    let count = bytes.count - offset
    if count >= 4 {
      let low = unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self).littleEndian
      let high = unsafe bytes.loadUnaligned(
        fromByteOffset: bytes.count - 4, as: UInt32.self
      ).littleEndian
      return UInt64(low) | UInt64(high) << UInt64((count - 4) * 8)
    }
    guard count > 0 else { return 0 }
    let middle = count >> 1
    return unsafe UInt64(bytes[offset]) | UInt64(bytes[offset + middle]) << UInt64(middle * 8)
      | UInt64(bytes[bytes.count - 1]) << UInt64((count - 1) * 8)
  }

  @inlinable static func fold(_ x: UInt64, _ y: UInt64) -> UInt64 {
    let product = x.multipliedFullWidth(by: y)
    return product.high ^ product.low ^ x
  }
}
