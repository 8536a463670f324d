import Primitives

/// The stream: magic u64, version u32; then frames of section u32, length u32, content, checksum
/// u32; the last frame is of section 0 and empty. A checksum is the CRC32C of all bytes before it
/// but the checksums, so the last one covers the whole and no frame can be moved or left out.
enum SnapshotFormat {
  /// "HLDSNAP1", read as a little-endian number.
  static var magic: UInt64 { 0x3150_414E_5344_4C48 }
  static var headerBytes: Int { 12 }
  static var endSection: UInt32 { 0 }
  /// A frame ends with the first record that reaches this, wherever its bytes are taken out.
  static var frameBytes: Int { 65_536 }
  /// A frame is never longer: room for the longest record of a heap with all that goes with it.
  static var frameBytesMax: Int { 8 << 20 }

  static func headerChecksum(version: UInt32) -> CRC32C {
    var checksum = CRC32C()
    checksum.update(magic)
    checksum.update(UInt64(version))
    return checksum
  }

  /// The checksum of a frame that follows what `previous` covers.
  static func checksum(
    after previous: CRC32C, section: UInt32, content: UnsafeRawBufferPointer
  ) -> CRC32C {
    var checksum = previous
    checksum.update(UInt64(section) << 32 | UInt64(content.count))
    unsafe checksum.update(content)
    return checksum
  }
}

/// Writes the canonical stream: equal content gives equal bytes, however they are taken out.
struct SnapshotWriter: Sendable {
  private var output = ByteWriter()
  private var taken = 0
  private var frame = ByteWriter()
  private var section = SnapshotFormat.endSection
  private var checksum: CRC32C
  private var isFinished = false

  /// `version` is the ledger's format.
  init(version: UInt32) {
    output.put(SnapshotFormat.magic)
    output.put(version)
    checksum = SnapshotFormat.headerChecksum(version: version)
  }

  static var frameBytes: Int { SnapshotFormat.frameBytes }

  /// Bytes that can be taken now.
  var readyBytes: Int { output.count - taken }

  /// Appends one record to a section (1 or more). Records of one section come one after another
  /// and are grouped into frames by their size alone.
  @inline(__always)
  mutating func record(_ section: UInt32, _ body: (inout ByteWriter) -> Void) {
    if section != self.section || frame.count >= SnapshotFormat.frameBytes { open(section) }
    body(&frame)
  }

  /// Nothing follows.
  mutating func finish() {
    open(SnapshotFormat.endSection)
    emit()
    isFinished = true
  }

  /// Complete frames so far, at most `maxBytes` of them; a frame may be cut anywhere.
  mutating func take(atMost maxBytes: Int = .max) -> [UInt8] {
    if taken == 0 && output.count <= maxBytes {
      defer { output = ByteWriter() }
      return output.bytes
    }
    let end = taken + min(maxBytes, readyBytes)
    let bytes = [UInt8](output.bytes[taken..<end])
    taken = end
    if taken == output.count {
      output = ByteWriter()
      taken = 0
    }
    return bytes
  }

  private mutating func open(_ section: UInt32) {
    precondition(!isFinished, "section \(section) after the end")
    if frame.count > 0 { emit() }
    self.section = section
  }

  private mutating func emit() {
    precondition(
      frame.count <= SnapshotFormat.frameBytesMax,
      "a frame of \(frame.count) bytes in section \(section)")
    output.put(section)
    output.put(UInt32(frame.count))
    unsafe frame.bytes.withUnsafeBytes { content in
      unsafe checksum = SnapshotFormat.checksum(
        after: checksum, section: section, content: content)
      unsafe output.put(raw: content)
    }
    output.put(checksum.value)
    frame.bytes.removeAll(keepingCapacity: true)
  }
}
