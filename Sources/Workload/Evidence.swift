// What the servers say at the end of a run, and what the judge makes of it.

package enum ObservedState: Hashable, Sendable {
  case held, confirmed, partiallyFulfilled, fulfilled, released, expired

  /// Unreleased, unshipped units of such a reservation are promised.
  package var isLive: Bool { self == .held || self == .confirmed || self == .partiallyFulfilled }
}

/// A reservation as a server shows it.
package struct ObservedReservation: Sendable {
  package struct Line: Hashable, Sendable {
    package var account: Int
    package var reserved: Int64
    package var fulfilled: Int64
    package var released: Int64

    package init(account: Int, reserved: Int64, fulfilled: Int64 = 0, released: Int64 = 0) {
      self.account = account
      self.reserved = reserved
      self.fulfilled = fulfilled
      self.released = released
    }
  }

  package var name: String
  package var orderID: String
  package var state: ObservedState
  package var lines: [Line]

  package init(name: String, orderID: String, state: ObservedState, lines: [Line]) {
    self.name = name
    self.orderID = orderID
    self.state = state
    self.lines = lines
  }
}

/// An account's books as a server shows them (rule R1).
package struct ObservedBooks: Hashable, Sendable {
  package var onHand: Int64 = 0
  package var inbound: Int64 = 0
  package var shortfall: Int64 = 0
  package var unpromised: Int64 = 0
  package var promised: Int64 = 0
  package var grantedOut: Int64 = 0
  package var writtenOff: Int64 = 0

  package init() {}

  var balance: Int64 {
    onHand + inbound + shortfall - unpromised - promised - grantedOut - writtenOff
  }

  var hasNegative: Bool {
    min(onHand, inbound, shortfall, unpromised, min(promised, grantedOut, writtenOff)) < 0
  }
}

/// What the servers answered at the end.
package struct Evidence: Sendable {
  package enum Lookup: Sendable {
    case notAsked
    case missing
    case unreadable
    case found(ObservedReservation)
  }

  /// GetReservation of each order in the history, by the order's number.
  package var lookups: [Lookup]
  /// All that the shards list.
  package var listed: [ObservedReservation]
  /// The books of each account in the history; nothing where there was no answer.
  package var books: [ObservedBooks?]

  package init(lookups: [Lookup], listed: [ObservedReservation], books: [ObservedBooks?]) {
    self.lookups = lookups
    self.listed = listed
    self.books = books
  }
}

/// One thing that is wrong.
package struct Finding: Hashable, Sendable {
  package var subject: String
  package var reason: String
}

package struct Verdict: Sendable {
  package var oversoldUnits: Int64 = 0
  package var oversold: [Finding] = []
  package var lost: [Finding] = []
  package var duplicates: [Finding] = []
  package var conservation: [Finding] = []
  /// What could not be read in the end, so that the audit is incomplete.
  package var unreadable: [Finding] = []

  package var holds: Bool {
    oversoldUnits == 0 && oversold.isEmpty && lost.isEmpty && duplicates.isEmpty
      && conservation.isEmpty && unreadable.isEmpty
  }
}
