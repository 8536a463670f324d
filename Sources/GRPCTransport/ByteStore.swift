// Reusable raw buffers: a call's bytes live in memory that the next call uses again.

#if canImport(Glibc)
  import Glibc
#endif

/// A growing run of bytes with one owner. Growth is by doubling, so a claimed length alone never
/// makes it allocate.
@safe struct ByteStore: ~Copyable {
  private var base: UnsafeMutableRawPointer?
  private(set) var count = 0
  private(set) var capacity = 0

  init() { unsafe base = nil }

  deinit { unsafe free(base) }

  var bytes: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(start: base, count: count) }

  subscript(_ i: Int) -> UInt8 {
    precondition(i < count, "byte \(i) of \(count)")
    return unsafe base!.load(fromByteOffset: i, as: UInt8.self)
  }

  mutating func append(_ more: UnsafeRawBufferPointer) {
    guard let start = more.baseAddress, more.count > 0 else { return }
    reserve(count + more.count)
    unsafe memcpy(base! + count, start, more.count)
    count += more.count
  }

  mutating func append(_ byte: UInt8) {
    reserve(count + 1)
    unsafe base!.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
    count += 1
  }

  /// The 5 bytes that precede each message.
  mutating func appendPrefix(length: Int, compressed: Bool) {
    reserve(count + 5)
    let p = unsafe base! + count
    unsafe p.storeBytes(of: compressed ? 1 : 0, as: UInt8.self)
    unsafe (p + 1).storeBytes(of: UInt32(length).bigEndian, as: UInt32.self)
    count += 5
  }

  mutating func reserve(_ wanted: Int) {
    if wanted <= capacity { return }
    var size = max(256, capacity)
    while size < wanted { size *= 2 }
    guard let grown = unsafe realloc(base, size) else {
      preconditionFailure("out of memory for \(size) bytes")
    }
    unsafe base = grown
    capacity = size
  }

  /// Forgets the first `n` bytes.
  mutating func dropFirst(_ n: Int) {
    precondition(n <= count, "drop \(n) of \(count)")
    count -= n
    if count > 0, n > 0 { unsafe memmove(base!, base! + n, count) }
  }

  mutating func truncate(_ n: Int) { count = min(n, count) }

  /// Empties the store; memory above `keeping` bytes is given back.
  mutating func clear(keeping: Int = 16 << 10) {
    count = 0
    if capacity > keeping {
      unsafe free(base)
      unsafe base = nil
      capacity = 0
    }
  }
}

/// A queue of bytes: appended at the end, taken from the front.
struct ByteQueue: ~Copyable {
  private var store = ByteStore()
  private var head = 0

  var count: Int { store.count - head }

  mutating func appendMessage(_ message: UnsafeRawBufferPointer, compressed: Bool = false) {
    store.appendPrefix(length: message.count, compressed: compressed)
    unsafe store.append(message)
  }

  /// Copies out at most `room` bytes from the front.
  mutating func take(into target: UnsafeMutableRawPointer, room: Int) -> Int {
    let n = min(room, count)
    if n > 0 { unsafe memcpy(target, store.bytes.baseAddress! + head, n) }
    head += n
    if head == store.count {
      store.clear(keeping: 64 << 10)
      head = 0
    } else if head > 1 << 20 {
      store.dropFirst(head)
      head = 0
    }
    return n
  }

  mutating func clear() {
    store.clear()
    head = 0
  }
}
