/// One page of rows: a bitmap of the slots that are taken, then the rows. A page that is full
/// enough keeps each row at its slot; one with few rows keeps them packed in slot order, so that
/// one old row among ten thousand that went does not hold a whole page.
///
/// The header of a packed page keeps the first run of taken slots: `extra` is its first slot, `more`
/// its length. Rows of small tables (the catalog, hot accounts) nearly all lie in it, and are found
/// without counting bits.
struct RowPage<Row: BitwiseCopyable> {
  /// Rows in a page: a power of two, so that a page is 8 to 16 KiB (more only for rows above 256
  /// bytes) and copying one after a snapshot takes about a microsecond.
  @inline(__always)
  static var slots: Int {
    let fit = max(64, min(1_024, 16_384 / MemoryLayout<Row>.stride))
    return 1 << (Int.bitWidth - 1 - fit.leadingZeroBitCount)
  }

  @inline(__always) static var slotShift: UInt64 { UInt64(slots.trailingZeroBitCount) }
  @inline(__always) static var bitmapWords: Int { slots / 64 }

  static func bytes(capacity: Int) -> Int {
    bitmapWords * 8 + capacity * MemoryLayout<Row>.stride
  }

  static func make(capacity: Int) -> Page {
    let page = Page(bytes: bytes(capacity: capacity), capacity: capacity)
    unsafe bitmap(page).initialize(repeating: 0, count: bitmapWords)
    return page
  }

  @inline(__always)
  static func bitmap(_ page: Page) -> UnsafeMutablePointer<UInt64> {
    unsafe page.base.assumingMemoryBound(to: UInt64.self)
  }

  @inline(__always)
  static func rows(_ page: Page) -> UnsafeMutablePointer<Row> {
    unsafe (page.base + bitmapWords * 8).assumingMemoryBound(to: Row.self)
  }

  @inline(__always)
  static func has(_ page: Page, _ slot: Int) -> Bool {
    unsafe bitmap(page)[slot >> 6] >> UInt64(slot & 63) & 1 == 1
  }

  /// Where the row of a slot is, or would go.
  @inline(__always)
  static func position(_ page: Page, _ slot: Int) -> Int {
    if page.capacity == slots { return slot }
    let inRun = unsafe UInt32(truncatingIfNeeded: slot) &- page.header.pointee.extra
    return unsafe inRun < page.header.pointee.more ? Int(inRun) : rank(page, slot)
  }

  /// The same after a slot was taken: mostly the next one of the run.
  private static func noteRun(_ page: Page, with slot: Int) {
    let inRun = unsafe UInt32(truncatingIfNeeded: slot) &- page.header.pointee.extra
    if unsafe inRun == page.header.pointee.more && inRun > 0 {
      unsafe page.header.pointee.more += 1
    } else {
      noteRun(page)
    }
  }

  /// Writes down the first run of a packed page after its slots changed.
  private static func noteRun(_ page: Page) {
    guard page.capacity != slots, let first = next(page, from: 0) else { return }
    var end = first + 1
    while end < slots, has(page, end) {
      let isWordTaken = unsafe end & 63 == 0 && bitmap(page)[end >> 6] == .max
      end += isWordTaken ? 64 : 1
    }
    unsafe page.header.pointee.extra = UInt32(first)
    unsafe page.header.pointee.more = UInt32(end - first)
  }

  /// How many slots below this one are taken.
  @inline(never)
  private static func rank(_ page: Page, _ slot: Int) -> Int {
    var rank = 0
    for word in 0..<(slot >> 6) { unsafe rank += bitmap(page)[word].nonzeroBitCount }
    let below = (UInt64(1) << UInt64(slot & 63)) &- 1
    return unsafe rank + (bitmap(page)[slot >> 6] & below).nonzeroBitCount
  }

  /// The first taken slot that is at least `slot`.
  static func next(_ page: Page, from slot: Int) -> Int? {
    guard slot < slots else { return nil }
    var word = slot >> 6
    var bits = unsafe bitmap(page)[word] & (UInt64.max << UInt64(slot & 63))
    while bits == 0 {
      word += 1
      guard word < bitmapWords else { return nil }
      bits = unsafe bitmap(page)[word]
    }
    return word << 6 + bits.trailingZeroBitCount
  }

  /// A page of another capacity with the same rows; it has room for all of them.
  static func reshaped(_ page: Page, capacity: Int) -> Page {
    defer { page.stays() }
    let fresh = Page(bytes: bytes(capacity: capacity), count: page.count, capacity: capacity)
    unsafe bitmap(fresh).update(from: bitmap(page), count: bitmapWords)
    if capacity != slots && page.capacity != slots {
      unsafe rows(fresh).initialize(from: rows(page), count: page.count)
      noteRun(fresh)
      return fresh
    }
    var packed = 0
    var slot = next(page, from: 0)
    while let at = slot {
      let source = page.capacity == slots ? at : packed
      unsafe (rows(fresh) + (capacity == slots ? at : packed)).initialize(to: rows(page)[source])
      packed += 1
      slot = next(page, from: at + 1)
    }
    noteRun(fresh)
    return fresh
  }
}

extension RowPage {
  /// Puts a row into a free slot of a page with a place for each; false when the slot is taken.
  @inline(__always)
  static func put(_ row: Row, _ slot: Int, into page: Page) -> Bool {
    let word = unsafe bitmap(page) + (slot >> 6)
    let bit = UInt64(1) << UInt64(slot & 63)
    guard unsafe word.pointee & bit == 0 else { return false }
    unsafe word.pointee |= bit
    unsafe (rows(page) + slot).initialize(to: row)
    unsafe page.header.pointee.count &+= 1
    return true
  }

  /// Puts a row into a free slot of a page that only its table refers to; answers how many rows
  /// moved.
  static func insert(_ row: Row, _ slot: Int, into page: inout Page) -> Int {
    var moved = 0
    if page.count == page.capacity {
      moved = page.count
      let doubled = page.capacity * 2
      page = reshaped(page, capacity: doubled * 2 < slots ? doubled : slots)
    }
    let at = position(page, slot)
    let rows = unsafe rows(page)
    if page.capacity != slots && at < page.count {
      moved += page.count - at
      unsafe (rows + at + 1).update(from: rows + at, count: page.count - at)
    }
    unsafe (rows + at).initialize(to: row)
    unsafe bitmap(page)[slot >> 6] |= 1 << UInt64(slot & 63)
    unsafe page.header.pointee.count += 1
    if page.capacity != slots { noteRun(page, with: slot) }
    return moved
  }

  /// Takes the row of a taken slot out of a page that only its table refers to; answers how many
  /// rows moved.
  static func remove(_ slot: Int, from page: inout Page) -> Int {
    let at = position(page, slot)
    let count = page.count - 1
    var moved = 0
    unsafe bitmap(page)[slot >> 6] &= ~(1 << UInt64(slot & 63))
    unsafe page.header.pointee.count = UInt32(count)
    if page.capacity != slots && at < count {
      moved = count - at
      unsafe (rows(page) + at).update(from: rows(page) + at + 1, count: moved)
    }
    if count > 0 && count * 8 <= page.capacity && page.capacity > 8 {
      moved += count
      page = reshaped(page, capacity: max(4, count * 2))
    } else {
      noteRun(page)
    }
    return moved
  }
}
