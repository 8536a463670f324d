// Memory for what nghttp2 makes and drops with every call: streams, frames, header lists.

import CNghttp2

#if canImport(Glibc)
  import Glibc
#endif

/// Keeps what the sessions of one event loop free, by size, for what they ask for next. With a
/// thousand calls open the C library's own cache is too small for that. It outlives its sessions,
/// and all of them are used on that loop only.
@safe final class SessionMemory {
  /// Steps of sizes: 64, 128, … 512 bytes. What is larger is the C library's.
  fileprivate static let step = 64
  fileprivate static let stepCount = 8
  /// Free bytes that are kept at most: the small objects of some four thousand calls.
  fileprivate static let keptBytesMax = 4 << 20
  /// In front of each block: which list it goes to, and room up to the next aligned address.
  fileprivate static let headBytes = 16

  @safe fileprivate struct State {
    /// Free blocks, each of which begins with the address of the next.
    var heads = unsafe InlineArray<8, UnsafeMutableRawPointer?>(repeating: nil)
    var keptBytes = 0
  }

  private let state: UnsafeMutablePointer<State>
  /// What sessions are made with; nghttp2 copies it.
  let table: UnsafeMutablePointer<nghttp2_mem>

  init() {
    unsafe state = .allocate(capacity: 1)
    unsafe state.initialize(to: State())
    unsafe table = .allocate(capacity: 1)
    // The user data is this memory's state, which outlives every session.
    unsafe table.initialize(
      to: nghttp2_mem(
        mem_user_data: UnsafeMutableRawPointer(state),
        malloc: { size, user in unsafe State.of(user).pointee.take(size) },
        free: { block, user in unsafe State.of(user).pointee.giveBack(block) },
        calloc: { count, size, user in
          let (bytes, isTooMuch) = count.multipliedReportingOverflow(by: size)
          guard !isTooMuch, let block = unsafe State.of(user).pointee.take(bytes) else {
            return nil
          }
          return unsafe memset(block, 0, bytes)
        },
        realloc: { block, size, user in unsafe State.of(user).pointee.resize(block, to: size) }))
  }

  deinit {
    unsafe state.pointee.freeAll()
    unsafe state.deallocate()
    unsafe table.deallocate()
  }

  var keptBytes: Int { unsafe state.pointee.keptBytes }
}

extension SessionMemory.State {
  @inline(__always)
  static func of(_ user: UnsafeMutableRawPointer?) -> UnsafeMutablePointer<Self> {
    unsafe user!.assumingMemoryBound(to: Self.self)
  }

  /// The list that a block of this size belongs to; `stepCount` for the C library's.
  private static func list(for size: Int) -> Int {
    size <= SessionMemory.step
      ? 0 : min((size - 1) / SessionMemory.step, SessionMemory.stepCount)
  }

  private static func list(of block: UnsafeMutableRawPointer) -> Int {
    unsafe (block - SessionMemory.headBytes).load(as: Int.self)
  }

  private static func room(in list: Int) -> Int { (list + 1) * SessionMemory.step }

  mutating func take(_ size: Int) -> UnsafeMutableRawPointer? {
    let list = Self.list(for: size)
    if list < SessionMemory.stepCount, let block = unsafe heads[list] {
      unsafe heads[list] = block.load(as: UnsafeMutableRawPointer?.self)
      keptBytes -= Self.room(in: list)
      return unsafe block
    }
    let room = list < SessionMemory.stepCount ? Self.room(in: list) : size
    guard let fresh = unsafe malloc(SessionMemory.headBytes + room) else { return nil }
    unsafe fresh.storeBytes(of: list, as: Int.self)
    return unsafe fresh + SessionMemory.headBytes
  }

  mutating func giveBack(_ block: UnsafeMutableRawPointer?) {
    guard let block = unsafe block else { return }
    let list = unsafe Self.list(of: block)
    guard list < SessionMemory.stepCount, keptBytes < SessionMemory.keptBytesMax else {
      return unsafe free(block - SessionMemory.headBytes)
    }
    unsafe block.storeBytes(of: heads[list], as: UnsafeMutableRawPointer?.self)
    unsafe heads[list] = block
    keptBytes += Self.room(in: list)
  }

  mutating func resize(
    _ block: UnsafeMutableRawPointer?, to size: Int
  ) -> UnsafeMutableRawPointer? {
    guard let block = unsafe block else { return unsafe take(size) }
    let list = unsafe Self.list(of: block)
    guard list < SessionMemory.stepCount else { return unsafe resizeLarge(block, to: size) }
    if size <= Self.room(in: list) { return unsafe block }
    guard let larger = unsafe take(size) else { return nil }
    unsafe larger.copyMemory(from: block, byteCount: Self.room(in: list))
    unsafe giveBack(block)
    return unsafe larger
  }

  /// It stays a large one, even if it shrinks.
  private func resizeLarge(
    _ block: UnsafeMutableRawPointer, to size: Int
  ) -> UnsafeMutableRawPointer? {
    let start = unsafe realloc(block - SessionMemory.headBytes, SessionMemory.headBytes + size)
    return unsafe start.map { unsafe $0 + SessionMemory.headBytes }
  }

  mutating func freeAll() {
    for list in 0..<SessionMemory.stepCount {
      while let block = unsafe heads[list] {
        unsafe heads[list] = block.load(as: UnsafeMutableRawPointer?.self)
        unsafe free(block - SessionMemory.headBytes)
      }
    }
    keptBytes = 0
  }
}
