package import Primitives

/// Counters for status and metrics. They are part of the state: equal on all members.
package struct LedgerCounters: Sendable, Equatable {
  package var reservationsMade: UInt64 = 0
  package var reservationsConfirmed: UInt64 = 0
  package var reservationsReleased: UInt64 = 0
  package var reservationsFulfilled: UInt64 = 0
  package var reservationsExpired: UInt64 = 0
  package var linesRefused: UInt64 = 0
  package var requestsRepeated: UInt64 = 0
  package var factsApplied: UInt64 = 0
  package var factsStale: UInt64 = 0
  package var factsQuarantined: UInt64 = 0
  package init() {}
}

/// Sizes for status, metrics and benches.
package struct LedgerSizes: Sendable, Equatable {
  package var liveReservations = 0
  package var liveLines = 0
  package var rememberedRequests = 0
  package var endedRequests = 0
  package var accounts = 0
  package var texts = 0
  package var bytes = 0
  package init() {}
}

/// All terms of one stock account's books (rule R1), in base units.
package struct AccountBooks: Sendable, Equatable {
  package var onHand: Int64 = 0
  package var dated: Int64 = 0
  package var shortfall: Int64 = 0
  package var unpromised: Int64 = 0
  package var promised: Int64 = 0
  package var buffer: Int64 = 0
  package var promisedOnHand: Int64 = 0
  /// The highest sequence or version that the counting source told; 0 without one.
  package var countedVersion: UInt64 = 0
  package var countingSource: [UInt8] = []
  /// The high-water mark of each source that spoke of the account, in order of source.
  package var highWaterMarks: [(source: [UInt8], sequence: UInt64)] = []
  package var keptFacts = 0
  package init() {}

  package static func == (a: AccountBooks, b: AccountBooks) -> Bool {
    a.onHand == b.onHand && a.dated == b.dated && a.shortfall == b.shortfall
      && a.unpromised == b.unpromised && a.promised == b.promised && a.buffer == b.buffer
      && a.promisedOnHand == b.promisedOnHand && a.countedVersion == b.countedVersion
      && a.countingSource == b.countingSource && a.keptFacts == b.keptFacts
      && a.highWaterMarks.elementsEqual(b.highWaterMarks) {
        $0.source == $1.source && $0.sequence == $1.sequence
      }
  }
}

/// What ListReservations may ask for; empty fields match everything.
package struct ReservationFilter: Sendable {
  package var state: ReservationState?
  package var orderID: [UInt8] = []
  package var customer: [UInt8] = []
  package init() {}
}

/// One shard's books: the ledger of a (pool, region). A deterministic, synchronous, total function
/// from (command, log time) to outcome.
package struct ShardLedger: Sendable {
  package let shard: ShardID
  package private(set) var appliedIndex = LogIndex.zero
  package private(set) var appliedTerm = Term.zero
  package private(set) var logTime = LogTime.zero
  package private(set) var catalogVersion: UInt64 = 0
  package private(set) var pool: [UInt8] = []
  package private(set) var region: [UInt8] = []
  package private(set) var counters = LedgerCounters()
  /// Requests older than this are refused (rule Q2).
  package private(set) var requestFloor = LogTime.zero

  package init(shard: ShardID, limits: LedgerLimits = LedgerLimits()) { self.shard = shard }

  package var reservationsMade: UInt64 { counters.reservationsMade }
  /// When the next hold is due; nil when nothing is held.
  package var nextDeadline: LogTime? { nil }
  package var sizes: LedgerSizes { LedgerSizes() }

  /// Ends what is due (rule T3), then applies the commands, and appends one outcome record each.
  package mutating func apply(
    payload: [UInt8], index: LogIndex, term: Term, logTime: LogTime,
    outcomes: inout ByteWriter
  ) { fatalError("not built yet") }

  /// An entry without commands: expiry still runs.
  package mutating func advance(index: LogIndex, term: Term, logTime: LogTime) {
    fatalError("not built yet")
  }

  /// The digest of the logical content; equal on all members at equal index (rule C10).
  package mutating func digest() -> Hash128 { fatalError("not built yet") }
  /// Takes a frozen copy for saving or sending.
  package mutating func snapshot() -> LedgerSnapshot { fatalError("not built yet") }
  /// Walks everything and traps, with numbers, where the books do not balance.
  package func checkInvariants() {}

  /// Appends the reservation record; false when no such reservation is known.
  package func reservation(number: UInt64, into out: inout ByteWriter) -> Bool { false }

  /// Appends reservation records with numbers above `after` in order, at most `limit`; gives the
  /// number of the last one looked at (where the next page starts), or nil when there are no more.
  package func reservations(
    after: UInt64, limit: Int, filter: ReservationFilter, into out: inout ByteWriter
  ) -> (count: Int, last: UInt64?) { (0, nil) }

  /// Appends `u16 n × { short location, short owner, i64 onHand, i64 reserved, i64 atp }` in order
  /// of assignment; false for a SKU that the catalog does not know. Without a day: today.
  package func availability(sku: [UInt8], date: Day?, into out: inout ByteWriter) -> Bool { false }

  /// The books of one account; nil when it has no home here.
  package func position(sku: [UInt8], location: [UInt8], owner: [UInt8]) -> AccountBooks? { nil }
}
