/// Why a line got less than it asked for, in the order in which the ledger looks: the first that
/// applies is the answer.
package enum LineReason: UInt8, Sendable, CaseIterable {
  /// The line was served in full.
  case none = 0
  /// The catalog of this shard has no such SKU, or it is not active.
  case unknownSku = 1
  /// The SKU has no such unit.
  case unknownUnit = 2
  /// The pool has no such location in this region.
  case unknownLocation = 3
  /// The units are there, but only within the account's buffer.
  case bufferProtected = 4
  /// There are not so many unpromised units by the day that was asked for.
  case insufficientSupply = 5
}

/// Why a whole call was refused, in order of precedence: the first that applies is the answer.
/// Nothing was changed by a refused call.
package enum CallRefusal: UInt16, Sendable, CaseIterable {
  case none = 0

  // What the record itself says.
  /// A command of the catalog in a shard's log, or the other way round.
  case wrongShard = 1
  /// A quantity, length of life, day, count of lines or text outside of its limit.
  case invalidArgument = 2
  /// A quantity in base units would pass 2^62.
  case quantityOverflow = 3

  // Who asks again (rules Q1, Q2).
  /// The id is remembered with another body.
  case requestIDReused = 10
  /// Its id or `first_sent_at` is older than the request floor: it may have acted already.
  case requestTooOld = 11
  /// Its id or `first_sent_at` is more than five minutes ahead of log time: `INVALID_ARGUMENT`.
  case requestFromTheFuture = 12

  // What it speaks of.
  /// The shard has not yet received its pool from the catalog.
  case catalogMissing = 20
  case unknownPool = 21
  case unknownRegion = 22
  case unknownReservation = 23
  case unknownSku = 24
  case unknownLocation = 25
  /// The stock account has no home here (rule S4).
  case unknownAccount = 26
  /// A line of Release or Fulfill names a SKU that the reservation does not have.
  case unknownLine = 27

  // Whether it fits the state.
  /// The reservation is in a state that does not allow this; the record carries the state.
  case wrongState = 40
  /// Confirm came after the deadline and did not ask to take the lines again.
  case holdExpired = 41
  /// Release or Fulfill of more units than are left on the lines of that SKU.
  case quantityExceedsLine = 42
  /// The account, location or pool already has its home elsewhere (rule S4).
  case secondHome = 43
  /// The change would take away something that accounts or shards rest on: a pool's region, a
  /// location with accounts, the base unit of a known SKU.
  case inUse = 44

  // Whether there is room.
  /// A table of the ledger is at its limit (`LedgerLimits`).
  case ledgerFull = 60
}
