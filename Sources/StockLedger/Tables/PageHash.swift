import Primitives

/// The hash of a sequence of row hashes, in order; depends on nothing else.
struct HashChain {
  private(set) var value = Hash128(high: 0x6A09_E667_F3BC_C908, low: 0xBB67_AE85_84CA_A73B)

  @inline(__always)
  mutating func add(_ number: UInt64, _ hash: Hash128) {
    value.high = Self.mix(value.high ^ hash.high, 0x9E37_79B9_7F4A_7C15 ^ number)
    value.low = Self.mix(value.low ^ hash.low ^ number, 0xC2B2_AE3D_27D4_EB4F ^ value.high)
  }

  @inline(__always)
  private static func mix(_ x: UInt64, _ y: UInt64) -> UInt64 {
    let product = x.multipliedFullWidth(by: y)
    return product.high ^ product.low ^ x
  }
}

extension Hash128 {
  /// Adds and takes away the hashes of pages: their sum does not depend on the order in which pages
  /// came and went.
  @inline(__always)
  static func &+= (sum: inout Hash128, one: Hash128) {
    sum.high &+= one.high
    sum.low &+= one.low
  }

  @inline(__always)
  static func &-= (sum: inout Hash128, one: Hash128) {
    sum.high &-= one.high
    sum.low &-= one.low
  }
}
