import Primitives

// Admission: which units a line gets. On hand before inbound, then the pool's order of locations,
// then owner; of one account the earlier day first.

extension ShardState {
  /// Binds units for all lines in `scratch.lines` that may have any; what each got, and why not
  /// more, is in the line. Lines that ask for a location come first, so that a line without a
  /// wish does not take the only units that another one can have.
  mutating func admit(by day: Int32) {
    scratch.assignments.clear()
    if scratch.lines.count == 1 { return take(0, by: day) }
    var wishes = false
    for at in scratch.lines.indices where scratch.lines[at].wish != RequestLine.anyLocation {
      take(at, by: day)
      wishes = true
    }
    for at in scratch.lines.indices where scratch.lines[at].wish == RequestLine.anyLocation {
      take(at, by: day)
    }
    if wishes { sortAssignments() }
  }

  /// Back into the order of the lines; within a line the order of assignment stays.
  private mutating func sortAssignments() {
    let ordered = scratch.assignments.enumerated().sorted {
      ($0.element.line, $0.offset) < ($1.element.line, $1.offset)
    }
    scratch.assignments = ordered.map(\.element)
  }

  private mutating func take(_ at: Int, by day: Int32) {
    guard scratch.lines[at].reason == .none else { return }
    let accounts = accountsInOrder(of: scratch.lines[at].sku)
    takeOnHand(at, accounts)
    if isLacking(at) { takeDated(at, accounts, by: day) }
    if isLacking(at), hasDueHolds { takeFromDueHolds(at, accounts, by: day) }
    if isLacking(at) { scratch.lines[at].reason = shortage(at, accounts, by: day) }
  }

  private func isLacking(_ at: Int) -> Bool {
    scratch.lines[at].reserved < scratch.lines[at].requested
  }

  private mutating func takeOnHand(_ at: Int, _ accounts: AccountList) {
    for place in 0..<accounts.count {
      let number = account(accounts, place)
      guard isWished(number, at) else { continue }
      take(at, number, day: Absent.day)
      if !isLacking(at) { return }
    }
  }

  private mutating func takeDated(_ at: Int, _ accounts: AccountList, by day: Int32) {
    for place in 0..<accounts.count {
      let number = account(accounts, place)
      guard isWished(number, at) else { continue }
      takeDated(at, number, by: day)
      if !isLacking(at) { return }
    }
  }

  private mutating func takeDated(_ at: Int, _ number: UInt32, by day: Int32) {
    let account = books.accounts[UInt64(number)]
    guard account.dated != 0 else { return }
    var days = scratch.buckets
    books.buckets(of: account, into: &days)
    for bucket in days where bucket.day <= day && bucket.supply.isPositive {
      take(at, number, day: bucket.day)
    }
    scratch.buckets = days
  }

  /// Rule T3: ends due holds of an account, in order, as long as that helps.
  private mutating func takeFromDueHolds(_ at: Int, _ accounts: AccountList, by day: Int32) {
    for place in 0..<accounts.count {
      let number = account(accounts, place)
      guard isWished(number, at) else { continue }
      while isLacking(at), expireNextDueHold(of: number) {
        take(at, number, day: Absent.day)
        takeDated(at, number, by: day)
      }
    }
  }

  /// Binds what the account can promise for a day, beside its buffer and up to what is lacking.
  private mutating func take(_ at: Int, _ number: UInt32, day: Int32) {
    if day == Absent.day, takeOnHandInPlace(at, number) { return }
    let account = books.accounts[UInt64(number)]
    let free = books.promisable(account, by: day) - account.buffer
    let lacking = scratch.lines[at].requested - scratch.lines[at].reserved
    let taken = min(lacking, free)
    guard taken.isPositive, bind(taken, at, number, day: day) else { return }
    books.promise(taken, account: number, day: day)
    scratch.lines[at].reserved += taken
  }

  /// The usual case, an account without dated supply, with one look at its row; false when it is
  /// another case, and then nothing has changed.
  private mutating func takeOnHandInPlace(_ at: Int, _ number: UInt32) -> Bool {
    guard scratch.assignments.count < limits.assignmentsMax else { return false }
    let lacking = scratch.lines[at].requested - scratch.lines[at].reserved
    let taken: Quantity?? = books.accounts.update(UInt64(number)) { account in
      guard account.dated == 0 else { return nil }
      let free = account.onHand - account.promisedOnHand - account.buffer
      guard free.isPositive else { return .zero }
      let taken = min(lacking, free)
      account.promisedOnHand += taken
      return taken
    }
    guard case .some(.some(let taken)) = taken else { return false }
    if taken.isPositive {
      let isBound = bind(taken, at, number, day: Absent.day)
      precondition(isBound, "\(scratch.assignments.count) assignments and no room")
      scratch.lines[at].reserved += taken
    }
    return true
  }

  /// Adds to the line's assignment of the same account and day, if there is one; false when there
  /// are too many.
  private mutating func bind(
    _ units: Quantity, _ at: Int, _ number: UInt32, day: Int32
  ) -> Bool {
    var place = scratch.assignments.count - 1
    while place >= 0, scratch.assignments[place].line == at {
      if scratch.assignments[place].account == number, scratch.assignments[place].day == day {
        scratch.assignments[place].quantity += units
        return true
      }
      place -= 1
    }
    guard scratch.assignments.count < limits.assignmentsMax else { return false }
    scratch.assignments.append(
      Assignment(line: at, account: number, day: day, quantity: units))
    return true
  }

  private func shortage(_ at: Int, _ accounts: AccountList, by day: Int32) -> LineReason {
    var protected = Quantity.zero
    for place in 0..<accounts.count {
      let number = account(accounts, place)
      guard isWished(number, at) else { continue }
      let left = books.promisable(books.accounts[UInt64(number)], by: day).clamped
      protected = protected.adding(left) ?? .limit
    }
    let lacking = scratch.lines[at].requested - scratch.lines[at].reserved
    return protected >= lacking ? .bufferProtected : .insufficientSupply
  }

  private func isWished(_ number: UInt32, _ at: Int) -> Bool {
    let wish = scratch.lines[at].wish
    return wish == RequestLine.anyLocation || books.accounts[UInt64(number)].location == wish
  }
}
