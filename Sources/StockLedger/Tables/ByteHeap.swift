import Primitives

/// Byte strings and small records, each found by a four-byte id; id 0 is the empty string, which
/// takes no room. Blocks of one size class share slabs of 8 KiB, so that texts of 64 bytes cost
/// three bytes more on average and longer records an eighth at most; what is longer than 4 KiB has
/// a page of its own.
struct ByteHeap: Sendable {
  /// One record: as long as the longest message that can ask for it. Longer ones are a bug.
  static var recordBytesMax: Int { 4 << 20 }

  /// A slab's page, and its neighbours in the list of slabs of its class that have free blocks, or
  /// of numbers without a page.
  private struct Slab: Sendable {
    var page: Page?
    var previous: UInt32 = 0
    var next: UInt32 = 0
  }

  /// Slabs by number in chunks of 128; number 0 is nobody, so that no block has the id 0.
  private var chunks: ContiguousArray<ContiguousArray<Slab>> = [[Slab()]]
  private var numbers: UInt32 = 1
  private var freeNumber: UInt32 = 0
  /// For each class the first slab with free blocks.
  private var partial = ContiguousArray<UInt32>(repeating: 0, count: SlabPage.classes)
  /// Blocks in use.
  private(set) var count = 0
  /// Pages that are there.
  private(set) var pages = 0

  init() {}

  /// Copies `bytes` in.
  mutating func allocate(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    guard bytes.count > 0 else { return 0 }
    return unsafe reserve(bytes.count) { unsafe $0.copyMemory(from: bytes) }
  }

  mutating func allocate(_ bytes: [UInt8]) -> UInt32 {
    unsafe bytes.withUnsafeBytes { unsafe allocate($0) }
  }

  /// A block of `count` zero bytes.
  mutating func allocate(zeroes count: Int) -> UInt32 {
    guard count > 0 else { return 0 }
    return unsafe reserve(count) { unsafe _ = $0.initializeMemory(as: UInt8.self, repeating: 0) }
  }

  /// Gives the block back; its id may name another one later.
  mutating func free(_ id: UInt32) {
    guard id != 0 else { return }
    let (number, slot) = Self.place(id)
    let wasFull = withUnique(number) { page in
      let wasFull = SlabPage.isFull(page)
      SlabPage.give(page, slot)
      return wasFull
    }
    count -= 1
    release(number, wasFull: wasFull)
  }

  func length(_ id: UInt32) -> Int { unsafe withBytes(id) { $0.count } }

  func bytes(_ id: UInt32) -> [UInt8] { unsafe withBytes(id) { unsafe [UInt8]($0) } }

  /// The bytes are valid during the call.
  @inline(__always)
  func withBytes<R>(_ id: UInt32, _ body: (UnsafeRawBufferPointer) -> R) -> R {
    guard id != 0 else { return unsafe body(UnsafeRawBufferPointer(start: nil, count: 0)) }
    let (number, slot) = Self.place(id)
    guard let page = chunks[Int(number >> 7)][Int(number & 127)].page else {
      preconditionFailure("id \(id) names no slab")
    }
    return unsafe body(UnsafeRawBufferPointer(SlabPage.content(page, slot)))
  }

  /// Changes the bytes in place; the length stays.
  @inline(__always)
  mutating func update<R>(_ id: UInt32, _ body: (UnsafeMutableRawBufferPointer) -> R) -> R {
    guard id != 0 else {
      return unsafe body(UnsafeMutableRawBufferPointer(start: nil, count: 0))
    }
    let (number, slot) = Self.place(id)
    return withUnique(number) { page in unsafe body(SlabPage.content(page, slot)) }
  }
}

extension ByteHeap {
  @inline(__always)
  private static func place(_ id: UInt32) -> (number: UInt32, slot: Int) {
    (id >> SlabPage.slotBits, Int(id & (1 << SlabPage.slotBits - 1)))
  }

  @inline(__always)
  private mutating func reserve(
    _ length: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Void
  ) -> UInt32 {
    precondition(length <= Self.recordBytesMax, "a record of \(length) bytes")
    let sizeClass = SlabPage.sizeClass(length)
    let number: UInt32
    if sizeClass != SlabPage.ownPageClass, partial[sizeClass] != 0 {
      number = partial[sizeClass]
    } else {
      number = addSlab(sizeClass, length)
    }
    let (slot, isFull) = withUnique(number) { page in
      let taken = unsafe SlabPage.take(page, length: length)
      unsafe fill(taken.content)
      return unsafe (taken.slot, SlabPage.isFull(page))
    }
    if isFull && sizeClass != SlabPage.ownPageClass { unlink(number, sizeClass) }
    count += 1
    return number << SlabPage.slotBits | UInt32(slot)
  }

  @inline(__always)
  private mutating func withUnique<R>(_ number: UInt32, _ body: (Page) -> R) -> R {
    Self.withUnique(&chunks[Int(number >> 7)][Int(number & 127)].page, number, body)
  }

  @inline(__always)
  private static func withUnique<R>(
    _ page: inout Page?, _ number: UInt32, _ body: (Page) -> R
  ) -> R {
    precondition(page != nil, "no slab \(number)")
    if !page!.isUnique() { page!.detach(bytes: SlabPage.bytes(page!)) }
    return body(page!)
  }

  private mutating func addSlab(_ sizeClass: Int, _ length: Int) -> UInt32 {
    let number: UInt32
    if freeNumber != 0 {
      number = freeNumber
      freeNumber = self[number].next
      self[number].next = 0
    } else {
      number = numbers
      precondition(number < 1 << (32 - SlabPage.slotBits), "\(number) slabs are all there can be")
      numbers += 1
      if number & 127 == 0 { chunks.append([]) }
      chunks[Int(number >> 7)].append(Slab())
    }
    self[number].page = SlabPage.make(sizeClass, length: length)
    pages += 1
    if sizeClass != SlabPage.ownPageClass { link(number, sizeClass) }
    return number
  }

  /// A slab is offered again when its first block comes back, and goes away when the last one
  /// does, unless it is the only one that its class has to offer.
  private mutating func release(_ number: UInt32, wasFull: Bool) {
    let page = self[number].page!
    let sizeClass = SlabPage.sizeClass(of: page)
    if sizeClass == SlabPage.ownPageClass { return dropSlab(number) }
    if wasFull { link(number, sizeClass) }
    guard page.count == 0, self[number].previous != 0 || self[number].next != 0 else { return }
    unlink(number, sizeClass)
    dropSlab(number)
  }

  private mutating func dropSlab(_ number: UInt32) {
    self[number] = Slab(page: nil, next: freeNumber)
    freeNumber = number
    pages -= 1
  }

  private mutating func link(_ number: UInt32, _ sizeClass: Int) {
    let first = partial[sizeClass]
    self[number].previous = 0
    self[number].next = first
    if first != 0 { self[first].previous = number }
    partial[sizeClass] = number
  }

  private mutating func unlink(_ number: UInt32, _ sizeClass: Int) {
    let previous = self[number].previous
    let next = self[number].next
    if previous != 0 { self[previous].next = next } else { partial[sizeClass] = next }
    if next != 0 { self[next].previous = previous }
    self[number].previous = 0
    self[number].next = 0
  }

  private subscript(number: UInt32) -> Slab {
    get { chunks[Int(number >> 7)][Int(number & 127)] }
    _modify { yield &chunks[Int(number >> 7)][Int(number & 127)] }
  }
}
