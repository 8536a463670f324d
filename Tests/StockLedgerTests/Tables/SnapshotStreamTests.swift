import Primitives
import Testing

@testable import StockLedger

@Suite struct SnapshotStreamTests {
  private let sections: [(section: UInt32, records: Int)] = [(1, 1), (2, 30_000), (7, 3), (8, 1)]

  private func write(takingAtMost maxBytes: Int) -> [UInt8] {
    var writer = SnapshotWriter(version: 3)
    var bytes: [UInt8] = []
    for (section, records) in sections {
      for number in 0..<records {
        writer.record(section) {
          $0.put(UInt32(number))
          $0.put(short: [UInt8](repeating: 7, count: number % 11))
        }
        while writer.readyBytes >= maxBytes { bytes += writer.take(atMost: maxBytes) }
      }
    }
    writer.finish()
    while writer.readyBytes > 0 { bytes += writer.take(atMost: maxBytes) }
    return bytes
  }

  private func read(_ bytes: [UInt8], pieces: Int) throws(SnapshotError) -> [SnapshotFrame] {
    var reader = SnapshotReader(versions: 3...3)
    var frames: [SnapshotFrame] = []
    for start in stride(from: 0, to: bytes.count, by: pieces) {
      try reader.append([UInt8](bytes[start..<min(bytes.count, start + pieces)]))
      while let frame = try reader.next() { frames.append(frame) }
    }
    try reader.finish()
    return frames
  }

  @Test func theBytesDoNotDependOnHowTheyAreTaken() {
    let whole = write(takingAtMost: .max)
    for maxBytes in [100, 5_000, 65_536, 100_000] {
      #expect(write(takingAtMost: maxBytes) == whole)
    }
  }

  @Test(arguments: [1_000, 65_537, 10_000_000])
  func whatWasWrittenIsReadInPiecesOfAnySize(pieces: Int) throws {
    let frames = try read(write(takingAtMost: .max), pieces: pieces)
    #expect(frames.count > 5)
    for (section, records) in sections {
      let content = frames.filter { $0.section == section }.flatMap(\.bytes)
      var found = 0
      unsafe content.withUnsafeBytes { bytes in
        var reader = unsafe ByteReader(bytes)
        while !reader.isAtEnd && reader.isValid {
          #expect(reader.get(UInt32.self) == UInt32(found))
          #expect(unsafe reader.getShort().count == found % 11)
          found += 1
        }
        #expect(reader.isValid)
      }
      #expect(found == records)
    }
  }

  private func small() -> [UInt8] {
    var writer = SnapshotWriter(version: 3)
    writer.record(1) { $0.put(UInt64(5)) }
    writer.record(2) { $0.put(UInt32(6)) }
    writer.finish()
    return writer.take()
  }

  @Test func everyFlippedBitIsFound() throws {
    let bytes = small()
    #expect(try read(bytes, pieces: 1).count == 2)
    for at in bytes.indices {
      for bit in 0..<8 {
        var changed = bytes
        changed[at] ^= 1 << UInt8(bit)
        #expect(throws: SnapshotError.self, "byte \(at) bit \(bit)") {
          try read(changed, pieces: .max)
        }
      }
    }
  }

  @Test func everyTruncationAndAnyAppendixIsFound() {
    let bytes = small()
    for end in 0..<bytes.count {
      #expect(throws: SnapshotError.endsEarly) { try read([UInt8](bytes[..<end]), pieces: 7) }
    }
    for pieces in [1, 1_000] {
      #expect(throws: SnapshotError.bytesAfterEnd) { try read(bytes + [0], pieces: pieces) }
    }
  }

  @Test func framesCannotBeLeftOutOrExchanged() {
    let bytes = small()
    let first = bytes[12..<32]
    let second = bytes[32..<48]
    let head = bytes[..<12]
    let end = bytes[48...]
    #expect(throws: SnapshotError.checksumMismatch(frame: 0)) {
      try read([UInt8](head + second + end), pieces: 100)
    }
    #expect(throws: SnapshotError.checksumMismatch(frame: 0)) {
      try read([UInt8](head + second + first + end), pieces: 100)
    }
    #expect(throws: SnapshotError.checksumMismatch(frame: 1)) {
      try read([UInt8](head + first + end), pieces: 100)
    }
  }

  @Test func aStrangeHeaderIsRefused() {
    var bytes = small()
    bytes[8] = 4
    #expect(throws: SnapshotError.unknownVersion(4)) { try read(bytes, pieces: 5) }
    #expect(throws: SnapshotError.notASnapshot) {
      try read([UInt8](repeating: 0, count: 12), pieces: 5)
    }
  }

  /// The length is refused before a byte of the content has come.
  @Test func aHugeLengthIsRefusedAtOnce() throws {
    var reader = SnapshotReader(versions: 3...3)
    try reader.append([UInt8](small()[..<12]) + [1, 0, 0, 0, 255, 255, 255, 255])
    #expect(throws: SnapshotError.frameTooLong(bytes: .max)) { try reader.next() }
    #expect(throws: SnapshotError.frameTooLong(bytes: .max)) { try reader.append([1]) }
    #expect(throws: SnapshotError.frameTooLong(bytes: .max)) { try reader.finish() }
  }

  @Test func whatIsNeverReadIsNotCollected() throws {
    var reader = SnapshotReader(versions: 3...3)
    try reader.append([UInt8](repeating: 0, count: 9_000_000))
    #expect(throws: SnapshotError.tooMuchPending(bytes: 9_000_000)) { try reader.append([0]) }
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func randomBytesNeverTrap(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let good = small()
    for _ in 0..<3_000 {
      var bytes = good
      for _ in 0...random.below(4) {
        switch random.below(4) {
        case 0: bytes[Int(random.below(UInt64(bytes.count)))] = UInt8(random.below(256))
        case 1: bytes.removeSubrange(Int(random.below(UInt64(bytes.count)))...)
        case 2: bytes.insert(UInt8(random.below(256)), at: Int(random.below(UInt64(bytes.count))))
        default: bytes += good[Int(random.below(UInt64(good.count)))...]
        }
        if bytes.isEmpty { bytes = [0] }
      }
      let frames = try? read(bytes, pieces: 1 + Int(random.below(60)))
      if bytes != good { #expect(frames == nil) }
    }
  }
}
