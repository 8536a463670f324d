/// Byte strings and small records of any length, each found by a four-byte id; id 0 is the empty
/// string, which takes no room.
struct ByteHeap: Sendable {
  private var blocks: [[UInt8]] = [[]]

  init() {}

  /// Copies `bytes` in.
  mutating func allocate(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    guard bytes.count > 0 else { return 0 }
    unsafe blocks.append([UInt8](bytes))
    return UInt32(blocks.count - 1)
  }

  mutating func allocate(_ bytes: [UInt8]) -> UInt32 {
    unsafe bytes.withUnsafeBytes { unsafe allocate($0) }
  }

  /// Gives the block back; its id may name another one later.
  mutating func free(_ id: UInt32) { blocks[Int(id)] = [] }

  func length(_ id: UInt32) -> Int { blocks[Int(id)].count }

  func bytes(_ id: UInt32) -> [UInt8] { blocks[Int(id)] }

  /// The bytes are valid during the call.
  func withBytes<R>(_ id: UInt32, _ body: (UnsafeRawBufferPointer) -> R) -> R {
    unsafe blocks[Int(id)].withUnsafeBytes { unsafe body($0) }
  }

  /// Changes the bytes in place; the length stays.
  mutating func update<R>(_ id: UInt32, _ body: (UnsafeMutableRawBufferPointer) -> R) -> R {
    unsafe blocks[Int(id)].withUnsafeMutableBytes { unsafe body($0) }
  }
}
