import Primitives

// Rules S1 and S2: what each source told about each account, and the facts that are kept until a
// count covers them.

extension ShardState {
  private func mark(_ account: AccountRow, _ source: UInt32) -> UInt32? {
    var number = account.firstMark
    while number != 0 {
      let mark = books.marks[UInt64(number)]
      if mark.source == source { return number }
      number = mark.next
    }
    return nil
  }

  /// The highest sequence that the source told about the account; 0 for none.
  func factHigh(_ account: AccountRow, _ source: UInt32) -> UInt64 {
    mark(account, source).map { books.marks[UInt64($0)].factHigh } ?? 0
  }

  mutating func raiseFactHigh(
    _ account: inout AccountRow, _ source: UInt32, to sequence: UInt64
  ) {
    let number = markAdding(&account, source)
    books.marks[UInt64(number)].factHigh = max(books.marks[UInt64(number)].factHigh, sequence)
  }

  private mutating func markAdding(_ account: inout AccountRow, _ source: UInt32) -> UInt32 {
    if let number = mark(account, source) { return number }
    books.header.lastMark += 1
    let number = books.header.lastMark
    books.marks.insert(
      SourceMarkRow(source: source, next: account.firstMark), at: UInt64(number))
    account.firstMark = number
    return number
  }

  /// Keeps a fact until a count covers it, or the limits drop it.
  mutating func keep(_ fact: FactRow, of account: inout AccountRow) {
    dropOldFacts(of: &account)
    while Int(account.factCount) >= limits.factsPerAccountMax { dropFirstFact(of: &account) }
    books.header.lastFact += 1
    let number = books.header.lastFact
    books.facts.insert(fact, at: number)
    if account.lastFact != 0 {
      books.facts[account.lastFact].next = number
    } else {
      account.firstFact = number
    }
    account.lastFact = number
    account.factCount += 1
  }

  mutating func dropOldFacts(of account: inout AccountRow) {
    let oldest = books.header.logTime.milliseconds - limits.factsKeptMilliseconds
    while account.firstFact != 0, books.facts[account.firstFact].keptAt < oldest {
      dropFirstFact(of: &account)
    }
  }

  /// A count that is older than a dropped fact can't be judged any more: remembers how old.
  private mutating func dropFirstFact(of account: inout AccountRow) {
    let fact = unlinkFact(account.firstFact, after: 0, of: &account)
    guard fact.sequence > 0 else {
      account.droppedAt = max(account.droppedAt, fact.occurredAt)
      return
    }
    let mark = UInt64(markAdding(&account, fact.source))
    books.marks[mark].droppedSequence = max(books.marks[mark].droppedSequence, fact.sequence)
    books.marks[mark].droppedAt = max(books.marks[mark].droppedAt, fact.occurredAt)
  }

  private mutating func unlinkFact(
    _ number: UInt64, after previous: UInt64, of account: inout AccountRow
  ) -> FactRow {
    guard let fact = books.facts.remove(number) else { preconditionFailure("no fact \(number)") }
    if previous == 0 {
      account.firstFact = fact.next
    } else {
      books.facts[previous].next = fact.next
    }
    if fact.next == 0 { account.lastFact = previous }
    account.factCount -= 1
    return fact
  }

  /// Whether a count of `source` at `version`, taken at `countedAt`, contains the fact. Sequences
  /// decide where they can be compared, times elsewhere.
  func covers(_ count: Count, _ fact: FactRow) -> Bool {
    if fact.sequence > 0, fact.source == count.source, count.version > 0 {
      return fact.sequence <= count.version
    }
    return count.countedAt != Absent.time && fact.occurredAt <= count.countedAt
  }

  /// Whether a fact that is not kept any more may be newer than the count.
  func isTooOld(_ count: Count, for account: AccountRow) -> Bool {
    if account.droppedAt != Absent.time, account.droppedAt > count.countedAt { return true }
    var number = account.firstMark
    while number != 0 {
      let mark = books.marks[UInt64(number)]
      number = mark.next
      guard mark.droppedSequence > 0 else { continue }
      if mark.source == count.source, count.version > 0 {
        if mark.droppedSequence > count.version { return true }
      } else if mark.droppedAt > count.countedAt {
        return true
      }
    }
    return false
  }

  /// Applies the facts that the count does not contain to its figures; false when they contradict
  /// it, which nothing was changed by.
  func reapplyLaterFacts(
    _ count: Count, of account: AccountRow, to counted: inout AccountRow,
    _ days: inout [DatedBucket]
  ) -> Bool {
    var number = account.firstFact
    while number != 0 {
      let fact = books.facts[number]
      number = fact.next
      if covers(count, fact) { continue }
      if fact.isShipment == 1 {
        let left = takeShipped(.zero - fact.delta, from: &counted, &days)
        if left.isPositive { return false }
      } else if fact.day == Absent.day {
        guard let sum = counted.onHand.adding(fact.delta), !sum.isNegative else { return false }
        counted.onHand = sum
      } else if !days.addSupply(fact.delta, day: fact.day) {
        return false
      }
    }
    return true
  }

  mutating func forgetCovered(_ count: Count, of account: inout AccountRow) {
    var previous: UInt64 = 0
    var number = account.firstFact
    while number != 0 {
      let fact = books.facts[number]
      if covers(count, fact) {
        _ = unlinkFact(number, after: previous, of: &account)
      } else {
        previous = number
      }
      number = fact.next
    }
  }
}

/// What identifies a count.
struct Count {
  var source: UInt32
  var version: UInt64
  var countedAt: Int64
}
