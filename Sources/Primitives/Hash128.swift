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
    while offset + 16 <= bytes.count {
      let x = unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self).littleEndian
      let y = unsafe bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self).littleEndian
      a = Self.fold(a ^ x, 0xA076_1D64_78BD_642F ^ y)
      b = Self.fold(b ^ y ^ 0xE703_7ED1_A0B4_28DB, x ^ 0x8EBC_6AF0_9C88_C6E3) ^ a
      offset += 16
    }
    var tail = (UInt64(0), UInt64(0))
    var shift: UInt64 = 0
    while offset < bytes.count {
      let byte = unsafe UInt64(bytes[offset])
      if shift < 64 { tail.0 |= byte << shift } else { tail.1 |= byte << (shift - 64) }
      shift += 8
      offset += 1
    }
    let length = UInt64(bytes.count)
    a = Self.fold(a ^ tail.0, 0x5899_65CC_7537_4CC3 ^ tail.1 ^ length)
    b = Self.fold(b ^ tail.1 ^ 0x1D8E_4E27_C47D_124F, tail.0 ^ length ^ 0xEB44_ACCA_B455_D165) ^ a
    high = Self.fold(a ^ 0xA076_1D64_78BD_642F, b ^ length)
    low = Self.fold(b ^ 0xE703_7ED1_A0B4_28DB, a &+ 0x8EBC_6AF0_9C88_C6E3)
  }

  @inlinable static func fold(_ x: UInt64, _ y: UInt64) -> UInt64 {
    let product = x.multipliedFullWidth(by: y)
    return product.high ^ product.low ^ x
  }
}
