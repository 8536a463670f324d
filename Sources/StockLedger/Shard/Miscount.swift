import Primitives

// A ledger that is wrong, for tests and for the simulator: what bad memory or a defect of the
// processor would make of it. Nothing that a node hears, reads or is configured with leads here.

extension ShardLedger {
  /// Another number of units on hand in one account. The books still balance, so that only members
  /// that compare can find it. False while there is no account.
  package mutating func miscount(pick: UInt64) -> Bool {
    change { $0.miscount(pick) }
  }
}

extension ShardState {
  /// The highest bit that is turned; so few units that later commands stay within their limits.
  private static var bitMax: UInt64 { 6 }

  fileprivate mutating func miscount(_ pick: UInt64) -> Bool {
    guard books.header.lastAccount > 0 else { return false }
    let account = 1 + pick % UInt64(books.header.lastAccount)
    let bit = (pick >> 32) % (Self.bitMax + 1)
    return books.accounts.update(account) {
      $0.onHand = Quantity($0.onHand.rawValue ^ (1 << Int64(bit)))
    } != nil
  }
}
