import Primitives
import Testing

@testable import StockLedger

@Suite struct TextTableTests {
  private func text(_ number: UInt64) -> [UInt8] {
    [UInt8]("text \(number)\(number % 7 == 0 ? " that is a good deal longer" : "")".utf8)
  }

  /// With few bits of hash most texts share theirs with others.
  @Test(arguments: [UInt64.max, 127, 0])
  func randomOperationsAnswerLikeADictionary(hashMask: UInt64) {
    var random = SeededRandom(seed: 1)
    var table = TextTable(seed: 2, hashMask: hashMask)
    var references: [[UInt8]: Int] = [:]
    var ids: [[UInt8]: UInt32] = [:]
    for step in 0..<8_000 {
      let text = text(random.below(hashMask == 0 ? 40 : 900))
      if random.chance(step / 2_000 % 2 == 0 ? 6 : 4, in: 10) {
        let id = table.intern(text, counted: true)!
        if references[text] != nil { #expect(ids[text] == id) }
        references[text, default: 0] += 1
        ids[text] = id
      } else if let count = references[text], let id = ids[text] {
        #expect(table.bytes(id) == text)
        table.release(id)
        references[text] = count == 1 ? nil : count - 1
      }
      #expect(table.find(text) == (references[text] == nil ? nil : ids[text]))
      #expect(table.count == references.count)
    }
    for (text, count) in references {
      for _ in 0..<count { table.release(ids[text]!) }
      #expect(table.find(text) == nil)
    }
    #expect(table.count == 0)
  }

  @Test func theEmptyTextHasTheIDZeroAndTakesNoRoom() {
    var table = TextTable(limit: 0)
    #expect(table.intern([]) == 0)
    #expect(table.find([]) == 0)
    #expect(table.bytes(0) == [])
    table.retain(0)
    table.release(0)
    #expect(table.count == 0)
  }

  @Test func aFullTableRefusesNewTextsAndKnowsTheOldOnes() {
    var table = TextTable(limit: 3)
    let ids = (0..<3).map { table.intern(text($0), counted: true) }
    #expect(!ids.contains(nil))
    #expect(table.intern(text(3)) == nil)
    #expect(table.intern(text(1), counted: true) == ids[1])
    table.release(ids[2]!)
    #expect(table.intern(text(3)) != nil)
    #expect(table.intern(text(4)) == nil)
  }

  @Test func aTextThatIsNotCountedStays() {
    var table = TextTable()
    let id = table.intern(text(1), counted: true)!
    #expect(table.intern(text(1)) == id)
    for _ in 0..<5 { table.release(id) }
    #expect(table.find(text(1)) == id)
  }

  @Test func theHashOfATextDoesNotDependOnItsID() {
    var a = TextTable(seed: 1)
    var b = TextTable(seed: 2)
    _ = b.intern(text(9))
    let inA = a.intern(text(5))!
    let inB = b.intern(text(5))!
    #expect(inA != inB)
    #expect(a.hash(inA) == b.hash(inB))
    #expect(a.hash(inA) != b.hash(b.find(text(9))!))
  }

  @Test func aCopyStaysAsItWasWhileTheTableGoesOn() {
    var table = TextTable()
    let ids = (0..<2_000).map { table.intern(text($0), counted: true)! }
    let copy = table
    for id in ids { table.release(id) }
    for number in 0..<2_000 as Range<UInt64> { _ = table.intern(text(number + 5_000)) }
    for (number, id) in ids.enumerated() {
      #expect(copy.bytes(id) == text(UInt64(number)))
      #expect(copy.find(text(UInt64(number))) == id)
      #expect(copy.find(text(UInt64(number) + 5_000)) == nil)
    }
  }
}

/// References that are counted late.
@Suite struct RecentReferenceTests {
  /// Few short texts that fall on each other's places, interned much and released at random: each
  /// goes with its last reference, and not before.
  @Test(arguments: 1...4 as ClosedRange<UInt64>)
  func aTextGoesWithItsLastReference(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var table = TextTable()
    var references: [[UInt8]: Int] = [:]
    for _ in 0..<30_000 {
      let text = [UInt8]("t\(random.below(random.chance(1, in: 3) ? 700 : 4))".utf8)
      let count = references[text] ?? 0
      if count == 0 || random.chance(1, in: 2) {
        _ = table.intern(text, counted: true)
        references[text] = count + 1
      } else {
        table.release(table.find(text)!)
        references[text] = count == 1 ? nil : count - 1
      }
      if random.chance(1, in: 50) { _ = unsafe text.withUnsafeBytes { unsafe table.recall($0) } }
      #expect((table.find(text) == nil) == (references[text] == nil))
      #expect(table.count == references.count)
    }
    for text in references.keys {
      for _ in 0..<references[text]! { table.release(table.find(text)!) }
      #expect(table.find(text) == nil)
    }
    #expect(table.count == 0)
  }

  @Test func textsOfOneToThreeBytesAreToldApart() {
    var table = TextTable()
    var ids: [UInt32: [UInt8]] = [:]
    let bytes: [UInt8] = [0, 1, 97, 255]
    let texts =
      bytes.map { [$0] } + bytes.flatMap { a in bytes.map { [a, $0] } }
      + bytes.flatMap { a in bytes.flatMap { b in bytes.map { [a, b, $0] } } }
    for text in texts {
      let id = table.intern(text)!
      #expect(ids.updateValue(text, forKey: id) == nil)
    }
    for text in texts { #expect(ids[table.intern(text)!] == text) }
  }
}
