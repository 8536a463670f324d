/// What a page knows of itself; the meaning of the numbers belongs to the table that owns it.
struct PageHeader: BitwiseCopyable {
  var count: UInt32
  var capacity: UInt32
  /// Table-specific: tombstones, the size class, the head of a free list.
  var extra: UInt32
  var more: UInt32
}

/// A handle on one block of memory that live tables and snapshots share: header and payload are
/// one allocation, and a table copies the block before it writes into one that is shared.
///
/// Unchecked, because the compiler cannot see the protocol that makes it safe: whoever writes has
/// just made its reference unique (`isUnique`, `detach`), so a block that two threads can reach is only
/// ever read.
@safe
struct Page: @unchecked Sendable {
  private var storage: ManagedBuffer<PageHeader, UInt64>

  /// A block of at least `bytes` bytes, all zero when asked, else undefined.
  init(bytes: Int, count: Int = 0, capacity: Int, extra: UInt32 = 0, zeroed: Bool = false) {
    let header = PageHeader(
      count: UInt32(count), capacity: UInt32(capacity), extra: extra, more: 0)
    let words = (bytes + 7) / 8
    storage = ManagedBuffer<PageHeader, UInt64>.create(minimumCapacity: words) { _ in header }
    if zeroed {
      unsafe storage.withUnsafeMutablePointerToElements { elements in
        unsafe elements.initialize(repeating: 0, count: words)
      }
    }
  }

  /// The payload. The address stays as long as the block lives, and the table that calls holds a
  /// reference throughout; it must not be kept across a change of that reference.
  @inline(__always)
  var base: UnsafeMutableRawPointer {
    unsafe storage.withUnsafeMutablePointerToElements { UnsafeMutableRawPointer($0) }
  }

  @inline(__always)
  var header: UnsafeMutablePointer<PageHeader> {
    unsafe storage.withUnsafeMutablePointerToHeader { unsafe $0 }
  }

  @inline(__always)
  var count: Int {
    unsafe storage.withUnsafeMutablePointerToHeader { unsafe Int($0.pointee.count) }
  }

  @inline(__always)
  var capacity: Int {
    unsafe storage.withUnsafeMutablePointerToHeader { unsafe Int($0.pointee.capacity) }
  }

  /// The block lives until here. The compiler gives a reference up after its last use, and what is read
  /// at an address that was taken from it is none. Whoever reads a page that its table lets go of
  /// meanwhile says so by this; else the block may be gone under the read.
  @inline(__always)
  func stays() { withExtendedLifetime(storage) {} }

  /// True when nobody else refers to the block: then, and only then, it may be written.
  @inline(__always)
  mutating func isUnique() -> Bool { isKnownUniquelyReferenced(&storage) }

  /// Whether both are handles on one block.
  func isSame(as other: Page) -> Bool { storage === other.storage }

  /// Leaves the block to whoever else refers to it, and goes on with a copy of the header and of
  /// the first `bytes` of the payload.
  @inline(never)
  mutating func detach(bytes: Int) {
    var fresh = Page(bytes: bytes, capacity: 0)
    unsafe fresh.header.pointee = header.pointee
    unsafe fresh.base.copyMemory(from: base, byteCount: bytes)
    stays()
    swap(&self, &fresh)
  }
}
