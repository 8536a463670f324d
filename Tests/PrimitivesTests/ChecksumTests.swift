import Testing

@testable import Primitives

@Suite struct ChecksumTests {
  /// RFC 3720, appendix B.4.
  @Test func crc32cOfTheStandardVectors() {
    func crc(_ bytes: [UInt8]) -> UInt32 {
      var checksum = CRC32C()
      checksum.update(bytes)
      return checksum.value
    }
    #expect(crc([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
    #expect(crc([UInt8](repeating: 255, count: 32)) == 0x62A8_AB43)
    #expect(crc((0..<32).map { UInt8($0) }) == 0x46DD_794E)
    #expect(crc([UInt8]("123456789".utf8)) == 0xE306_9283)
  }

  @Test func crc32cContinuesFromWhatCameBefore() {
    let text = [UInt8]("reserving stock, in two parts of any length".utf8)
    var whole = CRC32C()
    whole.update(text)
    for cut in 0...text.count {
      var first = CRC32C()
      first.update([UInt8](text[..<cut]))
      var second = CRC32C(continuing: first.value)
      second.update([UInt8](text[cut...]))
      #expect(second.value == whole.value, "cut at \(cut)")
    }
  }

  /// The instruction and the tables are two ways to one number, at every length and alignment.
  @Test func bothWaysAgree() {
    var random = SeededRandom(seed: 7)
    let bytes = (0..<600).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    for length in 0...300 {
      let start = Int(random.below(300))
      var first = CRC32C(continuing: UInt32(truncatingIfNeeded: random.next()))
      var second = first
      unsafe bytes.withUnsafeBytes { bytes in
        let part = unsafe UnsafeRawBufferPointer(rebasing: bytes[start..<(start + length)])
        unsafe first.update(part)
        unsafe second.updateByTables(part)
      }
      #expect(first.value == second.value, "length \(length) from \(start)")
    }
  }
}
