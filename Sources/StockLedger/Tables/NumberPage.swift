/// One bucket of a number index: one byte of each entry's hash, then the numbers, both without
/// gaps and in no order. A search compares eight bytes of hashes in one word; a bucket is so small
/// that going through all of it costs less than keeping free slots would.
///
/// Entries are within `0..<count` and room for them within `0..<capacity`, a multiple of eight; both
/// are in the header.
enum NumberPage {
  private static var ones: UInt64 { 0x0101_0101_0101_0101 }
  private static var highs: UInt64 { 0x8080_8080_8080_8080 }

  static func bytes(capacity: Int) -> Int { capacity * 5 }

  /// A page with room for `count` entries.
  static func make(for count: Int) -> Page {
    let capacity = max(8, (count + 7) & ~7)
    return Page(bytes: bytes(capacity: capacity), capacity: capacity)
  }

  /// From bits that say nothing about the bucket.
  @inline(__always)
  private static func tag(_ hash: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: hash >> 56) }

  @inline(__always)
  private static func numbers(_ page: Page) -> UnsafeMutablePointer<UInt32> {
    unsafe (page.base + page.capacity).assumingMemoryBound(to: UInt32.self)
  }

  @inline(__always)
  static func number(_ page: Page, _ at: Int) -> UInt32 { unsafe numbers(page)[at] }

  /// Where the entry is whose number `isWanted`. A byte just above one that matches may be taken for
  /// a match too: `isWanted` decides.
  @inline(__always)
  static func find(_ page: Page, _ hash: UInt64, where isWanted: (UInt32) -> Bool) -> Int? {
    let base = unsafe page.base
    let count = page.count
    let wanted = ones &* UInt64(tag(hash))
    var first = 0
    while first < count {
      let differs = unsafe base.load(fromByteOffset: first, as: UInt64.self).littleEndian ^ wanted
      var matches = (differs &- ones) & ~differs & highs
      while matches != 0 {
        let at = first + matches.trailingZeroBitCount >> 3
        if at < count, isWanted(number(page, at)) { return at }
        matches &= matches - 1
      }
      first += 8
    }
    return nil
  }

  /// Adds an entry to a page with room that only its table refers to.
  @inline(__always)
  static func add(_ number: UInt32, _ hash: UInt64, to page: Page) {
    let count = page.count
    unsafe page.base.storeBytes(of: tag(hash), toByteOffset: count, as: UInt8.self)
    unsafe numbers(page)[count] = number
    unsafe page.header.pointee.count = UInt32(count + 1)
  }

  /// The last entry takes the place of one that goes, in a page that only its table refers to.
  static func remove(_ at: Int, from page: Page) {
    let last = page.count - 1
    let tag = unsafe page.base.load(fromByteOffset: last, as: UInt8.self)
    unsafe page.base.storeBytes(of: tag, toByteOffset: at, as: UInt8.self)
    unsafe numbers(page)[at] = numbers(page)[last]
    unsafe page.header.pointee.count = UInt32(last)
  }

  /// The same entries, and those of `other`, in a page with room for `count`.
  static func copy(_ page: Page, and other: Page? = nil, roomFor count: Int) -> Page {
    let fresh = make(for: count)
    append(page, to: fresh)
    if let other { append(other, to: fresh) }
    return fresh
  }

  private static func append(_ page: Page, to target: Page) {
    let count = target.count
    unsafe (target.base + count).copyMemory(from: page.base, byteCount: page.count)
    unsafe (numbers(target) + count).update(from: numbers(page), count: page.count)
    unsafe target.header.pointee.count = UInt32(count + page.count)
  }
}
