import Primitives

/// One group of records of a section.
struct SnapshotFrame: Sendable {
  var section: UInt32
  var bytes: [UInt8]
}

/// Reads what `SnapshotWriter` wrote, in pieces of any size. The bytes may be hostile.
struct SnapshotReader: Sendable {
  /// No frame is longer: one record more than `SnapshotWriter.frameBytes`.
  static var frameBytesMax: Int { 1 << 20 }

  private var input: [UInt8] = []
  private var offset = 0
  private var crc: UInt32 = 0
  private var frames: UInt64 = 0
  private var opened = false
  private let version: UInt32
  private(set) var isComplete = false

  /// `version` is the only format that is understood.
  init(version: UInt32) { self.version = version }

  /// Takes the next bytes; then call `next` until it answers nil.
  mutating func append(_ bytes: [UInt8]) throws(SnapshotError) {
    if isComplete && !bytes.isEmpty { throw .bytesAfterEnd }
    input.removeFirst(offset)
    offset = 0
    if input.count > Self.frameBytesMax + 64 { throw .tooMuchPending(bytes: input.count) }
    input += bytes
  }

  /// The next whole frame whose checksum holds; nil when more bytes are needed or all were read.
  mutating func next() throws(SnapshotError) -> SnapshotFrame? {
    if !opened {
      guard input.count - offset >= 12 else { return nil }
      guard word(0) == SnapshotWriter.magic else { throw .notASnapshot }
      let found = UInt32(truncatingIfNeeded: word(8))
      guard found == version else { throw .unknownVersion(found) }
      offset += 12
      opened = true
    }
    guard !isComplete, input.count - offset >= 12 else { return nil }
    let head = word(0)
    let section = UInt32(truncatingIfNeeded: head)
    let length = UInt32(truncatingIfNeeded: head >> 32)
    if length > Self.frameBytesMax { throw .frameTooLong(bytes: length) }
    guard input.count - offset >= 12 + Int(length) else { return nil }
    let bytes = [UInt8](input[(offset + 8)..<(offset + 8 + Int(length))])
    var checksum = CRC32C(continuing: crc)
    checksum.update(UInt64(section) << 32 | UInt64(length))
    checksum.update(bytes)
    offset += 8 + Int(length)
    guard UInt32(truncatingIfNeeded: word(0, bytes: 4)) == checksum.value else {
      throw .checksumMismatch(frame: frames)
    }
    offset += 4
    crc = checksum.value
    frames += 1
    guard section == SnapshotWriter.endSection else {
      return SnapshotFrame(section: section, bytes: bytes)
    }
    isComplete = true
    if offset != input.count { throw .bytesAfterEnd }
    return nil
  }

  /// Throws unless the end was reached.
  func finish() throws(SnapshotError) { if !isComplete { throw .endsEarly } }

  private func word(_ at: Int, bytes: Int = 8) -> UInt64 {
    var value: UInt64 = 0
    for i in 0..<bytes where offset + at + i < input.count {
      value |= UInt64(input[offset + at + i]) << UInt64(8 * i)
    }
    return value
  }
}
