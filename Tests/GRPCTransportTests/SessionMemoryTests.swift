import CNghttp2
import Primitives
import Testing

@testable import GRPCTransport

/// The memory that nghttp2's sessions get behaves like the C library's.
@Suite struct SessionMemoryTests {
  /// What is in use: its address, and the byte that fills it.
  @safe private struct Block {
    var start: UnsafeMutableRawPointer
    var size: Int
    var fill: UInt8

    init(_ start: UnsafeMutableRawPointer, _ size: Int, _ fill: UInt8) {
      unsafe self.start = start
      (self.size, self.fill) = (size, fill)
      unsafe start.initializeMemory(as: UInt8.self, repeating: fill, count: size)
    }

    func isWhole(_ count: Int) -> Bool {
      unsafe UnsafeRawBufferPointer(start: start, count: count).allSatisfy { $0 == fill }
    }
  }

  /// Random asking, giving back and resizing: blocks are aligned, and nobody writes into another's.
  @Test func blocksKeepWhatIsInThem() {
    let memory = SessionMemory()
    let table = unsafe memory.table.pointee
    let user = unsafe table.mem_user_data
    var random = SeededRandom(seed: 1)
    var blocks: [Block] = []
    for step in 0..<20_000 {
      let size = Int(random.below(random.below(8) == 0 ? 3_000 : 640))
      let fill = UInt8(truncatingIfNeeded: step)
      switch random.below(blocks.isEmpty ? 2 : 5) {
      case 0: unsafe blocks.append(Block(table.malloc!(size, user)!, size, fill))
      case 1:
        let zeroed = unsafe table.calloc!(2, size, user)!
        #expect(
          unsafe UnsafeRawBufferPointer(start: zeroed, count: 2 * size).allSatisfy { $0 == 0 })
        unsafe blocks.append(Block(zeroed, 2 * size, fill))
      case 2:
        let at = Int(random.below(UInt64(blocks.count)))
        let resized = unsafe table.realloc!(blocks[at].start, size, user)!
        unsafe blocks[at].start = resized
        #expect(blocks[at].isWhole(min(size, blocks[at].size)), "step \(step)")
        unsafe blocks[at] = Block(resized, size, fill)
      default:
        let block = blocks.remove(at: Int(random.below(UInt64(blocks.count))))
        #expect(block.isWhole(block.size), "step \(step)")
        unsafe table.free!(block.start, user)
      }
      if let last = blocks.last { #expect(unsafe Int(bitPattern: last.start) % 16 == 0) }
    }
    #expect(blocks.allSatisfy { $0.isWhole($0.size) })
    for block in blocks { unsafe table.free!(block.start, user) }
    #expect(memory.keptBytes > 0)
  }

  @Test func whatIsFreedIsGivenAgainAndNotKeptWithoutEnd() {
    let memory = SessionMemory()
    let table = unsafe memory.table.pointee
    let user = unsafe table.mem_user_data
    let first = unsafe table.malloc!(100, user)
    unsafe table.free!(first, user)
    #expect(memory.keptBytes == 128)
    #expect(unsafe table.malloc!(128, user) == first)
    #expect(memory.keptBytes == 0)
    let many = unsafe (0..<20_000).map { _ in unsafe table.malloc!(512, user) }
    unsafe many.forEach { unsafe table.free!($0, user) }
    unsafe table.free!(first, user)
    #expect(memory.keptBytes == 4 << 20)
  }

  @Test func nothingAndTooMuchAreWhatTheyAreInC() {
    let memory = SessionMemory()
    let table = unsafe memory.table.pointee
    let user = unsafe table.mem_user_data
    unsafe table.free!(nil, user)
    #expect(unsafe table.calloc!(Int.max, 3, user) == nil)
    let block = unsafe table.realloc!(nil, 10, user)
    #expect(unsafe block != nil)
    unsafe table.free!(block, user)
    #expect(memory.keptBytes == 64)
  }
}
