/// One bucket of a hash index: groups of eight slots, each group a word of eight tags and then its
/// entries, key before value and without gaps, so that a search touches one or two cache lines.
/// Open addressing over groups; the tags of a group are compared in one word.
///
/// Entries are read and written unaligned and as whole values, within a capacity that the header
/// keeps; a slot is looked at only when its tag says that it is taken.
struct HashPage<Key: BitwiseCopyable & Hashable, Value: BitwiseCopyable> {
  /// Tags of taken slots have the high bit; the rest is seven bits of the key's hash.
  private static var empty: UInt8 { 0 }
  private static var removed: UInt8 { 1 }
  private static var ones: UInt64 { 0x0101_0101_0101_0101 }
  private static var highs: UInt64 { 0x8080_8080_8080_8080 }

  @inline(__always) static var keyBytes: Int { MemoryLayout<Key>.size }
  @inline(__always) static var entryBytes: Int { keyBytes + MemoryLayout<Value>.size }

  @inline(__always) static var groupBytes: Int { 8 + 8 * entryBytes }

  static func bytes(capacity: Int) -> Int { capacity / 8 * groupBytes }

  /// A page with a quarter more slots than entries: with the limit of fifteen sixteenths it is seven
  /// eighths full on average, and the next growth comes after a sixth more entries. A search that
  /// finds nothing looks at two to four groups on average.
  static func make(for count: Int) -> Page {
    let capacity = (count + count / 4 + 8) & ~7
    let page = Page(bytes: bytes(capacity: capacity), capacity: capacity)
    for group in 0..<(capacity / 8) {
      unsafe page.base.storeBytes(of: 0, toByteOffset: group * groupBytes, as: UInt64.self)
    }
    return page
  }

  /// Whether one entry more fits; some slot must stay empty, or a search would not end.
  @inline(__always)
  static func hasRoom(_ page: Page) -> Bool {
    unsafe Int(page.header.pointee.count + page.header.pointee.extra + 1) * 16 <= page.capacity * 15
  }

  @inline(__always)
  private static func tag(_ hash: UInt64) -> UInt8 {
    UInt8(truncatingIfNeeded: hash >> 25) | 0x80
  }

  @inline(__always)
  private static func firstGroup(_ hash: UInt64, _ groups: Int) -> Int {
    Int(truncatingIfNeeded: ((hash >> 32) &* UInt64(truncatingIfNeeded: groups)) >> 32)
  }

  @inline(__always)
  private static func tags(_ base: UnsafeMutableRawPointer, _ group: Int) -> UInt64 {
    unsafe UInt64(littleEndian: base.load(fromByteOffset: group &* groupBytes, as: UInt64.self))
  }

  /// Where zero bytes are; a byte 1 above a zero byte may show too.
  @inline(__always)
  private static func zeroBytes(_ word: UInt64) -> UInt64 { (word &- ones) & ~word & highs }

  @inline(__always)
  private static func entry(_ base: UnsafeMutableRawPointer, _ slot: Int) -> UnsafeMutableRawPointer
  {
    unsafe base + (((slot >> 3) &* groupBytes) &+ 8 &+ ((slot & 7) &* entryBytes))
  }

  @inline(__always)
  static func key(_ base: UnsafeMutableRawPointer, _ slot: Int) -> Key {
    unsafe entry(base, slot).loadUnaligned(as: Key.self)
  }

  @inline(__always)
  static func value(_ base: UnsafeMutableRawPointer, _ slot: Int) -> Value {
    unsafe entry(base, slot).loadUnaligned(fromByteOffset: keyBytes, as: Value.self)
  }

  @inline(__always)
  static func set(_ value: Value, _ base: UnsafeMutableRawPointer, _ slot: Int) {
    unsafe entry(base, slot).storeBytes(of: value, toByteOffset: keyBytes, as: Value.self)
  }

  /// The slot of a key. A tag that differs in its lowest bit only may be taken for a match by
  /// `zeroBytes`; such a slot is taken too, and its key decides.
  @inline(__always)
  static func find(
    _ base: UnsafeMutableRawPointer, _ groups: Int, _ key: Key, _ hash: UInt64
  ) -> Int? {
    let wanted = ones &* UInt64(tag(hash))
    var group = firstGroup(hash, groups)
    while true {
      let word = unsafe tags(base, group)
      var matches = zeroBytes(word ^ wanted)
      while matches != 0 {
        let slot = group << 3 + matches.trailingZeroBitCount >> 3
        if unsafe Self.key(base, slot) == key { return slot }
        matches &= matches - 1
      }
      if zeroBytes(word) != 0 { return nil }
      group &+= 1
      if group == groups { group = 0 }
    }
  }

  /// How many groups a search that finds nothing looks at.
  static func groupsSearched(_ base: UnsafeMutableRawPointer, _ groups: Int, _ hash: UInt64) -> Int
  {
    var group = firstGroup(hash, groups)
    var searched = 1
    while unsafe zeroBytes(tags(base, group)) == 0 {
      group = (group + 1) % groups
      searched += 1
    }
    return searched
  }

  /// Adds an entry whose key is not there, to a page with room that only its table refers to.
  @inline(__always)
  static func add(_ key: Key, _ value: Value, _ hash: UInt64, to page: Page) {
    let base = unsafe page.base
    let groups = page.capacity >> 3
    var group = firstGroup(hash, groups)
    var free = unsafe ~tags(base, group) & highs
    while free == 0 {
      group &+= 1
      if group == groups { group = 0 }
      free = unsafe ~tags(base, group) & highs
    }
    let inGroup = free.trailingZeroBitCount >> 3
    if unsafe setTag(tag(hash), base, group, inGroup) == removed {
      unsafe page.header.pointee.extra -= 1
    }
    unsafe page.header.pointee.count += 1
    let slot = group << 3 | inGroup
    unsafe entry(base, slot).storeBytes(of: key, as: Key.self)
    unsafe set(value, base, slot)
  }

  /// Fills a page that has no removed entries: what `add` does, with the page's address and size at
  /// hand and the count written once.
  @safe
  struct Filler {
    private let page: Page
    private let base: UnsafeMutableRawPointer
    private let groups: Int
    private var added: UInt32 = 0

    @inline(__always)
    init(_ page: Page) {
      self.page = page
      unsafe base = page.base
      groups = page.capacity >> 3
    }

    @inline(__always)
    mutating func add(_ key: Key, _ value: Value, _ hash: UInt64) {
      var group = firstGroup(hash, groups)
      var free = unsafe ~tags(base, group) & highs
      while free == 0 {
        group &+= 1
        if group == groups { group = 0 }
        free = unsafe ~tags(base, group) & highs
      }
      let inGroup = free.trailingZeroBitCount >> 3
      unsafe setTag(tag(hash), base, group, inGroup)
      let entry = unsafe entry(base, group << 3 | inGroup)
      unsafe entry.storeBytes(of: key, as: Key.self)
      unsafe entry.storeBytes(of: value, toByteOffset: keyBytes, as: Value.self)
      added &+= 1
    }

    func finish() { unsafe page.header.pointee.count += added }
  }

  /// Answers the tag that was there. The whole word is written, because the next one who looks at
  /// it loads the whole word: a byte written just before would make the processor wait.
  @inline(__always) @discardableResult
  private static func setTag(
    _ tag: UInt8, _ base: UnsafeMutableRawPointer, _ group: Int, _ inGroup: Int
  ) -> UInt8 {
    let word = unsafe tags(base, group)
    let shift = UInt64(truncatingIfNeeded: inGroup << 3)
    let changed = word & ~(0xFF << shift) | UInt64(tag) << shift
    unsafe base.storeBytes(
      of: changed.littleEndian, toByteOffset: group &* groupBytes, as: UInt64.self)
    return UInt8(truncatingIfNeeded: word >> shift)
  }

  /// Frees a taken slot of a page that only its table refers to. A search that passed this group
  /// must still pass it, unless it stopped here anyway.
  static func remove(_ slot: Int, from page: Page) {
    let base = unsafe page.base
    let stops = unsafe zeroBytes(tags(base, slot >> 3)) != 0
    unsafe setTag(stops ? empty : removed, base, slot >> 3, slot & 7)
    unsafe page.header.pointee.count -= 1
    if !stops { unsafe page.header.pointee.extra += 1 }
  }

  /// Visits the slots that are taken.
  @inline(__always)
  static func forEachSlot(_ page: Page, _ body: (Int) -> Void) {
    let base = unsafe page.base
    for group in 0..<(page.capacity >> 3) {
      var taken = unsafe tags(base, group) & highs
      while taken != 0 {
        body(group << 3 + taken.trailingZeroBitCount >> 3)
        taken &= taken - 1
      }
    }
  }
}
