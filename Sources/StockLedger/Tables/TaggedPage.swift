/// One bucket of a hash index: one byte of each entry's hash, then the entries, both without gaps
/// and in no order. A search compares sixteen bytes of hashes at a time; a bucket is so small that
/// going through all of it costs less than keeping free slots, and moving entries about when it
/// grows, would.
///
/// Entries are within `0..<count` and room for them within `0..<capacity`, a multiple of eight; both
/// are in the header.
enum TaggedPage<Entry: BitwiseCopyable> {
  /// Tags are read sixteen at a time: the last eight may lie behind those of a page with room for
  /// eight.
  @inline(__always)
  static func bytes(capacity: Int) -> Int { max(16, capacity * (1 + MemoryLayout<Entry>.stride)) }

  /// A page with room for `count` entries.
  static func make(for count: Int) -> Page {
    let capacity = max(8, (count + 7) & ~7)
    return Page(bytes: bytes(capacity: capacity), capacity: capacity)
  }

  /// From bits that say nothing about the bucket.
  @inline(__always)
  private static func tag(_ hash: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: hash >> 56) }

  @inline(__always)
  private static func base(
    _ header: UnsafeMutablePointer<PageHeader>
  ) -> UnsafeMutableRawPointer { unsafe UnsafeMutableRawPointer(header + 1) }

  @inline(__always)
  private static func entries(
    _ header: UnsafeMutablePointer<PageHeader>
  ) -> UnsafeMutablePointer<Entry> {
    unsafe (base(header) + Int(header.pointee.capacity)).assumingMemoryBound(to: Entry.self)
  }

  @inline(__always)
  static func entry(_ header: UnsafeMutablePointer<PageHeader>, _ at: Int) -> Entry {
    unsafe entries(header)[at]
  }

  @inline(__always)
  static func set(_ entry: Entry, _ header: UnsafeMutablePointer<PageHeader>, _ at: Int) {
    unsafe entries(header)[at] = entry
  }

  /// Where the entry is that `isWanted`, among those whose hash has the same tag.
  @inline(__always)
  static func find(
    _ header: UnsafeMutablePointer<PageHeader>, _ hash: UInt64, where isWanted: (Entry) -> Bool
  ) -> Int? {
    let count = unsafe Int(header.pointee.count)
    let wanted = SIMD16<UInt8>(repeating: tag(hash))
    var first = 0
    while first < count {
      let tags = unsafe base(header).loadUnaligned(
        fromByteOffset: first, as: SIMD16<UInt8>.self)
      let equal = unsafe unsafeBitCast(tags .== wanted, to: SIMD2<UInt64>.self)
      if equal.x | equal.y != 0 {
        for half in 0..<2 {
          var left = equal[half]
          while left != 0 {
            let inHalf = left.trailingZeroBitCount >> 3
            let at = first + half << 3 + inHalf
            if at < count, unsafe isWanted(entry(header, at)) { return at }
            left &= ~(0xFF << UInt64(inHalf << 3))
          }
        }
      }
      first += 16
    }
    return nil
  }

  /// Adds an entry to a page with room that only its table refers to.
  @inline(__always)
  static func add(_ entry: Entry, _ hash: UInt64, to header: UnsafeMutablePointer<PageHeader>) {
    let count = unsafe Int(header.pointee.count)
    unsafe base(header).storeBytes(of: tag(hash), toByteOffset: count, as: UInt8.self)
    unsafe entries(header)[count] = entry
    unsafe header.pointee.count = UInt32(truncatingIfNeeded: count + 1)
  }

  /// The last entry takes the place of one that goes, in a page that only its table refers to.
  static func remove(_ at: Int, from header: UnsafeMutablePointer<PageHeader>) {
    let last = unsafe Int(header.pointee.count) - 1
    let tag = unsafe base(header).load(fromByteOffset: last, as: UInt8.self)
    unsafe base(header).storeBytes(of: tag, toByteOffset: at, as: UInt8.self)
    unsafe entries(header)[at] = entries(header)[last]
    unsafe header.pointee.count = UInt32(last)
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
    unsafe (entries(target.header) + count).update(
      from: entries(page.header), count: page.count)
    unsafe target.header.pointee.count = UInt32(count + page.count)
    page.stays()
  }
}
