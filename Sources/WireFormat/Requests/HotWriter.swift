/// Writes into memory that was measured beforehand: a record's body costs one look at the
/// writer's capacity, not one for each field.
@safe
struct HotWriter {
  private let room: UnsafeMutableRawBufferPointer
  private(set) var count = 0

  init(_ room: UnsafeMutableRawBufferPointer) { unsafe self.room = room }

  @inline(__always)
  mutating func put<I: FixedWidthInteger & BitwiseCopyable>(_ value: I) {
    let end = count + MemoryLayout<I>.size
    unsafe precondition(end <= room.count, "\(end) of \(room.count) bytes")
    unsafe room.storeBytes(of: value.littleEndian, toByteOffset: count, as: I.self)
    count = end
  }

  /// A byte string of at most 255 bytes behind a one-byte length.
  @inline(__always)
  mutating func put(short text: UnsafeRawBufferPointer) {
    precondition(text.count <= 255, "short text of \(text.count) bytes")
    put(UInt8(truncatingIfNeeded: text.count))
    let end = count + text.count
    unsafe precondition(end <= room.count, "\(end) of \(room.count) bytes")
    unsafe UnsafeMutableRawBufferPointer(rebasing: room[count..<end]).copyMemory(from: text)
    count = end
  }
}
