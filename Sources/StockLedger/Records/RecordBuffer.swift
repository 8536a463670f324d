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

  /// Two fields, with one check for both.
  @inline(__always)
  mutating func put<A: FixedWidthInteger & BitwiseCopyable, B: FixedWidthInteger & BitwiseCopyable>(
    _ a: A, _ b: B
  ) {
    let next = count &+ MemoryLayout<A>.size &+ MemoryLayout<B>.size
    precondition(next <= capacity, "record of \(next) bytes in \(capacity)")
    unsafe base.storeBytes(of: a.littleEndian, toByteOffset: count, as: A.self)
    unsafe base.storeBytes(
      of: b.littleEndian, toByteOffset: count &+ MemoryLayout<A>.size, as: B.self)
    count = next
  }

  /// Four fields, with one check for all.
  @inline(__always)
  mutating func put<
    A: FixedWidthInteger & BitwiseCopyable, B: FixedWidthInteger & BitwiseCopyable,
    C: FixedWidthInteger & BitwiseCopyable, D: FixedWidthInteger & BitwiseCopyable
  >(_ a: A, _ b: B, _ c: C, _ d: D) {
    let atB = count &+ MemoryLayout<A>.size
    let atC = atB &+ MemoryLayout<B>.size
    let atD = atC &+ MemoryLayout<C>.size
    let next = atD &+ MemoryLayout<D>.size
    precondition(next <= capacity, "record of \(next) bytes in \(capacity)")
    unsafe base.storeBytes(of: a.littleEndian, toByteOffset: count, as: A.self)
    unsafe base.storeBytes(of: b.littleEndian, toByteOffset: atB, as: B.self)
    unsafe base.storeBytes(of: c.littleEndian, toByteOffset: atC, as: C.self)
    unsafe base.storeBytes(of: d.littleEndian, toByteOffset: atD, as: D.self)
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
  /// Appends what `fill` writes of a value; a closure that captured a whole ledger would copy it.
  @inline(__always)
  mutating func append<Value>(
    bytesMax: Int, of value: Value, _ fill: (Value, inout RecordBuffer) -> Void
  ) {
    append(bytesMax: bytesMax) { fill(value, &$0) }
  }

  /// Appends what `fill` writes, at most `bytesMax`.
  @inline(__always)
  mutating func append(bytesMax: Int, _ fill: (inout RecordBuffer) -> Void) {
    bytes.append(addingCapacity: bytesMax) { span in
      unsafe span.withUnsafeMutableBufferPointer { memory, count in
        var buffer = unsafe RecordBuffer(UnsafeMutableRawBufferPointer(memory))
        fill(&buffer)
        count = buffer.count
      }
    }
  }
}
