import CChecksum

/// CRC32C (Castagnoli, RFC 3720 appendix B.4): by the processor's instruction, or eight bytes a
/// step through tables where it has none.
@usableFromInline
package struct CRC32C: Sendable {
  @usableFromInline var state: UInt32

  /// Continues from the checksum of what came before; zero starts anew.
  @inlinable package init(continuing previous: UInt32 = 0) { state = ~previous }

  @inlinable package var value: UInt32 { ~state }

  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard hasInstruction, let start = bytes.baseAddress else { return unsafe updateByTables(bytes) }
    state = unsafe hf_crc32c(state, start, bytes.count)
  }

  mutating func updateByTables(_ bytes: UnsafeRawBufferPointer) {
    unsafe crc32cTables.withUnsafeBufferPointer { table in
      var crc = state
      var offset = 0
      while offset + 8 <= bytes.count {
        let low = unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self).littleEndian
        let high = unsafe bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self)
          .littleEndian
        let x = crc ^ low
        crc =
          unsafe table[1792 + Int(x & 255)] ^ table[1536 + Int(x >> 8 & 255)]
          ^ table[1280 + Int(x >> 16 & 255)] ^ table[1024 + Int(x >> 24)]
          ^ table[768 + Int(high & 255)] ^ table[512 + Int(high >> 8 & 255)]
          ^ table[256 + Int(high >> 16 & 255)] ^ table[Int(high >> 24)]
        offset += 8
      }
      while offset < bytes.count {
        crc = unsafe table[Int((crc ^ UInt32(bytes[offset])) & 255)] ^ (crc >> 8)
        offset += 1
      }
      state = crc
    }
  }

  package mutating func update(_ bytes: [UInt8]) {
    unsafe bytes.withUnsafeBytes { unsafe update($0) }
  }

  package mutating func update(_ number: UInt64) {
    unsafe withUnsafeBytes(of: number.littleEndian) { unsafe update($0) }
  }
}

private let hasInstruction = hf_crc32c_is_available() != 0

/// Table `k` holds the checksum of a byte followed by `k` zero bytes.
private let crc32cTables: [UInt32] = {
  var tables = [UInt32](repeating: 0, count: 8 * 256)
  for byte in 0..<256 {
    var crc = UInt32(byte)
    for _ in 0..<8 { crc = crc & 1 == 1 ? (crc >> 1) ^ 0x82F6_3B78 : crc >> 1 }
    tables[byte] = crc
  }
  for k in 1..<8 {
    for byte in 0..<256 {
      let previous = tables[(k - 1) * 256 + byte]
      tables[k * 256 + byte] = tables[Int(previous & 255)] ^ (previous >> 8)
    }
  }
  return tables
}()
