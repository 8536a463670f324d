import Primitives
import Testing

@testable import StockLedger

@Suite struct ByteHeapTests {
  private func bytes(_ random: inout SeededRandom, _ length: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: random.next()), count: length)
    for at in stride(from: 0, to: length, by: 97) {
      bytes[at] = UInt8(truncatingIfNeeded: random.next())
    }
    return bytes
  }

  private func length(_ random: inout SeededRandom) -> Int {
    switch random.below(100) {
    case 0: Int(random.below(5_000))
    case 1: 40 * Int(random.below(2_000))
    case 2...25: 40 * Int(1 + random.below(6))
    default: Int(random.below(70))
    }
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func randomOperationsAnswerLikeADictionary(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var heap = ByteHeap()
    var model: [UInt32: [UInt8]] = [:]
    var ids: [UInt32] = []
    for step in 0..<12_000 {
      let isGrowing = step / 3_000 % 2 == 0
      if ids.isEmpty || random.chance(isGrowing ? 7 : 3, in: 10) {
        let content = bytes(&random, length(&random))
        let id = heap.allocate(content)
        guard id != 0 else {
          #expect(content.isEmpty)
          continue
        }
        #expect(model.updateValue(content, forKey: id) == nil, "id \(id) is in use")
        ids.append(id)
      } else if random.chance(1, in: 3) {
        let id = ids[Int(random.below(UInt64(ids.count)))]
        let value = UInt8(truncatingIfNeeded: step)
        unsafe heap.update(id) { unsafe $0[$0.count - 1] = value }
        model[id]![model[id]!.count - 1] = value
      } else {
        let id = ids.remove(at: Int(random.below(UInt64(ids.count))))
        #expect(heap.bytes(id) == model.removeValue(forKey: id))
        heap.free(id)
      }
      #expect(heap.count == ids.count)
    }
    for id in ids {
      #expect(heap.bytes(id) == model[id])
      #expect(heap.length(id) == model[id]!.count)
      heap.free(id)
    }
    #expect(heap.count == 0)
    #expect(heap.pages <= 65, "each size class may keep one slab")
  }

  @Test func everyLengthComesBackAsItWas() {
    var random = SeededRandom(seed: 4)
    var heap = ByteHeap()
    let lengths = Array(0...700) + [4_091, 4_092, 4_093, 8_192, ByteHeap.recordBytesMax]
    let contents = lengths.map { bytes(&random, $0) }
    let ids = contents.map { heap.allocate($0) }
    for (id, content) in zip(ids, contents) { #expect(heap.bytes(id) == content) }
    let zeroes = heap.allocate(zeroes: 120)
    #expect(heap.bytes(zeroes) == [UInt8](repeating: 0, count: 120))
  }

  @Test func blocksWasteAnEighthAtMost() {
    for length in 1...4_092 {
      let block = SlabPage.blockBytes(SlabPage.sizeClass(length))
      let needed = length + (length < 68 ? 1 : 4)
      #expect(block >= needed && block - needed <= max(3, block / 8), "\(length) in \(block)")
    }
    #expect(SlabPage.sizeClass(4_092) == SlabPage.classes - 1)
    #expect(SlabPage.sizeClass(4_093) == SlabPage.ownPageClass)
  }

  @Test func aCopyStaysAsItWasWhileTheHeapGoesOn() {
    var random = SeededRandom(seed: 5)
    var heap = ByteHeap()
    let contents = (0..<3_000).map { _ in bytes(&random, 1 + length(&random) % 500) }
    let ids = contents.map { heap.allocate($0) }
    let copy = heap
    for id in ids {
      if random.chance(1, in: 2) {
        heap.free(id)
        _ = heap.allocate(bytes(&random, 30))
      } else {
        unsafe heap.update(id) { unsafe $0[0] &+= 1 }
      }
    }
    for (id, content) in zip(ids, contents) { #expect(copy.bytes(id) == content) }
    #expect(copy.count == 3_000)
  }
}
