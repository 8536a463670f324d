// What the clients of a run sent and what they were told, in the order in which one thread saw it.
// While it is written it keeps, for each account, the units that are certainly promised at that
// moment: answered, and no release of them sent. More than was ever supplied is an oversell that
// no later answer can explain away.

/// A stock account by its name.
package struct AccountName: Hashable, Sendable {
  package var sku: String
  package var location: String
  package var owner: String

  package init(sku: String, location: String, owner: String) {
    self.sku = sku
    self.location = location
    self.owner = owner
  }
}

/// Units of one account.
package struct UnitClaim: Hashable, Sendable {
  package var account: Int
  package var quantity: Int64

  package init(account: Int, quantity: Int64) {
    self.account = account
    self.quantity = quantity
  }
}

/// Units of one SKU, wherever they lie.
package struct SKUUnits: Hashable, Sendable {
  package var sku: String
  package var quantity: Int64

  package init(sku: String, quantity: Int64) {
    self.sku = sku
    self.quantity = quantity
  }
}

/// How far a call came. *Unknown* is no failure: it may have acted or not (trap 40).
package enum CallState: Hashable, Sendable {
  case unsent
  case sent
  case answered
  case refused(String)
  case unknown
}

/// An order as its client knows it.
package struct PlayedOrder: Sendable {
  package let orderID: String
  package let region: Int
  package let asked: [SKUUnits]
  package internal(set) var reserve = CallState.sent
  package internal(set) var confirm = CallState.unsent
  /// The reservation's name; empty when nothing was reserved.
  package internal(set) var name = ""
  package internal(set) var claims: [UnitClaim] = []
  /// What is certainly still promised.
  package internal(set) var certain: [UnitClaim] = []
}

/// A release as its client knows it.
package struct PlayedRelease: Sendable {
  package let order: Int
  package let lines: [SKUUnits]
  package internal(set) var state = CallState.sent
  var certainBefore: [UnitClaim]
}

package struct History: Sendable {
  /// The books that the clients' own knowledge gives for one account.
  package struct Account: Sendable {
    package let name: AccountName
    package internal(set) var suppliedAtLeast: Int64 = 0
    package internal(set) var suppliedAtMost: Int64 = 0
    package internal(set) var certain: Int64 = 0
    /// The largest number of units that were ever certainly promised beyond the supply.
    package internal(set) var oversold: Int64 = 0
  }

  package private(set) var accounts: [Account] = []
  package private(set) var orders: [PlayedOrder] = []
  package private(set) var releases: [PlayedRelease] = []
  private var accountIndex: [AccountName: Int] = [:]

  package init() {}

  package mutating func account(_ name: AccountName) -> Int {
    if let index = accountIndex[name] { return index }
    accountIndex[name] = accounts.count
    accounts.append(Account(name: name))
    return accounts.count - 1
  }

  // MARK: Supply

  package mutating func supplySent(_ account: Int, units: Int64) {
    accounts[account].suppliedAtMost += units
  }

  package mutating func supplyAnswered(_ account: Int, units: Int64) {
    accounts[account].suppliedAtLeast += units
  }

  /// Certainly not applied.
  package mutating func supplyRefused(_ account: Int, units: Int64) {
    accounts[account].suppliedAtMost -= units
  }

  // MARK: Orders

  package mutating func reserveSent(orderID: String, region: Int, asked: [SKUUnits]) -> Int {
    orders.append(PlayedOrder(orderID: orderID, region: region, asked: asked))
    return orders.count - 1
  }

  /// An answer without a reservation has an empty name.
  package mutating func reserveAnswered(_ order: Int, name: String, claims: [UnitClaim]) {
    orders[order].reserve = .answered
    orders[order].name = name
    orders[order].claims = claims
    setCertain(order, claims)
  }

  package mutating func reserveRefused(_ order: Int, reason: String) {
    orders[order].reserve = .refused(reason)
  }

  package mutating func reserveUnknown(_ order: Int) { orders[order].reserve = .unknown }

  package mutating func confirmSent(_ order: Int) { orders[order].confirm = .sent }

  package mutating func confirmAnswered(_ order: Int) { orders[order].confirm = .answered }

  package mutating func confirmRefused(_ order: Int, reason: String) {
    orders[order].confirm = .refused(reason)
    setCertain(order, [])
  }

  /// The hold may end by its deadline from now on, so nothing of it is certain.
  package mutating func confirmUnknown(_ order: Int) {
    orders[order].confirm = .unknown
    setCertain(order, [])
  }

  // MARK: Releases

  package mutating func releaseSent(_ order: Int, lines: [SKUUnits]) -> Int {
    let before = orders[order].certain
    releases.append(PlayedRelease(order: order, lines: lines, certainBefore: before))
    setCertain(
      order,
      before.map { claim in
        // Which account a release takes from is the server's choice: doubt all of them.
        let sku = accounts[claim.account].name.sku
        let released = lines.reduce(0) { $1.sku == sku ? $0 + $1.quantity : $0 }
        return UnitClaim(account: claim.account, quantity: max(0, claim.quantity - released))
      })
    return releases.count - 1
  }

  /// `left` is what the answer says is still promised.
  package mutating func releaseAnswered(_ release: Int, left: [UnitClaim]) {
    releases[release].state = .answered
    let order = releases[release].order
    if case .unknown = orders[order].confirm { return }
    setCertain(order, left)
  }

  package mutating func releaseRefused(_ release: Int, reason: String) {
    releases[release].state = .refused(reason)
    setCertain(releases[release].order, releases[release].certainBefore)
  }

  package mutating func releaseUnknown(_ release: Int) { releases[release].state = .unknown }

  private mutating func setCertain(_ order: Int, _ claims: [UnitClaim]) {
    for claim in orders[order].certain { accounts[claim.account].certain -= claim.quantity }
    orders[order].certain = claims
    for claim in claims {
      accounts[claim.account].certain += claim.quantity
      let excess = accounts[claim.account].certain - accounts[claim.account].suppliedAtMost
      accounts[claim.account].oversold = max(accounts[claim.account].oversold, excess)
    }
  }
}

extension History {
  /// Calls that ended without an answer.
  package var unknownOutcomes: Int {
    orders.reduce(0) { $0 + ($1.reserve == .unknown ? 1 : 0) + ($1.confirm == .unknown ? 1 : 0) }
      + releases.reduce(0) { $0 + ($1.state == .unknown ? 1 : 0) }
  }

  package var askedUnits: Int64 {
    orders.reduce(0) { $0 + $1.asked.reduce(0) { $0 + $1.quantity } }
  }

  package var reservedUnits: Int64 {
    orders.reduce(0) { $0 + $1.claims.reduce(0) { $0 + $1.quantity } }
  }

  /// Units of answered orders that were not reserved.
  package var refusedUnits: Int64 {
    orders.reduce(0) { sum, order in
      switch order.reserve {
      case .answered, .refused:
        sum + order.asked.reduce(0) { $0 + $1.quantity }
          - order.claims.reduce(0) { $0 + $1.quantity }
      case .unsent, .sent, .unknown: sum
      }
    }
  }
}
