import Primitives

/// Fixed-size rows addressed by a number that mostly grows. Rows lie in pages that snapshots share;
/// a page without rows is not there. Copying the table is O(1), and the first write after that
/// copies one page and its way there.
///
/// A row must not depend on the bytes between its fields: only the caller's hash looks inside it.
struct PagedTable<Row: BitwiseCopyable & Sendable>: Sendable {
  typealias Rows = RowPage<Row>

  /// Not private for the sake of the extensions beside this file; nobody else's.
  var directory = PageDirectory()
  var sum = Hash128.zero
  var dirtyPages = 0
  var refreshAt = 0
  private(set) var count = 0
  /// Rows that were moved to make room, ever: growth must not come in lumps.
  private(set) var rowsMoved: UInt64 = 0
  /// Pages that were copied because a snapshot holds them, ever.
  private(set) var pagesCopied: UInt64 = 0

  init() {
    precondition(
      MemoryLayout<Row>.stride <= 1_000 && MemoryLayout<Row>.alignment <= 8,
      "rows of \(MemoryLayout<Row>.stride) bytes do not fit a page of 64 KiB")
  }

  static var rowsPerPage: Int { Rows.slots }

  func contains(_ number: UInt64) -> Bool {
    guard let page = page(of: number) else { return false }
    return Rows.has(page, Self.slot(number))
  }

  /// The row at `number`, or nil.
  @inline(__always)
  func read(_ number: UInt64) -> Row? {
    guard let page = page(of: number) else { return nil }
    let slot = Self.slot(number)
    guard Rows.has(page, slot) else { return nil }
    return unsafe Rows.rows(page)[Rows.position(page, slot)]
  }

  /// Puts a row where there is none; a number that is taken is a bug of the caller.
  @inline(__always)
  mutating func insert(_ row: Row, at number: UInt64) {
    if let chunk = directory.find(chunk: Self.chunk(number)),
      Self.put(
        row, Self.slot(number), into: &directory.chunks[chunk].slots[Self.pageInChunk(number)])
    {
      count &+= 1
    } else {
      insertMakingRoom(row, at: number)
    }
  }

  /// Puts a row into a page that has a place for each of its slots and that nothing need be noted
  /// of; false when it has not.
  @inline(__always)
  private static func put(_ row: Row, _ slot: Int, into place: inout PageDirectory.Slot) -> Bool {
    guard place.isDirty, place.page != nil, place.page!.capacity == Rows.slots,
      place.page!.isUnique()
    else { return false }
    return Rows.put(row, slot, into: place.page!)
  }

  @inline(never)
  private mutating func insertMakingRoom(_ row: Row, at number: UInt64) {
    let key = Self.chunk(number)
    let chunk = directory.find(chunk: key) ?? directory.add(chunk: key)
    let slot = Self.slot(number)
    if slot == 0, number > 0, page(of: number) == nil, isFull(pageOf: number - 1) {
      directory.chunks[chunk].slots[Self.pageInChunk(number)].page = Rows.make(capacity: Rows.slots)
      directory.chunks[chunk].pages += 1
    }
    rowsMoved &+= UInt64(
      withUniquePage(chunk, Self.pageInChunk(number)) { page in
        precondition(!Rows.has(page, slot), "row \(number) is taken")
        return Rows.insert(row, slot, into: &page)
      })
    count += 1
  }

  /// Changes the row at `number` in place; nil when there is none.
  @inline(__always)
  mutating func update<R>(_ number: UInt64, _ body: (inout Row) -> R) -> R? {
    guard let chunk = directory.find(chunk: Self.chunk(number)) else { return nil }
    let slot = Self.slot(number)
    let pageInChunk = Self.pageInChunk(number)
    guard has(chunk, pageInChunk, slot) else { return nil }
    return withUniquePage(chunk, pageInChunk) { page in
      unsafe body(&Rows.rows(page)[Rows.position(page, slot)])
    }
  }

  /// The row at `number`, which must be there.
  subscript(number: UInt64) -> Row {
    @inline(__always)
    get {
      guard let row = read(number) else { preconditionFailure("no row \(number)") }
      return row
    }
    @inline(__always)
    _modify {
      guard let chunk = directory.find(chunk: Self.chunk(number)) else {
        preconditionFailure("no row \(number)")
      }
      let slot = Self.slot(number)
      let row = unsafe withUniquePage(chunk, Self.pageInChunk(number)) { page in
        precondition(Rows.has(page, slot), "no row \(number)")
        return unsafe Rows.rows(page) + Rows.position(page, slot)
      }
      // The page is unique and stays in the directory: `self` is borrowed until the caller is done.
      yield unsafe &row.pointee
    }
  }

  @discardableResult
  mutating func remove(_ number: UInt64) -> Row? {
    guard let row = read(number), let chunk = directory.find(chunk: Self.chunk(number)) else {
      return nil
    }
    let pageInChunk = Self.pageInChunk(number)
    let left = withUniquePage(chunk, pageInChunk) { page in
      let moved = Rows.remove(Self.slot(number), from: &page)
      return (moved: moved, rows: page.count)
    }
    rowsMoved &+= UInt64(left.moved)
    count -= 1
    if left.rows == 0 { drop(chunk, pageInChunk) }
    return row
  }
}

extension PagedTable {
  @inline(__always)
  static func slot(_ number: UInt64) -> Int {
    Int(truncatingIfNeeded: number) & (Rows.slots - 1)
  }

  @inline(__always)
  static func pageInChunk(_ number: UInt64) -> Int {
    Int(truncatingIfNeeded: number >> Rows.slotShift) & (PageDirectory.slotsPerChunk - 1)
  }

  @inline(__always)
  static func chunk(_ number: UInt64) -> UInt64 {
    (number >> Rows.slotShift) / UInt64(PageDirectory.slotsPerChunk)
  }

  static func firstNumber(chunk key: UInt64, page: Int) -> UInt64 {
    (key * UInt64(PageDirectory.slotsPerChunk) + UInt64(page)) << Rows.slotShift
  }

  @inline(__always)
  private func page(of number: UInt64) -> Page? {
    guard let chunk = directory.find(chunk: Self.chunk(number)) else { return nil }
    return directory.chunks[chunk].slots[Self.pageInChunk(number)].page
  }

  /// Whether rows fill their pages one after another: then the next page will be filled too.
  private func isFull(pageOf number: UInt64) -> Bool { page(of: number)?.count == Rows.slots }

  /// A call of its own: a reference that is still held here would make the page look shared below.
  @inline(__always)
  private func has(_ chunk: Int, _ page: Int, _ slot: Int) -> Bool {
    guard let page = directory.chunks[chunk].slots[page].page else { return false }
    return Rows.has(page, slot)
  }

  /// Gives a page that nobody else refers to, made when it is not there, and marks it dirty.
  @inline(__always)
  private mutating func withUniquePage<R>(
    _ chunk: Int, _ page: Int, _ body: (inout Page) -> R
  ) -> R {
    var events = PageDirectory.Events()
    let result = Self.touch(&directory.chunks[chunk].slots[page], &events, body)
    if !events.isEmpty { note(events, chunk) }
    return result
  }

  /// One access to the slot for everything, so that the way to it is checked and made unique once.
  @inline(__always)
  private static func touch<R>(
    _ slot: inout PageDirectory.Slot, _ events: inout PageDirectory.Events,
    _ body: (inout Page) -> R
  ) -> R {
    if !slot.isDirty { dirty(&slot, &events) }
    if !slot.page!.isUnique() { detach(&slot, &events) }
    return body(&slot.page!)
  }

  @inline(never)
  private static func dirty(
    _ slot: inout PageDirectory.Slot, _ events: inout PageDirectory.Events
  ) {
    slot.isDirty = true
    events.insert(.dirtied)
    if slot.page == nil {
      slot.page = Rows.make(capacity: 4)
      events.insert(.added)
    }
  }

  @inline(never)
  private static func detach(
    _ slot: inout PageDirectory.Slot, _ events: inout PageDirectory.Events
  ) {
    let capacity = slot.page!.capacity
    slot.page!.detach(bytes: Rows.bytes(capacity: capacity))
    events.insert(.copied)
  }

  @inline(never)
  private mutating func note(_ events: PageDirectory.Events, _ chunk: Int) {
    if events.contains(.added) { directory.chunks[chunk].pages += 1 }
    if events.contains(.copied) { pagesCopied &+= 1 }
    if events.contains(.dirtied) {
      directory.chunks[chunk].dirty += 1
      dirtyPages += 1
    }
  }

  private mutating func drop(_ chunk: Int, _ page: Int) {
    sum &-= directory.chunks[chunk].slots[page].hash
    directory.chunks[chunk].slots[page] = PageDirectory.Slot()
    directory.chunks[chunk].dirty -= 1
    directory.chunks[chunk].pages -= 1
    dirtyPages -= 1
    if directory.chunks[chunk].pages == 0 { directory.remove(chunkAt: chunk) }
  }
}
