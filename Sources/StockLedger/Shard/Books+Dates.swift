// Supply and promises by day.
//
// A promise is bound to units on hand or to a day: the day by which its supply comes. What counts
// is the whole projection: up to each day, the supply so far less the promises so far. A promise
// lowers the projection from its own day on, so it may take no more than the smallest projection
// from that day to the end; then no earlier promise starves. "On hand" is a day before all days.
//
// Dated supply whose day has come counts by its day, and stays dated until the source reports it
// on hand: the ledger never moves units by the calendar.

extension Books {
  func buckets(of account: AccountRow, into result: inout [DatedBucket]) {
    result.removeAll(keepingCapacity: true)
    appendRows(account.dated, to: &result)
  }

  /// Stores the buckets and their sums; days without supply and promises are dropped.
  mutating func setBuckets(_ buckets: inout [DatedBucket], of account: inout AccountRow) {
    buckets.removeAll { $0.supply == .zero && $0.promised == .zero }
    account.datedSupply = buckets.reduce(.zero) { $0 + $1.supply }
    account.promisedDated = buckets.reduce(.zero) { $0 + $1.promised }
    if buckets.isEmpty {
      freeBlock(account.dated)
      account.dated = 0
    } else {
      account.dated = replaceBlock(account.dated, with: buckets)
    }
  }

  /// ATP: the smallest projected quantity from `day` on, buffer not taken off; `Absent.day` asks
  /// for what can be bound to units on hand. Negative while promises are not covered.
  func promisable(_ account: AccountRow, by day: Int32) -> Quantity {
    let onHand = account.onHand - account.promisedOnHand
    guard account.dated != 0 else { return onHand }
    return unsafe heap.withBytes(account.dated) { bytes in
      var projected = onHand
      var smallest = onHand
      var offset = 0
      while offset < bytes.count {
        let bucket = unsafe bytes.loadUnaligned(fromByteOffset: offset, as: DatedBucket.self)
        projected = projected + bucket.supply - bucket.promised
        // Up to the day itself only the last projection counts; after it, each one.
        smallest = bucket.day <= day ? projected : min(smallest, projected)
        offset += DatedBucket.bytes
      }
      return smallest
    }
  }

  /// The most promised units, over all days, that supply by then does not cover.
  func shortfall(_ account: AccountRow) -> Quantity {
    let onHand = account.onHand - account.promisedOnHand
    guard account.dated != 0 else { return (Quantity.zero - onHand).clamped }
    return unsafe heap.withBytes(account.dated) { bytes in
      var projected = onHand
      var smallest = onHand
      var offset = 0
      while offset < bytes.count {
        let bucket = unsafe bytes.loadUnaligned(fromByteOffset: offset, as: DatedBucket.self)
        projected = projected + bucket.supply - bucket.promised
        smallest = min(smallest, projected)
        offset += DatedBucket.bytes
      }
      return (Quantity.zero - smallest).clamped
    }
  }

  /// Binds (or with a negative quantity frees) units on hand or of a day's bucket.
  mutating func promise(_ quantity: Quantity, account number: UInt32, day: Int32) {
    guard day == Absent.day else { return promiseDated(quantity, number, day: day) }
    let promised = accounts[UInt64(number)].promisedOnHand + quantity
    precondition(!promised.isNegative, "account \(number) promises \(promised.rawValue) on hand")
    accounts[UInt64(number)].promisedOnHand = promised
  }

  private mutating func promiseDated(
    _ quantity: Quantity, _ number: UInt32, day: Int32
  ) {
    var account = accounts[UInt64(number)]
    var all: [DatedBucket] = []
    buckets(of: account, into: &all)
    guard let at = all.firstIndex(where: { $0.day == day }) else {
      preconditionFailure("account \(number) has no bucket for day \(day)")
    }
    all[at].promised += quantity
    precondition(
      !all[at].promised.isNegative,
      "account \(number) promises \(all[at].promised.rawValue) of day \(day)")
    setBuckets(&all, of: &account)
    accounts[UInt64(number)] = account
  }
}

extension [DatedBucket] {
  /// Adds supply to a day; false when it would become negative.
  mutating func addSupply(_ delta: Quantity, day: Int32) -> Bool {
    var at = 0
    while at < count, self[at].day < day { at += 1 }
    if at < count, self[at].day == day {
      guard let sum = self[at].supply.adding(delta), !sum.isNegative else { return false }
      self[at].supply = sum
      return true
    }
    guard !delta.isNegative else { return false }
    insert(DatedBucket(day: day, supply: delta, promised: .zero), at: at)
    return true
  }

  /// Takes units that were shipped though they were not on hand: of what should have come first.
  /// Returns what is left over.
  mutating func takeShipped(_ quantity: Quantity) -> Quantity {
    var left = quantity
    for at in indices where left.isPositive {
      let taken = Swift.min(left, self[at].supply)
      self[at].supply -= taken
      left -= taken
    }
    return left
  }
}
