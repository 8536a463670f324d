import Primitives

/// What a `ShardLedger` is made of: the commands are its extensions.
///
/// `books` is the state; everything beside it is derived from it, or scratch space that is kept so
/// that a command allocates nothing.
struct ShardState: Sendable {
  let limits: LedgerLimits
  var books: Books

  /// SKU, location and account numbers by text ids.
  var skuOfText = PagedTable<UInt32>()
  var locationOfText = PagedTable<UInt32>()
  var accountOfTexts = HashIndex<Hash128, UInt32>(seed: 1)
  var names = AccountNames()
  /// Raised when the order of assignment may have changed.
  var catalogOrder: UInt32 = 1

  var requests = RequestIndex()
  /// Held reservations by (deadline, number).
  var deadlines = OrderedIndex<PairKey>()
  var backlog = DueBacklog()
  var liveReservations = 0
  var liveLines = 0

  var recentSkus = RecentTexts(nothing: UsualSku())

  var scratch = Scratch()

  init(shard: ShardID, limits: LedgerLimits) {
    self.limits = limits
    books = Books(shard: shard, limits: limits)
  }

  var shard: ShardID { books.header.shard }
  var rules: RulesVersion { books.header.rules }
  var appliedIndex: LogIndex { books.header.appliedIndex }
  var appliedTerm: Term { books.header.appliedTerm }
  var logTime: LogTime { books.header.logTime }
  var catalogVersion: UInt64 { books.header.catalogVersion }
  /// Learned from the catalog; empty before.
  var pool: [UInt8] { books.header.pool }
  var region: [UInt8] { books.header.region }
  var counters: LedgerCounters { books.header.counters }
  var reservationsMade: UInt64 { books.header.counters.reservationsMade }
  /// Requests that were sent before this are refused; zero while nothing was forgotten (rule Q2).
  var requestFloor: LogTime {
    LogTime(milliseconds: max(0, books.header.requestFloor))
  }
  /// When the next hold is due; nil when nothing is held.
  var nextDeadline: LogTime? {
    deadlines.first.map { LogTime(milliseconds: Int64(bitPattern: $0.first)) }
  }

  /// Ends what is due (rule T3), then applies the commands, and appends one outcome record each.
  ///
  /// The payload was written by `CommandWriter` and came through checksummed storage: bytes that
  /// are no command records are a bug, and trap.
  mutating func apply(
    payload: [UInt8], index: LogIndex, term: Term, logTime: LogTime,
    outcomes: inout ByteWriter
  ) {
    begin(index: index, term: term, logTime: logTime)
    unsafe payload.withUnsafeBytes { bytes in
      var reader = unsafe CommandReader(bytes)
      while let record = reader.next() {
        apply(record, into: &outcomes)
        if limits.checksEachCommand { checkInvariants() }
      }
      precondition(reader.isValid, "entry \(index.rawValue) is malformed")
    }
    backlog.endOfEntry(isDue: hasDueHolds)
  }

  /// An entry without commands: expiry still runs.
  mutating func advance(index: LogIndex, term: Term, logTime: LogTime) {
    begin(index: index, term: term, logTime: logTime)
    if limits.checksEachCommand { checkInvariants() }
    backlog.endOfEntry(isDue: hasDueHolds)
  }

  private mutating func begin(index: LogIndex, term: Term, logTime: LogTime) {
    precondition(
      index > books.header.appliedIndex,
      "entry \(index.rawValue) after \(books.header.appliedIndex.rawValue)")
    books.header.appliedIndex = index
    books.header.appliedTerm = term
    books.header.logTime = max(books.header.logTime, logTime)
    expireDueHolds()
  }

  /// Never lowers it. Its owner gives no entry to a build that does not know the version.
  private mutating func raiseRules(_ version: RulesVersion, into out: inout ByteWriter) {
    precondition(
      version <= limits.rulesMax,
      "the entry raises the rules to version \(version.rawValue), and this build knows "
        + "\(limits.rulesMax.rawValue)")
    books.header.rules = max(books.header.rules, version)
    OutcomeWriter.end(
      OutcomeWriter.begin(CommandKind.raiseRules.rawValue, into: &out), into: &out)
  }

  private mutating func apply(_ record: CommandRecord, into out: inout ByteWriter) {
    var body = unsafe ByteReader(record.body)
    switch CommandKind(rawValue: record.kind) {
    case .reserve: reserve(record, &body, into: &out)
    case .confirm: confirm(record, &body, into: &out)
    case .extend: extend(record, &body, into: &out)
    case .release: release(record, &body, into: &out)
    case .fulfill: fulfill(record, &body, into: &out)
    case .adjustSupply: adjustSupply(record, &body, into: &out)
    case .syncSupply: syncSupply(record, &body, into: &out)
    case .catalogUpdate: updateCatalog(&body, into: &out)
    case .pulse: OutcomeWriter.end(OutcomeWriter.begin(record.kind, into: &out), into: &out)
    case .raiseRules: raiseRules(RulesVersion(rawValue: body.get()), into: &out)
    case .putSku, .putLocation, .putPool, .putAccount, .putNode, .dropNode, nil:
      OutcomeWriter.refuse(record.kind, .wrongShard, into: &out)
    }
  }
}
