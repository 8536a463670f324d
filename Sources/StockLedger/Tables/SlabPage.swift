/// One page of equal blocks. A block starts with the length of its content: one byte in small
/// classes, four in others. Free blocks carry a mark instead of a length, and the next free slot.
///
/// The header keeps: `count` blocks in use; `capacity` slots (for a block that has a page of its
/// own: its bytes); `extra` the first free slot plus one; `more` the slots ever used and the class.
struct SlabPage {
  /// Small enough that copying one after a snapshot takes a microsecond.
  static var slabBytes: Int { 8_192 }
  static var slotBits: UInt32 { 11 }
  /// Up to here a block is one of several in a page.
  static var sharedBlockBytesMax: Int { 4_096 }
  /// Blocks of 4, 8 … 68 bytes; then eight sizes for each doubling up to 4,096.
  static var smallClasses: Int { 17 }
  static var classes: Int { 65 }
  static var ownPageClass: Int { 255 }

  private static var freeByte: UInt8 { 255 }
  private static var freeWord: UInt32 { .max }

  /// The class of the blocks that hold `length` bytes.
  @inline(__always)
  static func sizeClass(_ length: Int) -> Int {
    if length + 1 <= smallClasses * 4 { return (length + 4) / 4 - 1 }
    let last = length + 3
    if last >= sharedBlockBytesMax { return ownPageClass }
    let shift = Int.bitWidth - last.leadingZeroBitCount - 4
    return smallClasses + (shift - 3) * 8 + (last >> shift - 8)
  }

  @inline(__always)
  static func blockBytes(_ sizeClass: Int) -> Int {
    if sizeClass < smallClasses { return (sizeClass + 1) * 4 }
    let step = sizeClass - smallClasses
    return (step % 8 + 9) << (step / 8 + 3)
  }

  static func make(_ sizeClass: Int, length: Int) -> Page {
    if sizeClass == ownPageClass {
      let page = Page(bytes: length + 4, capacity: length + 4)
      unsafe page.header.pointee.more = UInt32(ownPageClass)
      return page
    }
    let block = blockBytes(sizeClass)
    let page = Page(bytes: slabBytes / block * block, capacity: slabBytes / block)
    unsafe page.header.pointee.more = UInt32(sizeClass)
    return page
  }

  @inline(__always)
  static func sizeClass(of page: Page) -> Int { unsafe Int(page.header.pointee.more & 255) }

  /// Bytes of the payload.
  static func bytes(_ page: Page) -> Int {
    let sizeClass = sizeClass(of: page)
    return sizeClass == ownPageClass ? page.capacity : page.capacity * blockBytes(sizeClass)
  }

  @inline(__always)
  static func isFull(_ page: Page) -> Bool {
    sizeClass(of: page) == ownPageClass || page.count == page.capacity
  }

  @inline(__always)
  private static func block(_ page: Page, _ slot: Int) -> UnsafeMutableRawPointer {
    let sizeClass = sizeClass(of: page)
    precondition(
      unsafe slot < Int(page.header.pointee.more >> 8), "block \(slot) was never given out")
    return unsafe page.base + (sizeClass == ownPageClass ? 0 : slot * blockBytes(sizeClass))
  }

  /// The content of a block in use; an id that was given back is a bug of the caller.
  @inline(__always)
  static func content(_ page: Page, _ slot: Int) -> UnsafeMutableRawBufferPointer {
    let block = unsafe block(page, slot)
    if sizeClass(of: page) < smallClasses {
      let length = unsafe block.load(as: UInt8.self)
      precondition(length != freeByte, "block \(slot) is free")
      return unsafe UnsafeMutableRawBufferPointer(start: block + 1, count: Int(length))
    }
    let length = unsafe block.load(as: UInt32.self)
    precondition(length != freeWord, "block \(slot) is free")
    return unsafe UnsafeMutableRawBufferPointer(start: block + 4, count: Int(length))
  }

  /// Takes a free slot of a page that is not full and that only its heap refers to, and gives the
  /// room for its content.
  @inline(__always)
  static func take(_ page: Page, length: Int) -> (slot: Int, content: UnsafeMutableRawBufferPointer)
  {
    let header = unsafe page.header
    let sizeClass = sizeClass(of: page)
    let lengthBytes = sizeClass < smallClasses ? 1 : 4
    let isReused = unsafe header.pointee.extra != 0
    let slot = unsafe isReused ? Int(header.pointee.extra) - 1 : Int(header.pointee.more >> 8)
    let block = unsafe page.base + (sizeClass == ownPageClass ? 0 : slot &* blockBytes(sizeClass))
    if isReused {
      unsafe header.pointee.extra = UInt32(
        block.loadUnaligned(fromByteOffset: lengthBytes, as: UInt16.self))
    } else {
      unsafe header.pointee.more += 256
    }
    unsafe header.pointee.count += 1
    if lengthBytes == 1 {
      unsafe block.storeBytes(of: UInt8(length), as: UInt8.self)
    } else {
      unsafe block.storeBytes(of: UInt32(length), as: UInt32.self)
    }
    return unsafe (
      slot, UnsafeMutableRawBufferPointer(start: block + lengthBytes, count: length)
    )
  }

  /// Gives a slot back, in a page that only its heap refers to.
  static func give(_ page: Page, _ slot: Int) {
    _ = unsafe content(page, slot)
    let block = unsafe block(page, slot)
    let isSmall = sizeClass(of: page) < smallClasses
    if isSmall {
      unsafe block.storeBytes(of: freeByte, as: UInt8.self)
    } else {
      unsafe block.storeBytes(of: freeWord, as: UInt32.self)
    }
    let next = unsafe UInt16(page.header.pointee.extra)
    unsafe block.storeBytes(of: next, toByteOffset: isSmall ? 1 : 4, as: UInt16.self)
    unsafe page.header.pointee.extra = UInt32(slot + 1)
    unsafe page.header.pointee.count -= 1
  }
}
