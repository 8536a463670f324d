package import Primitives

/// One shard's books: the ledger of a (pool, region). A deterministic, synchronous, total function
/// from (command, log time) to outcome.
///
/// A value of one word. Its state has some 2 KiB and fifty references; keeping it behind one of
/// them lets owners hold, move and read ledgers in optionals and arrays without copying all that.
/// Copies share the state until one of them changes.
package struct ShardLedger: Sendable {
  /// Unchecked, because it is written only by an owner who has just made its reference unique.
  private final class Box: @unchecked Sendable {
    var state: ShardState
    init(_ state: ShardState) { self.state = state }
  }

  private var box: Box

  package init(shard: ShardID, limits: LedgerLimits = LedgerLimits()) {
    self.init(ShardState(shard: shard, limits: limits))
  }

  init(_ state: ShardState) { box = Box(state) }

  /// Reads the state in place: by `inout`, because passing it on as a value would copy it.
  @inline(__always)
  private func read<R>(_ body: (inout ShardState) -> R) -> R { body(&box.state) }

  @inline(__always)
  mutating func change<R>(_ body: (inout ShardState) -> R) -> R {
    if !isKnownUniquelyReferenced(&box) { box = Box(box.state) }
    return body(&box.state)
  }
}

// Changing.
extension ShardLedger {
  /// Ends what is due (rule T3), then applies the commands, and appends one outcome record each.
  ///
  /// The payload was written by `CommandWriter` and came through checksummed storage: bytes that
  /// are no command records are a bug, and trap.
  package mutating func apply(
    payload: [UInt8], index: LogIndex, term: Term, logTime: LogTime,
    outcomes: inout ByteWriter
  ) {
    change {
      $0.apply(
        payload: payload, index: index, term: term, logTime: logTime, outcomes: &outcomes)
    }
  }

  /// An entry without commands: expiry still runs.
  package mutating func advance(index: LogIndex, term: Term, logTime: LogTime) {
    change { $0.advance(index: index, term: term, logTime: logTime) }
  }

  /// The digest of the logical content; equal on all members at equal index (rule C10).
  package mutating func digest() -> Hash128 { change { $0.digest() } }

  /// Begins the same on a frozen copy, to be worked out in steps.
  package func startDigest() -> DigestWork { read { DigestWork(of: $0.books) } }

  /// Keeps what was hashed for the next digest.
  package mutating func adoptHashes(of work: DigestWork) {
    change { $0.books.adoptHashes(of: work.books) }
  }

  /// Takes a frozen copy for saving or sending.
  package func snapshot() -> LedgerSnapshot { read { $0.snapshot() } }
}

// Reading.
extension ShardLedger {
  var limits: LedgerLimits { read { $0.limits } }
  package var shard: ShardID { read { $0.shard } }
  package var rules: RulesVersion { read { $0.rules } }
  package var appliedIndex: LogIndex { read { $0.appliedIndex } }
  package var appliedTerm: Term { read { $0.appliedTerm } }
  package var logTime: LogTime { read { $0.logTime } }
  package var catalogVersion: UInt64 { read { $0.catalogVersion } }
  /// Learned from the catalog; empty before.
  package var pool: [UInt8] { read { $0.pool } }
  package var region: [UInt8] { read { $0.region } }
  package var counters: LedgerCounters { read { $0.counters } }
  package var reservationsMade: UInt64 { read { $0.reservationsMade } }
  /// Requests that were sent before this are refused; zero while nothing was forgotten (rule Q2).
  package var requestFloor: LogTime { read { $0.requestFloor } }
  /// When the next hold is due; nil when nothing is held.
  package var nextDeadline: LogTime? { read { $0.nextDeadline } }
  package var sizes: LedgerSizes { read { $0.sizes } }

  /// Walks everything and traps, with numbers, where the books do not balance.
  package func checkInvariants() { read { $0.checkInvariants() } }

  /// Appends the reservation record; false when no such reservation is known (any more).
  package func reservation(number: UInt64, into out: inout ByteWriter) -> Bool {
    read { $0.reservation(number: number, into: &out) }
  }

  /// Appends reservation records with numbers above `after`, in order, at most `limit`. Looks at
  /// a bounded number of reservations; `last` is where the next page starts after, or nil when
  /// there are no more.
  package func reservations(
    after: UInt64, limit: Int, filter: ReservationFilter, into out: inout ByteWriter
  ) -> (count: Int, last: UInt64?) {
    read { $0.reservations(after: after, limit: limit, filter: filter, into: &out) }
  }

  /// Appends `u16 n × { short location, short owner, i64 onHand, i64 reserved, i64 atp }`, in order
  /// of assignment; false for a SKU that the catalog does not know. `atp` is what a reserve with
  /// `date` as its `required_by` would get; without a date today's.
  package func availability(
    sku: UnsafeRawBufferPointer, date: Day?, into out: inout ByteWriter
  ) -> Bool {
    read { unsafe $0.availability(sku: sku, date: date, into: &out) }
  }

  /// The books of one account; nil when it has no home here.
  package func position(sku: [UInt8], location: [UInt8], owner: [UInt8]) -> AccountBooks? {
    read { $0.position(sku: sku, location: location, owner: owner) }
  }
}
