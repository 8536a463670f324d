/// Every bound of the ledger, with the reason beside it. Replicas of one shard must agree on them,
/// so they are constants of the rules' version, changed in tests only.
package struct LedgerLimits: Sendable, Equatable {
  /// SKU, location, owner, order id, customer, channel, source, reference.
  package var textBytesMax = 64
  /// The longest order in the real data has 705 lines.
  package var linesMax = 2_000
  /// Units of one order bound to different accounts and days: a record of the heap holds so many.
  package var assignmentsMax = 4_096
  package var quantityMax: Int64 = 1_000_000_000_000
  package var ttlMinMilliseconds: Int64 = 1_000
  package var ttlMaxMilliseconds: Int64 = 30 * 86_400_000
  /// A request stamped further ahead than this is refused (rule Q2).
  package var futureToleranceMilliseconds: Int64 = 5 * 60_000
  package var dedupeHorizonMilliseconds: Int64 = 24 * 3_600_000
  /// Reservations in all, live or ended and still known in full.
  var reservationsMax = 64 << 20
  /// Ended reservations that are still known in full: their lines, and REACQUIRE after expiry.
  var endedReservationsKept = 1 << 20
  /// Remembered ids whose reservation has ended or that never had one.
  package var endedRequestsMax = 16 << 20
  /// Holds ended at the start of one entry, so that an entry has a bounded cost (rule T3): a thousand
  /// take some two milliseconds, and four where nothing of them is in the processor's caches.
  package var expiriesPerEntryMax = LimitByRules(first: 2_500, second: 1_000)
  /// The newest version of the rules that this build knows; a rolling upgrade's older one knows less.
  package var rulesMax = RulesVersion.newest
  package var horizonDays: Int32 = 180
  /// Supply facts that an account keeps until a count covers them (rule S2).
  package var factsPerAccountMax = 1_000
  package var factsKeptMilliseconds: Int64 = 7 * 86_400_000
  /// The catalog may have half of them, and clients make new ones only in the first half.
  package var internedTextsMax = 4 << 20
  /// Days with dated supply or promises of one account.
  package var datedDaysMax = 400
  /// Rows of one SyncSupply: what fits into a message of 4 MiB.
  package var syncRowsMax = 65_536
  package var inboundPerRowMax = 180
  package var unitsPerSkuMax = 64
  package var regionsPerPoolMax = 64
  package var locationsPerPoolMax = 1_024
  /// Invariants are checked after each command; for tests and simulation.
  package var checksEachCommand = false

  package init() {}
}
