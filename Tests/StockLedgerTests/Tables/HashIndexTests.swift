import Primitives
import Testing

@testable import StockLedger

@Suite struct HashIndexTests {
  @Test(arguments: [1, 2, 3] as [UInt64])
  func randomOperationsAnswerLikeADictionary(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var index = HashIndex<Hash128, UInt32>(seed: seed)
    var model: [Hash128: UInt32] = [:]
    for step in 0..<12_000 {
      let key = Hash128(high: random.below(3) << 60, low: random.below(2_000))
      let value = UInt32(truncatingIfNeeded: random.next())
      let isGrowing = step / 3_000 % 2 == 0
      switch random.below(isGrowing ? 6 : 9) {
      case 0...2:
        #expect(index.insert(key, value) == (model[key] == nil))
        if model[key] == nil { model[key] = value }
      case 3: #expect(index.replace(key, value) == model.updateValue(value, forKey: key))
      default: #expect(index.remove(key) == model.removeValue(forKey: key))
      }
      #expect(index.find(key) == model[key])
      #expect(index.count == model.count)
    }
    for (key, value) in model { #expect(index.find(key) == value) }
  }

  @Test func aCopyStaysAsItWasWhileTheIndexGoesOn() {
    var index = HashIndex<UInt64, UInt64>()
    for key in 0..<4_000 as Range<UInt64> { index.insert(key, key) }
    let copy = index
    for key in 0..<4_000 as Range<UInt64> {
      if key % 3 == 0 { index.remove(key) } else { index.replace(key, 0) }
    }
    for key in 4_000..<12_000 as Range<UInt64> { index.insert(key, key) }
    for key in 0..<12_000 as Range<UInt64> {
      #expect(copy.find(key) == (key < 4_000 ? key : nil))
      let now: UInt64? = key >= 4_000 ? key : key % 3 == 0 ? nil : 0
      #expect(index.find(key) == now)
    }
    #expect(copy.count == 4_000)
  }

  /// A hash whose bits were lost on the way would still answer right, only slowly.
  @Test(arguments: [0, 40, 20] as [UInt64])
  func searchesAreShort(shift: UInt64) {
    var index = HashIndex<UInt64, UInt32>()
    for key in 0..<40_000 as Range<UInt64> { index.insert(key << shift, 0) }
    let missing = 40_000..<60_000 as Range<UInt64>
    let searched = missing.reduce(0) { $0 + index.entriesSearched($1 << shift) }
    let usual = HashIndex<UInt64, UInt32>.entriesPerBucket
    #expect(
      searched < 2 * usual * missing.count,
      "\(searched) entries for \(missing.count) searches")
    #expect(searched > usual / 4 * missing.count)
  }

  /// A word that equals one of the hash's own constants makes a product zero; the other word must
  /// tell the keys apart all the same. Callers choose their request ids.
  @Test(
    arguments: [
      0xD1B5_4A32_D192_ED03, 0x8EBC_6AF0_9C88_C6E3, 2 ^ 0x9E37_79B9_7F4A_7C15, 0, .max,
    ] as [UInt64])
  func keysMadeToMeetAConstantOfTheHashAreSpread(word: UInt64) {
    for isFirst in [false, true] {
      var index = HashIndex<Hash128, UInt32>(seed: 2)
      func key(_ n: UInt64) -> Hash128 {
        isFirst ? Hash128(high: word, low: n) : Hash128(high: n, low: word)
      }
      for n in 0..<10_000 as Range<UInt64> { index.insert(key(n), 0) }
      let searched = (0..<1_000 as Range<UInt64>).map { index.entriesSearched(key($0)) }.max()!
      #expect(searched < 8 * HashIndex<Hash128, UInt32>.entriesPerBucket, "\(searched)")
    }
  }

  /// Sequential keys, keys that differ in high bits only, and multiples of a power of two.
  @Test(arguments: [0, 40, 20] as [UInt64])
  func growthAndShrinkingMoveTwoBucketsAtMost(shift: UInt64) {
    var index = HashIndex<UInt64, UInt32>()
    var before: UInt64 = 0
    var most: UInt64 = 0
    let keys = 0..<60_000 as Range<UInt64>
    for key in keys {
      index.insert(key << shift, UInt32(key))
      most = max(most, index.entriesMoved - before)
      before = index.entriesMoved
    }
    #expect(index.entriesMoved < 16 * 60_000)
    for key in keys {
      #expect(index.remove(key << shift) == UInt32(key))
      most = max(most, index.entriesMoved - before)
      before = index.entriesMoved
    }
    #expect(most <= UInt64(8 * HashIndex<UInt64, UInt32>.entriesPerBucket))
    #expect(index.count == 0)
  }
}
