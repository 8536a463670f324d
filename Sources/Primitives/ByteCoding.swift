// The little-endian binary form in which commands, outcomes and snapshots are written: fixed-width
// integers, and byte strings behind their length. Reading is bounded and never traps.

/// Appends to a byte array.
@usableFromInline
package struct ByteWriter: Sendable {
  @usableFromInline package var bytes: [UInt8]

  @inlinable package init(reserving capacity: Int = 0) {
    bytes = []
    bytes.reserveCapacity(capacity)
  }

  @inlinable package var count: Int { bytes.count }

  @inlinable package mutating func put<I: FixedWidthInteger & BitwiseCopyable>(_ value: I) {
    unsafe withUnsafeBytes(of: value.littleEndian) { unsafe bytes.append(contentsOf: $0) }
  }

  @inlinable package mutating func put(raw: UnsafeRawBufferPointer) {
    unsafe bytes.append(contentsOf: raw)
  }

  /// A byte string of at most 255 bytes behind a one-byte length.
  @inlinable package mutating func put(short text: UnsafeRawBufferPointer) {
    precondition(text.count <= 255, "short text of \(text.count) bytes")
    bytes.append(UInt8(truncatingIfNeeded: text.count))
    unsafe bytes.append(contentsOf: text)
  }

  @inlinable package mutating func put(short text: [UInt8]) {
    unsafe text.withUnsafeBytes { unsafe put(short: $0) }
  }

  /// A byte string behind a four-byte length.
  @inlinable package mutating func put(long text: [UInt8]) {
    put(UInt32(text.count))
    bytes.append(contentsOf: text)
  }

  /// Overwrites four bytes written earlier: lengths that are known only at the end.
  @inlinable package mutating func patch(_ value: UInt32, at offset: Int) {
    precondition(offset >= 0 && offset + 4 <= bytes.count, "patch at \(offset) of \(bytes.count)")
    unsafe bytes.withUnsafeMutableBytes {
      unsafe $0.storeBytes(of: value.littleEndian, toByteOffset: offset, as: UInt32.self)
    }
  }
}

/// Reads from bytes that outlive it. After the first read past the end every value is zero or
/// empty and `isValid` is false, so that a decoder checks once, at its end.
@safe @usableFromInline
package struct ByteReader {
  @usableFromInline let base: UnsafeRawPointer
  @usableFromInline var count: Int
  @usableFromInline package private(set) var offset: Int
  @usableFromInline package private(set) var isValid: Bool

  /// The caller keeps `bytes` alive and unchanged for as long as it reads.
  @inlinable package init(_ bytes: UnsafeRawBufferPointer) {
    // Of no bytes none is read, so any address does.
    unsafe base = bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 1).unsafelyUnwrapped
    count = bytes.count
    offset = 0
    isValid = true
  }

  @inlinable package var remaining: Int { count &- offset }
  /// Whether all was read; not so after a read past the end.
  @inlinable package var isAtEnd: Bool { isValid && count == offset }

  @inlinable @inline(__always) package mutating func get<I: FixedWidthInteger & BitwiseCopyable>(
    _ type: I.Type = I.self
  ) -> I {
    guard take(MemoryLayout<I>.size) else { return 0 }
    return unsafe I(
      littleEndian: (base + (offset &- MemoryLayout<I>.size)).loadUnaligned(as: I.self))
  }

  @inlinable @inline(__always) package mutating func get(raw count: Int) -> UnsafeRawBufferPointer {
    guard count >= 0, take(count) else {
      return unsafe UnsafeRawBufferPointer(start: nil, count: 0)
    }
    return unsafe UnsafeRawBufferPointer(start: base + (offset &- count), count: count)
  }

  @inlinable @inline(__always) package mutating func getShort() -> UnsafeRawBufferPointer {
    unsafe get(raw: Int(get(UInt8.self)))
  }

  @inlinable package mutating func getLong() -> UnsafeRawBufferPointer {
    unsafe get(raw: Int(get(UInt32.self)))
  }

  @inlinable @inline(__always) mutating func take(_ wanted: Int) -> Bool {
    guard count &- offset >= wanted else {
      // Nothing is left to read, so that each read has one check only.
      isValid = false
      count = offset
      return false
    }
    offset &+= wanted
    return true
  }
}
