import Primitives
import Testing

@testable import StockLedger

@Suite struct OrderedIndexTests {
  private func sorted(_ index: OrderedIndex<PairKey>) -> [PairKey] {
    var keys: [PairKey] = []
    index.scan(from: PairKey(0, 0)) {
      keys.append($0)
      return true
    }
    return keys
  }

  private func lowerBound(_ keys: [PairKey], _ key: PairKey) -> Int {
    var low = 0
    var high = keys.count
    while low < high {
      let middle = (low + high) / 2
      if keys[middle] < key { low = middle + 1 } else { high = middle }
    }
    return low
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func randomOperationsAnswerLikeASortedArray(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var index = OrderedIndex<PairKey>()
    var model: [PairKey] = []
    for step in 0..<40_000 {
      let key = PairKey(random.below(200), random.below(400))
      let at = lowerBound(model, key)
      let isThere = at < model.count && model[at] == key
      switch random.below(step / 10_000 % 2 == 0 ? 5 : 9) {
      case 0...2:
        #expect(index.insert(key) != isThere)
        if !isThere { model.insert(key, at: at) }
      case 3...5:
        #expect(index.remove(key) == isThere)
        if isThere { model.remove(at: at) }
      case 6 where step % 5 == 0:
        let limit = Int(random.below(500))
        let below = PairKey(random.below(60), random.below(400))
        var taken = [PairKey(0, 0)]
        index.removeFirst(below: below, atMost: limit, into: &taken)
        let expected = model.prefix(min(limit, lowerBound(model, below)))
        #expect(taken == [PairKey(0, 0)] + expected)
        model.removeFirst(expected.count)
      case 7: #expect(index.popFirst() == (model.isEmpty ? nil : model.removeFirst()))
      default:
        #expect(index.first(from: key) == (at < model.count ? model[at] : nil))
        #expect(index.contains(key) == isThere)
      }
      #expect(index.count == model.count)
      #expect(index.first == model.first)
      #expect(index.last == model.last)
    }
    #expect(sorted(index) == model)
    while let key = index.popFirst() { #expect(key == model.removeFirst()) }
    #expect(model.isEmpty && index.isEmpty && index.first == nil && index.last == nil)
  }

  @Test func aCopyStaysAsItWasWhileTheIndexGoesOn() {
    var random = SeededRandom(seed: 9)
    var index = OrderedIndex<PairKey>()
    for _ in 0..<6_000 { index.insert(PairKey(random.below(10_000), random.below(4))) }
    let copy = index
    let before = sorted(index)
    for _ in 0..<6_000 {
      index.insert(PairKey(random.below(10_000), random.below(4)))
      index.remove(PairKey(random.below(10_000), random.below(4)))
      _ = index.popFirst()
    }
    #expect(sorted(copy) == before)
    #expect(sorted(index) != before)
    #expect(sorted(index) == sorted(index).sorted())
  }

  /// Ascending as deadlines come, descending, and at random.
  @Test(arguments: [0, 1, 2])
  func growthMovesAFewPagesAtMost(order: Int) {
    var random = SeededRandom(seed: 3)
    var index = OrderedIndex<TripleKey>()
    var before: UInt64 = 0
    let count = 100_000
    for step in 0..<count {
      let number = UInt64(order == 0 ? step : order == 1 ? count - step : Int(random.next() >> 20))
      index.insert(TripleKey(number % 3, number, 1))
      #expect(index.entriesMoved - before <= 512)
      before = index.entriesMoved
    }
    #expect(index.entriesMoved < UInt64(3 * count))
  }
}
