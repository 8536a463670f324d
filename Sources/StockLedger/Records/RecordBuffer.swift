import Primitives

/// Room for one record whose greatest length is known beforehand. Its fields are stored one after
/// another without growing anything, and the whole is appended to the outcomes in one step: an
/// outcome has some forty fields, and growing an array forty times cost more than deciding.
@safe
struct RecordBuffer {
  private let base: UnsafeMutableRawPointer
  private let capacity: Int
  private(set) var count = 0

  /// The caller keeps the memory for as long as the buffer is used.
  init(_ memory: UnsafeMutableRawBufferPointer) {
    guard let base = memory.baseAddress else { preconditionFailure("no room for a record") }
    unsafe self.base = base
    capacity = memory.count
  }

  @inline(__always)
  mutating func put<I: FixedWidthInteger & BitwiseCopyable>(_ value: I) {
    let next = count &+ MemoryLayout<I>.size
    precondition(next <= capacity, "record of \(next) bytes in \(capacity)")
    unsafe base.storeBytes(of: value.littleEndian, toByteOffset: count, as: I.self)
    count = next
  }

  @inline(__always)
  mutating func put(raw bytes: UnsafeRawBufferPointer) {
    let next = count &+ bytes.count
    precondition(next <= capacity, "record of \(next) bytes in \(capacity)")
    guard let from = bytes.baseAddress else { return }
    unsafe (base + count).copyMemory(from: from, byteCount: bytes.count)
    count = next
  }

  @inline(__always)
  mutating func put(short text: UnsafeRawBufferPointer) {
    precondition(text.count <= 255, "short text of \(text.count) bytes")
    put(UInt8(truncatingIfNeeded: text.count))
    unsafe put(raw: text)
  }

  /// Overwrites what was written earlier.
  mutating func patch<I: FixedWidthInteger & BitwiseCopyable>(_ value: I, at offset: Int) {
    precondition(offset + MemoryLayout<I>.size <= count, "patch at \(offset) of \(count)")
    unsafe base.storeBytes(of: value.littleEndian, toByteOffset: offset, as: I.self)
  }

  /// The bytes from `offset` on; valid as long as the memory.
  func bytes(from offset: Int = 0) -> UnsafeRawBufferPointer {
    unsafe UnsafeRawBufferPointer(start: base + offset, count: count - offset)
  }
}

extension RecordBuffer {
  mutating func begin(_ kind: UInt8) {
    put(UInt32(0))
    put(kind)
    put(CallRefusal.none.rawValue)
  }

  mutating func end() { patch(UInt32(count - 4), at: 0) }
}

extension ByteWriter {
  /// Appends what `fill` writes, at most `bytesMax`.
  mutating func append(bytesMax: Int, _ fill: (inout RecordBuffer) -> Void) {
    unsafe withUnsafeTemporaryAllocation(byteCount: bytesMax, alignment: 8) { memory in
      var buffer = unsafe RecordBuffer(memory)
      fill(&buffer)
      unsafe put(raw: buffer.bytes())
    }
  }
}
