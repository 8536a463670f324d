import Primitives

// Rule T3. Due holds end at the start of an entry, in order (deadline, id), so many an entry. While
// some are left, a command that lacks units first ends due holds of the account that it needs.

/// Due holds that an entry had no room to end, by account. Empty nearly always: it is built when
/// a command lacks units while holds are due, and grows with log time.
struct DueBacklog: Sendable {
  /// (account, deadline, number) of every hold up to `indexed`.
  var byAccount = OrderedIndex<TripleKey>()
  /// The last hold that was looked at.
  var indexed: PairKey?

  mutating func endOfEntry(isDue: Bool) {
    guard !isDue, indexed != nil else { return }
    self = DueBacklog()
  }
}

extension ShardState {
  var hasDueHolds: Bool {
    guard let first = deadlines.first else { return false }
    return Int64(bitPattern: first.first) <= books.header.logTime.milliseconds
  }

  func isDue(_ row: ReservationRow) -> Bool {
    row.state == .held && row.deadline <= books.header.logTime.milliseconds
  }

  mutating func expireDueHolds() {
    guard hasDueHolds else { return }
    var due = scratch.due
    scratch.due = []
    due.removeAll(keepingCapacity: true)
    let end = PairKey(UInt64(bitPattern: books.header.logTime.milliseconds + 1), 0)
    deadlines.removeFirst(
      below: end, atMost: limits.expiriesPerEntryMax[books.header.rules], into: &due)
    for key in due {
      let row = books.reservations[key.second]
      unindexBacklog(row, key)
      expire(key.second, row)
    }
    scratch.due = due
  }

  /// Ends one held reservation whose deadline has come.
  mutating func expire(_ number: UInt64) {
    let row = books.reservations[number]
    unindexDeadline(number, row)
    expire(number, row)
  }

  /// The same when it is not among the deadlines any more.
  private mutating func expire(_ number: UInt64, _ held: ReservationRow) {
    precondition(isDue(held), "reservation \(number) is not due at \(held.deadline)")
    var row = held
    freeUnits(of: row)
    #if HOLDFAST_MUTANTS
      if Mutant.creditTwice.isPlanted, number % 3 == 0 { freeUnits(of: row) }
    #endif
    books.header.counters.reservationsExpired += 1
    end(number, &row, as: .expired)
  }

  /// Frees whatever a reservation still has bound.
  mutating func freeUnits(of row: ReservationRow) {
    for at in 0..<Int(row.lineCount) {
      let line = row.line(at, in: books.heap)
      if line.left.isPositive {
        books.promise(.zero - line.left, account: line.account, day: line.day)
      }
    }
  }

  mutating func indexDeadline(_ number: UInt64, _ row: ReservationRow) {
    deadlines.insert(PairKey(UInt64(bitPattern: row.deadline), number))
  }

  mutating func unindexDeadline(_ number: UInt64, _ row: ReservationRow) {
    let key = PairKey(UInt64(bitPattern: row.deadline), number)
    let wasThere = deadlines.remove(key)
    precondition(wasThere, "hold \(number) has no deadline \(row.deadline)")
    unindexBacklog(row, key)
  }

  private mutating func unindexBacklog(_ row: ReservationRow, _ key: PairKey) {
    guard let indexed = backlog.indexed, key <= indexed else { return }
    for at in 0..<Int(row.lineCount) {
      let account = row.line(at, in: books.heap).account
      backlog.byAccount.remove(TripleKey(UInt64(account), key.first, key.second))
    }
  }

  /// Ends the account's next due hold; false when it has none.
  mutating func expireNextDueHold(of account: UInt32) -> Bool {
    guard hasDueHolds else { return false }
    indexBacklog()
    guard let key = backlog.byAccount.first(from: TripleKey(UInt64(account), 0, 0)),
      key.first == UInt64(account)
    else { return false }
    expire(key.third)
    return true
  }

  private mutating func indexBacklog() {
    let now = UInt64(bitPattern: books.header.logTime.milliseconds)
    var from = PairKey(0, 0)
    if let indexed = backlog.indexed { from = PairKey(indexed.first, indexed.second + 1) }
    while let key = deadlines.first(from: from), key.first <= now {
      let row = books.reservations[key.second]
      for at in 0..<Int(row.lineCount) {
        let account = row.line(at, in: books.heap).account
        backlog.byAccount.insert(TripleKey(UInt64(account), key.first, key.second))
      }
      backlog.indexed = key
      from = PairKey(key.first, key.second + 1)
    }
  }
}
