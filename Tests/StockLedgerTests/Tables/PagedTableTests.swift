import Primitives
import Testing

@testable import StockLedger

private struct Row: BitwiseCopyable, Equatable, Sendable {
  var a: UInt64
  var b: UInt32
  var c: UInt8

  init(_ value: UInt64) {
    a = value
    b = UInt32(truncatingIfNeeded: value &* 7)
    c = UInt8(truncatingIfNeeded: value)
  }

  /// Field by field: the bytes between the fields are nobody's.
  static func hash(_ number: UInt64, _ row: Row) -> Hash128 {
    Hash128(high: row.a &* 0x9E37_79B9_7F4A_7C15, low: UInt64(row.b) << 8 | UInt64(row.c))
  }
}

@Suite struct PagedTableTests {
  /// Numbers near each other, across pages and far away.
  private func number(_ random: inout SeededRandom) -> UInt64 {
    switch random.below(4) {
    case 0: random.below(600)
    case 1: 1_000_000 + random.below(200_000)
    case 2: (1 << 40) + random.below(50)
    default: .max - random.below(40)
    }
  }

  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func randomOperationsAnswerLikeADictionary(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var table = PagedTable<Row>()
    var model: [UInt64: Row] = [:]
    for step in 0..<20_000 {
      let at = number(&random)
      switch random.below(step < 12_000 ? 5 : 9) {
      case 0, 1:
        if model[at] == nil {
          table.insert(Row(random.next()), at: at)
          model[at] = table.read(at)
        }
      case 2:
        let value = random.next()
        let updated: Void? = table.update(at) { $0 = Row(value) }
        #expect((updated != nil) == (model[at] != nil))
        if model[at] != nil { model[at] = Row(value) }
      case 3:
        if model[at] != nil {
          table[at].a &+= 5
          model[at]!.a &+= 5
        }
      default: #expect(table.remove(at) == model.removeValue(forKey: at))
      }
      #expect(table.read(at) == model[at])
      #expect(table.contains(at) == (model[at] != nil))
      #expect(table.count == model.count)
    }
    expectSame(table, model)
  }

  private func expectSame(_ table: PagedTable<Row>, _ model: [UInt64: Row]) {
    let sorted = model.keys.sorted()
    var walked: [UInt64] = []
    table.forEach { number, row in
      walked.append(number)
      #expect(model[number] == row)
    }
    #expect(walked == sorted)
    var stepped: [UInt64] = []
    var at: UInt64? = 0
    while let from = at, let found = table.next(from: from) {
      stepped.append(found.number)
      at = found.number == .max ? nil : found.number + 1
    }
    #expect(stepped == sorted)
  }

  @Test func aCopyStaysAsItWasWhileTheTableGoesOn() {
    var random = SeededRandom(seed: 5)
    var table = PagedTable<Row>()
    for number in 0..<5_000 as Range<UInt64> { table.insert(Row(number), at: number) }
    var copies: [(PagedTable<Row>, [UInt64: Row], Hash128)] = []
    for _ in 0..<5 {
      var model: [UInt64: Row] = [:]
      table.forEach { model[$0] = $1 }
      var copy = table
      copies.append((table, model, copy.digest(Row.hash)))
      for _ in 0..<3_000 {
        let at = random.below(8_000)
        if table.contains(at) {
          if random.chance(1, in: 2) { table.remove(at) } else { table[at].b &+= 1 }
        } else {
          table.insert(Row(random.next()), at: at)
        }
      }
    }
    for (copy, model, digest) in copies {
      var copy = copy
      expectSame(copy, model)
      #expect(copy.digest(Row.hash) == digest)
    }
  }

  @Test func anotherThreadReadsACopyWhileTheTableGoesOn() async {
    var table = PagedTable<Row>()
    for number in 0..<8_000 as Range<UInt64> { table.insert(Row(number), at: number) }
    let copy = table
    let reader = Task.detached {
      (0..<10).allSatisfy { _ in
        var isSame = true
        copy.forEach { number, row in isSame = isSame && row == Row(number) }
        return isSame && copy.count == 8_000
      }
    }
    for round in 0..<5 as Range<UInt64> {
      for number in 0..<8_000 as Range<UInt64> {
        if number % 5 == round {
          table.remove(number)
        } else if table.contains(number) {
          table[number].a = 0
        }
      }
    }
    #expect(table.count == 0)
    #expect(await reader.value)
  }

  @Test func theDigestDependsOnContentOnly() {
    var random = SeededRandom(seed: 6)
    let numbers = (0..<3_000).map { UInt64($0) * 3 }
    var ascending = PagedTable<Row>()
    for number in numbers { ascending.insert(Row(number), at: number) }
    var shuffled = PagedTable<Row>()
    for number in 0..<20_000 as Range<UInt64> where number % 3 != 0 || number >= 9_000 {
      shuffled.insert(Row(1), at: number)
    }
    for number in numbers.shuffled(using: &random) {
      shuffled.insert(Row(number &+ 1), at: number)
      if random.chance(1, in: 10) { _ = shuffled.digest(Row.hash) }
    }
    for number in (0..<20_000 as Range<UInt64>).shuffled(using: &random) {
      if number % 3 != 0 || number >= 9_000 {
        shuffled.remove(number)
      } else {
        shuffled[number] = Row(number)
      }
    }
    let digest = ascending.digest(Row.hash)
    #expect(shuffled.digest(Row.hash) == digest)
    #expect(digest != PagedTable<Row>().emptyDigest)
    for number in [0, 1_500, 8_997] as [UInt64] {
      var changed = ascending
      changed[number].c &+= 1
      #expect(changed.digest(Row.hash) != digest, "row \(number)")
      var removed = ascending
      removed.remove(number)
      #expect(removed.digest(Row.hash) != digest, "row \(number)")
      removed.insert(Row(number), at: number + 1)
      #expect(removed.digest(Row.hash) != digest, "row \(number) at the next number")
    }
    for number in numbers { ascending.remove(number) }
    #expect(ascending.digest(Row.hash) == PagedTable<Row>().emptyDigest)
  }

  @Test func aRefreshInPortionsEndsInTheSameDigest() {
    var table = PagedTable<Row>()
    for number in 0..<20_000 as Range<UInt64> { table.insert(Row(number), at: number) }
    var whole = table
    var portions = 0
    while !table.refreshDigest(pages: 3, Row.hash) { portions += 1 }
    #expect(portions > 5)
    var hashed = 0
    let digest = table.digest { number, row in
      hashed += 1
      return Row.hash(number, row)
    }
    #expect(hashed == 0, "nothing had changed")
    #expect(digest == whole.digest(Row.hash))
  }

  @Test func aPageIsCopiedOnceForASnapshotAndNeverWithoutOne() {
    var table = PagedTable<Row>()
    let pages: UInt64 = 4
    let numbers = 0..<(pages * UInt64(PagedTable<Row>.rowsPerPage))
    for number in numbers { table.insert(Row(number), at: number) }
    func touchAll() {
      for number in numbers {
        let found: Void? = table.update(number) { $0.a &+= 1 }
        #expect(found != nil)
        table[number].b &+= 1
      }
    }
    touchAll()
    table.remove(3)
    table.insert(Row(3), at: 3)
    #expect(table.pagesCopied == 0)
    let copy = table
    // An optimised build ends a copy's life with its last use, and then nothing is shared.
    withExtendedLifetime(copy) {
      touchAll()
      #expect(table.pagesCopied == pages)
      touchAll()
      #expect(table.pagesCopied == pages)
    }
    #expect(copy.count == table.count)
  }

  @Test func growthMovesAPageAtMost() {
    var table = PagedTable<Row>()
    var before: UInt64 = 0
    for number in 0..<100_000 as Range<UInt64> {
      table.insert(Row(number), at: number &* 7 % 100_003)
      #expect(table.rowsMoved - before <= UInt64(PagedTable<Row>.rowsPerPage))
      before = table.rowsMoved
    }
    #expect(table.rowsMoved < 20 * 100_000)
    for number in 0..<100_003 as Range<UInt64> {
      table.remove(number)
      #expect(table.rowsMoved - before <= 2 * UInt64(PagedTable<Row>.rowsPerPage))
      before = table.rowsMoved
    }
    #expect(table.count == 0)
  }
}

extension PagedTable {
  fileprivate var emptyDigest: Hash128 {
    var empty = PagedTable()
    return empty.digest { _, _ in .zero }
  }
}
