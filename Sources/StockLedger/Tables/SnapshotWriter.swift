import Primitives

/// Writes the canonical stream: equal content gives equal bytes, however they are taken out.
struct SnapshotWriter: Sendable {
  private var output = ByteWriter()
  private var frame = ByteWriter()
  private var section: UInt32 = 0
  private var crc: UInt32 = 0

  /// `version` is the ledger's format.
  init(version: UInt32) {
    output.put(Self.magic)
    output.put(version)
  }

  static var magic: UInt64 { 0x3150_414E_5344_4C48 }
  static var endSection: UInt32 { 0 }
  static var frameBytes: Int { 65_536 }

  /// Bytes that can be taken now.
  var readyBytes: Int { output.count }

  /// Appends one record to a section (1 or more). Records of one section come one after another
  /// and are grouped into frames by their size alone.
  mutating func record(_ section: UInt32, _ body: (inout ByteWriter) -> Void) {
    precondition(section != Self.endSection, "section 0 is the end")
    if section != self.section || frame.count >= Self.frameBytes { closeFrame() }
    self.section = section
    body(&frame)
  }

  /// Nothing follows.
  mutating func finish() {
    closeFrame()
    section = Self.endSection
    emit()
  }

  /// All complete frames so far.
  mutating func take() -> [UInt8] {
    defer { output = ByteWriter() }
    return output.bytes
  }

  private mutating func closeFrame() {
    if frame.count > 0 { emit() }
  }

  private mutating func emit() {
    output.put(section)
    output.put(UInt32(frame.count))
    var checksum = CRC32C(continuing: crc)
    checksum.update(UInt64(section) << 32 | UInt64(frame.count))
    checksum.update(frame.bytes)
    crc = checksum.value
    output.bytes.append(contentsOf: frame.bytes)
    output.put(crc)
    frame = ByteWriter()
  }
}
