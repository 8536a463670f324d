import Primitives

/// One group of records of a section.
struct SnapshotFrame: Equatable, Sendable {
  var section: UInt32
  var bytes: [UInt8]
}

/// Reads what `SnapshotWriter` wrote, in pieces of any size. The bytes may be hostile: a length is
/// checked before it is believed, and nothing is given out before its checksum was. After an error
/// the reader gives that error for ever.
struct SnapshotReader: Sendable {
  private var input: [UInt8] = []
  private var offset = 0
  private var frames: UInt64 = 0
  private let versions: ClosedRange<UInt32>
  /// What the frames so far add up to; nil before the header was read.
  private var checksum: CRC32C?
  private var failure: SnapshotError?
  private(set) var isComplete = false

  /// `versions` are the formats that are understood.
  init(versions: ClosedRange<UInt32>) { self.versions = versions }

  /// Takes the next bytes; then call `next` until it answers nil. At most one frame stays behind.
  mutating func append(_ bytes: [UInt8]) throws(SnapshotError) {
    if let failure { throw failure }
    if isComplete && !bytes.isEmpty { throw fail(.bytesAfterEnd) }
    input.removeSubrange(0..<offset)
    offset = 0
    guard input.count < SnapshotFormat.frameBytesMax + SnapshotFormat.headerBytes else {
      throw fail(.tooMuchPending(bytes: input.count))
    }
    input += bytes
  }

  /// The next whole frame whose checksum holds; nil when more bytes are needed or all were read.
  mutating func next() throws(SnapshotError) -> SnapshotFrame? {
    if let failure { throw failure }
    guard let checksum = try readHeader(), !isComplete, pending >= 8 else { return nil }
    let section = word(at: 0)
    let length = Int(word(at: 4))
    if length > SnapshotFormat.frameBytesMax {
      throw fail(.frameTooLong(bytes: UInt32(length)))
    }
    guard pending >= 12 + length else { return nil }
    let bytes = [UInt8](input[(offset + 8)..<(offset + 8 + length)])
    let expected = unsafe bytes.withUnsafeBytes {
      unsafe SnapshotFormat.checksum(after: checksum, section: section, content: $0)
    }
    guard word(at: 8 + length) == expected.value else {
      throw fail(.checksumMismatch(frame: frames))
    }
    self.checksum = expected
    frames += 1
    offset += 12 + length
    guard section == SnapshotFormat.endSection else {
      return SnapshotFrame(section: section, bytes: bytes)
    }
    isComplete = true
    if length > 0 || pending > 0 { throw fail(.bytesAfterEnd) }
    return nil
  }

  /// Throws unless the end was reached.
  func finish() throws(SnapshotError) {
    if let failure { throw failure }
    if !isComplete { throw .endsEarly }
  }
}

extension SnapshotReader {
  private var pending: Int { input.count - offset }

  private mutating func readHeader() throws(SnapshotError) -> CRC32C? {
    if let checksum { return checksum }
    guard pending >= SnapshotFormat.headerBytes else { return nil }
    let magic = UInt64(word(at: 4)) << 32 | UInt64(word(at: 0))
    guard magic == SnapshotFormat.magic else { throw fail(.notASnapshot) }
    let found = word(at: 8)
    guard versions.contains(found) else { throw fail(.unknownVersion(found)) }
    offset += SnapshotFormat.headerBytes
    let start = SnapshotFormat.headerChecksum(version: found)
    checksum = start
    return start
  }

  /// Four bytes behind `offset`; the caller has seen that they are pending.
  private func word(at: Int) -> UInt32 {
    (0..<4).reduce(0) { $0 | UInt32(input[offset + at + $1]) << UInt32(8 * $1) }
  }

  private mutating func fail(_ error: SnapshotError) -> SnapshotError {
    failure = error
    return error
  }
}
