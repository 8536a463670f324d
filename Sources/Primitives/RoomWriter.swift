/// Writes into room that was measured beforehand: many small fields cost one look at an array's
/// capacity, not one each.
@safe @usableFromInline
package struct RoomWriter {
  @usableFromInline let room: UnsafeMutableRawBufferPointer
  @usableFromInline package private(set) var count: Int

  @inlinable package init(_ room: UnsafeMutableRawBufferPointer) {
    unsafe self.room = room
    count = 0
  }

  @inlinable @inline(__always)
  package mutating func put<I: FixedWidthInteger & BitwiseCopyable>(_ value: I) {
    let end = count + MemoryLayout<I>.size
    unsafe precondition(end <= room.count, "\(end) of \(room.count) bytes")
    unsafe room.storeBytes(of: value.littleEndian, toByteOffset: count, as: I.self)
    count = end
  }

  /// A byte string of at most 255 bytes behind a one-byte length.
  @inlinable @inline(__always)
  package mutating func put(short text: UnsafeRawBufferPointer) {
    precondition(text.count <= 255, "short text of \(text.count) bytes")
    put(UInt8(truncatingIfNeeded: text.count))
    let end = count + text.count
    unsafe precondition(end <= room.count, "\(end) of \(room.count) bytes")
    unsafe UnsafeMutableRawBufferPointer(rebasing: room[count..<end]).copyMemory(from: text)
    count = end
  }
}

extension ByteWriter {
  /// Appends what `body` writes, at most `bytesMax`; nothing when it returns false.
  @inlinable @inline(__always)
  package mutating func put(atMost bytesMax: Int, _ body: (inout RoomWriter) -> Bool) -> Bool {
    var isTaken = false
    bytes.append(addingCapacity: bytesMax) {
      unsafe $0.withUnsafeMutableBufferPointer { room, count in
        var writer = unsafe RoomWriter(UnsafeMutableRawBufferPointer(room))
        isTaken = body(&writer)
        if isTaken { count = writer.count }
      }
    }
    return isTaken
  }
}
