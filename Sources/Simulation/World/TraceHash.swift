import Primitives

/// Everything that happened, in one number: two runs of one seed that differ anywhere differ here.
struct TraceHash {
  private(set) var value: UInt64 = 0x243F_6A88_85A3_08D3
  private(set) var steps: UInt64 = 0

  mutating func mix(_ number: UInt64) {
    value = (value ^ number) &* 0x9E37_79B9_7F4A_7C15
    value ^= value >> 29
    steps &+= 1
  }

  mutating func mix(_ bytes: [UInt8]) { mix(contentHash(bytes)) }
}

/// The same bytes give the same number in every process.
func contentHash(_ bytes: [UInt8], seed: UInt64 = 0) -> UInt64 {
  unsafe bytes.withUnsafeBytes { unsafe Hash128($0, seed: seed).low }
}
