/// One leaf of an ordered index: sorted keys in a block only as long as they need, in steps.
///
/// Keys are within `0..<count`, and room for them within `0..<capacity`, both in the header.
struct KeyPage<Key: BitwiseCopyable & Comparable> {
  /// About 4 KiB of keys: an insert moves 2 KiB at most on average.
  static var keysMax: Int { max(64, 4_096 / MemoryLayout<Key>.stride) }
  /// A full block grows by this many keys.
  private static var step: Int { max(8, keysMax / 8) }

  static func bytes(capacity: Int) -> Int { capacity * MemoryLayout<Key>.stride }

  @inline(__always)
  static func keys(_ page: Page) -> UnsafeMutablePointer<Key> {
    unsafe page.base.assumingMemoryBound(to: Key.self)
  }

  /// A block of its own with the keys of `range`.
  static func copy(_ page: Page, _ range: Range<Int>, room: Int = 0) -> Page {
    let wanted = range.count + room
    let capacity = min(keysMax, (wanted + step - 1) / step * step)
    let fresh = Page(bytes: bytes(capacity: capacity), count: range.count, capacity: capacity)
    unsafe keys(fresh).initialize(from: keys(page) + range.lowerBound, count: range.count)
    page.stays()
    return fresh
  }

  static func make(_ key: Key) -> Page {
    let page = Page(bytes: bytes(capacity: step), count: 1, capacity: step)
    unsafe keys(page).initialize(to: key)
    return page
  }

  /// The first position whose key is at least `key`.
  @inline(__always)
  static func lowerBound(_ page: Page, _ key: Key) -> Int {
    let keys = unsafe keys(page)
    var low = 0
    var length = page.count
    // Deadlines mostly come in ascending order.
    if unsafe length > 0 && keys[length - 1] < key { return length }
    // Without branches that depend on the keys: the processor can't guess them.
    while length > 0 {
      let half = length >> 1
      let isBelow = unsafe keys[low + half] < key
      low = isBelow ? low + half + 1 : low
      length = isBelow ? length - half - 1 : half
    }
    return low
  }

  @inline(__always)
  static func has(_ page: Page, _ key: Key, at: Int) -> Bool {
    unsafe at < page.count && keys(page)[at] == key
  }

  /// Makes a reference the only one to a block with room for one key more.
  static func makeRoom(_ page: inout Page) {
    if page.count == page.capacity {
      page = copy(page, 0..<page.count, room: 1)
    } else {
      makeUnique(&page)
    }
  }

  @inline(__always)
  static func makeUnique(_ page: inout Page) {
    if !page.isUnique() { page.detach(bytes: bytes(capacity: page.capacity)) }
  }

  /// Adds a key above all others; false when it is not, or when the page has no room.
  @inline(__always)
  static func append(_ key: Key, to page: inout Page) -> Bool {
    let count = page.count
    guard count < page.capacity, unsafe keys(page)[count - 1] < key, page.isUnique() else {
      return false
    }
    unsafe keys(page)[count] = key
    unsafe page.header.pointee.count = UInt32(truncatingIfNeeded: count + 1)
    return true
  }

  static func insert(_ key: Key, at: Int, into page: Page) {
    let keys = unsafe keys(page)
    let count = page.count
    unsafe (keys + at + 1).update(from: keys + at, count: count - at)
    unsafe keys[at] = key
    unsafe page.header.pointee.count = UInt32(count + 1)
  }

  /// Takes a key out; a block that became much too large is exchanged.
  static func remove(at: Int, from page: inout Page) {
    makeUnique(&page)
    let keys = unsafe keys(page)
    let count = page.count - 1
    unsafe (keys + at).update(from: keys + at + 1, count: count - at)
    unsafe page.header.pointee.count = UInt32(count)
    if page.capacity - count >= 3 * step { page = copy(page, 0..<count, room: 1) }
  }

  /// Both pages' keys in one.
  static func joined(_ a: Page, _ b: Page) -> Page {
    let fresh = copy(a, 0..<a.count, room: b.count)
    unsafe (keys(fresh) + a.count).initialize(from: keys(b), count: b.count)
    unsafe fresh.header.pointee.count = UInt32(a.count + b.count)
    b.stays()
    return fresh
  }
}
