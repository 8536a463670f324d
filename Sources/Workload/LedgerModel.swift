// A ledger so dumb that it is right by reading it: no index, no counter, no cache. What is promised
// is added up from the reservations each time that somebody asks.

package struct LedgerModel: Sendable {
  package struct Account: Sendable {
    package var name: AccountName
    package var onHand: Int64
    package var buffer: Int64
  }

  package struct Line: Sendable {
    package var account: Int
    package var reserved: Int64
    package var fulfilled: Int64 = 0
    package var released: Int64 = 0
    var left: Int64 { reserved - fulfilled - released }
  }

  package struct Reservation: Sendable {
    package var requestID: String
    package var orderID: String
    package var state: ObservedState
    package var deadline: Int64
    package var lines: [Line]
  }

  package enum Fill: Sendable { case allOrNothing, partial }

  /// In the pool's order of assignment.
  package private(set) var accounts: [Account] = []
  package private(set) var reservations: [Reservation] = []

  package init() {}

  package mutating func addAccount(_ name: AccountName, onHand: Int64, buffer: Int64 = 0) {
    accounts.append(Account(name: name, onHand: onHand, buffer: buffer))
  }

  package mutating func adjust(_ account: Int, by delta: Int64) {
    accounts[account].onHand = max(0, accounts[account].onHand + delta)
  }

  package func promised(_ account: Int) -> Int64 {
    reservations.reduce(0) { sum, reservation in
      guard reservation.state.isLive else { return sum }
      return sum + reservation.lines.reduce(0) { $1.account == account ? $0 + $1.left : $0 }
    }
  }

  package func available(_ account: Int) -> Int64 {
    max(0, accounts[account].onHand - promised(account) - accounts[account].buffer)
  }

  /// The reservation's number, or nothing when nothing is reserved. A request id acts once.
  package mutating func reserve(
    requestID: String, orderID: String, lines: [SKUUnits], fill: Fill, deadline: Int64,
    where isEligible: (AccountName) -> Bool = { _ in true }
  ) -> Int? {
    if let earlier = reservations.firstIndex(where: { $0.requestID == requestID }) {
      return earlier
    }
    var taken: [Line] = []
    for line in merged(lines) {
      var missing = line.quantity
      for account in accounts.indices
      where accounts[account].name.sku == line.sku && isEligible(accounts[account].name) {
        let units = min(missing, available(account))
        guard units > 0 else { continue }
        taken.append(Line(account: account, reserved: units))
        missing -= units
      }
      if missing > 0 && fill == .allOrNothing { return nil }
    }
    guard !taken.isEmpty else { return nil }
    reservations.append(
      Reservation(
        requestID: requestID, orderID: orderID, state: .held, deadline: deadline, lines: taken))
    return reservations.count - 1
  }

  package mutating func confirm(_ number: Int) -> Bool {
    guard reservations[number].state == .held else { return false }
    reservations[number].state = .confirmed
    return true
  }

  /// Takes units back, line by line in order; without lines, all that is left.
  package mutating func release(_ number: Int, _ lines: [SKUUnits]) -> Bool {
    guard reservations[number].state.isLive else { return false }
    take(number, lines) { $0.released += $1 }
    if reservations[number].lines.allSatisfy({ $0.left == 0 }) {
      reservations[number].state = .released
    }
    return true
  }

  /// Ships units: they leave the books and the building.
  package mutating func fulfill(_ number: Int, _ lines: [SKUUnits]) -> Bool {
    let state = reservations[number].state
    guard state == .confirmed || state == .partiallyFulfilled else { return false }
    let before = reservations[number].lines.map(\.fulfilled)
    take(number, lines) { $0.fulfilled += $1 }
    for (index, line) in reservations[number].lines.enumerated() {
      accounts[line.account].onHand -= line.fulfilled - before[index]
    }
    let isOver = reservations[number].lines.allSatisfy { $0.left == 0 }
    reservations[number].state = isOver ? .fulfilled : .partiallyFulfilled
    return true
  }

  /// Ends the holds that are due.
  package mutating func expire(at time: Int64) {
    for number in reservations.indices
    where reservations[number].state == .held && reservations[number].deadline <= time {
      reservations[number].state = .expired
    }
  }

  private mutating func take(
    _ number: Int, _ lines: [SKUUnits], _ book: (inout Line, Int64) -> Void
  ) {
    let wanted =
      lines.isEmpty
      ? reservations[number].lines.map {
        SKUUnits(sku: accounts[$0.account].name.sku, quantity: $0.left)
      } : merged(lines)
    for line in wanted {
      var missing = line.quantity
      for index in reservations[number].lines.indices {
        let held = reservations[number].lines[index]
        guard accounts[held.account].name.sku == line.sku else { continue }
        let units = min(missing, held.left)
        book(&reservations[number].lines[index], units)
        missing -= units
      }
    }
  }

  private func merged(_ lines: [SKUUnits]) -> [SKUUnits] {
    var merged: [SKUUnits] = []
    for line in lines {
      if let index = merged.firstIndex(where: { $0.sku == line.sku }) {
        merged[index].quantity += line.quantity
      } else {
        merged.append(line)
      }
    }
    return merged
  }
}
