import Primitives
import Testing

@testable import StockLedger

@Suite struct NumberIndexTests {
  /// Keys of numbers; the rows that the index asks.
  private struct Rows {
    var keys: [UInt64] = []
    var hashMask = UInt64.max

    func hash(_ key: UInt64) -> UInt64 { KeyHash.of(key, seed: 1) & hashMask }
    func hash(of number: UInt32) -> UInt64 { hash(keys[Int(number)]) }
  }

  private func find(_ key: UInt64, _ index: NumberIndex, _ rows: Rows) -> UInt32? {
    index.find(rows.hash(key)) { rows.keys[Int($0)] == key }
  }

  /// All hashes; hashes that agree in their tag, in their bucket, and in everything.
  @Test(arguments: [UInt64.max, 0x00FF_FFFF_FFFF_FFFF, 0xFF00_0000_0000_0007, 0])
  func randomOperationsAnswerLikeADictionary(hashMask: UInt64) {
    var random = SeededRandom(seed: hashMask & 0xFF)
    var rows = Rows(hashMask: hashMask)
    var index = NumberIndex()
    var model: [UInt64: UInt32] = [:]
    for step in 0..<8_000 {
      let key = random.below(1_500)
      if model[key] == nil, random.below(8) < (step / 2_000 % 2 == 0 ? 6 : 2) {
        rows.keys.append(key)
        let number = UInt32(rows.keys.count - 1)
        index.insert(number, rows.hash(key)) { rows.hash(of: $0) }
        model[key] = number
      } else if let number = model[key] {
        #expect(index.remove(number, rows.hash(key)) == true)
        model[key] = nil
      } else {
        #expect(index.remove(UInt32(rows.keys.count), rows.hash(key)) == false)
      }
      #expect(find(key, index, rows) == model[key])
      #expect(index.count == model.count)
    }
    for key in 0..<1_500 as Range<UInt64> { #expect(find(key, index, rows) == model[key]) }
  }

  @Test func aCopyStaysAsItWasWhileTheIndexGoesOn() {
    var rows = Rows()
    var index = NumberIndex()
    for key in 0..<3_000 as Range<UInt64> {
      rows.keys.append(key)
      index.insert(UInt32(key), rows.hash(key)) { rows.hash(of: $0) }
    }
    let copy = index
    for key in 0..<3_000 as Range<UInt64> where key % 3 == 0 {
      #expect(index.remove(UInt32(key), rows.hash(key)) == true)
    }
    for key in 3_000..<6_000 as Range<UInt64> {
      rows.keys.append(key)
      index.insert(UInt32(key), rows.hash(key)) { rows.hash(of: $0) }
    }
    for key in 0..<6_000 as Range<UInt64> {
      #expect(find(key, copy, rows) == (key < 3_000 ? UInt32(key) : nil))
      let isThere = key >= 3_000 || key % 3 != 0
      #expect(find(key, index, rows) == (isThere ? UInt32(key) : nil))
    }
  }

  /// Memory and pauses: no step moves more than a few buckets, also on the way down.
  @Test func growthAndShrinkingMoveFewBuckets() {
    var rows = Rows()
    var index = NumberIndex()
    var before: UInt64 = 0
    var most: UInt64 = 0
    for key in 0..<40_000 as Range<UInt64> {
      rows.keys.append(key)
      index.insert(UInt32(key), rows.hash(key)) { rows.hash(of: $0) }
      most = max(most, index.entriesMoved - before)
      before = index.entriesMoved
    }
    for key in 0..<40_000 as Range<UInt64> {
      #expect(index.remove(UInt32(key), rows.hash(key)) == true)
      most = max(most, index.entriesMoved - before)
      before = index.entriesMoved
    }
    #expect(most <= UInt64(8 * NumberIndex.entriesPerBucket), "\(most) entries in one step")
    #expect(index.count == 0)
  }

  /// A search for what is not there asks less than every second time a row: tags tell apart.
  @Test func searchesAskFewRows() {
    var rows = Rows()
    var index = NumberIndex()
    for key in 0..<40_000 as Range<UInt64> {
      rows.keys.append(key)
      index.insert(UInt32(key), rows.hash(key)) { rows.hash(of: $0) }
    }
    var asked = 0
    for key in 40_000..<50_000 as Range<UInt64> {
      let found = index.find(rows.hash(key)) { _ in
        asked += 1
        return false
      }
      #expect(found == nil)
    }
    #expect(asked > 0 && asked < 6_000, "\(asked) rows for 10,000 searches")
  }
}
