package import Primitives

/// The books of the meta group: the catalog with a version per item, the map from account to
/// shard, and the topology. Like `ShardLedger` a deterministic, synchronous, total function.
package struct MetaLedger: Sendable {
  let limits: LedgerLimits
  var books = MetaBooks()

  // Derived from `books`: the version of each item by its name.
  var skuVersions = NameIndex<UInt64>()
  var locationVersions = NameIndex<UInt64>()
  var poolVersions = NameIndex<UInt64>()
  var accountVersions = NameIndex<UInt64>()
  var nodeVersions = NameIndex<UInt64>()
  /// The pool that a location is assigned to.
  var poolOfLocation = NameIndex<[UInt8]>()
  /// How many accounts rest on a location.
  var accountsAt = NameIndex<Int>()
  var texts: TextTable
  var requests = HashIndex<Hash128, UInt64>(seed: 3)

  package init(limits: LedgerLimits = LedgerLimits()) {
    self.limits = limits
    texts = TextTable(limit: UInt32(limits.internedTextsMax / 2))
  }

  package var appliedIndex: LogIndex { books.header.appliedIndex }
  package var appliedTerm: Term { books.header.appliedTerm }
  package var logTime: LogTime { books.header.logTime }
  /// Grows by one with each change of an item.
  package var catalogVersion: UInt64 { books.header.catalogVersion }
  /// In order of id.
  package var shards: [ShardDescriptor] { books.header.shards }
  /// Requests that were sent before this are refused; zero while nothing was forgotten.
  package var requestFloor: LogTime {
    LogTime(milliseconds: max(0, books.header.requestFloor))
  }
  /// In order of id.
  package var nodes: [NodeItem] {
    nodeVersions.after([], limit: nodeVersions.count).map {
      books.read($0.value, NodeItem.init(from:version:))
    }
  }

  /// Applies the commands of one entry and appends one outcome record each.
  package mutating func apply(
    payload: [UInt8], index: LogIndex, term: Term, logTime: LogTime,
    outcomes: inout ByteWriter
  ) {
    advance(index: index, term: term, logTime: logTime)
    unsafe payload.withUnsafeBytes { bytes in
      var reader = unsafe CommandReader(bytes)
      while let record = reader.next() {
        apply(record, into: &outcomes)
        if limits.checksEachCommand { checkInvariants() }
      }
      precondition(reader.isValid, "entry \(index.rawValue) is malformed")
    }
  }

  /// An entry without commands.
  package mutating func advance(index: LogIndex, term: Term, logTime: LogTime) {
    precondition(
      index > books.header.appliedIndex,
      "entry \(index.rawValue) after \(books.header.appliedIndex.rawValue)")
    books.header.appliedIndex = index
    books.header.appliedTerm = term
    books.header.logTime = max(books.header.logTime, logTime)
  }

  private mutating func apply(_ record: CommandRecord, into out: inout ByteWriter) {
    let kind = CommandKind(rawValue: record.kind)
    if kind == .pulse {
      return OutcomeWriter.end(OutcomeWriter.begin(record.kind, into: &out), into: &out)
    }
    guard let kind, kind.isMeta else {
      return OutcomeWriter.refuse(record.kind, .wrongShard, into: &out)
    }
    let body = unsafe [UInt8](record.body)
    guard isAllowed(kind, body) else {
      return OutcomeWriter.refuse(record.kind, .invalidArgument, into: &out)
    }
    switch standing(of: record, kind) {
    case .refused(let refusal): OutcomeWriter.refuse(record.kind, refusal, into: &out)
    case .repeated(let place): answer(record.kind, books.ended[place].version, into: &out)
    case .new(let identity): put(kind, body, identity, into: &out)
    }
  }

  private mutating func put(
    _ kind: CommandKind, _ body: [UInt8], _ identity: RequestIdentity?,
    into out: inout ByteWriter
  ) {
    let before = catalogVersion
    let refusal = putItem(kind, body)
    guard refusal == .none else {
      return OutcomeWriter.refuse(kind.rawValue, refusal, into: &out)
    }
    if catalogVersion != before, let identity { remember(identity) }
    answer(kind.rawValue, catalogVersion, into: &out)
  }

  private func answer(_ kind: UInt8, _ version: UInt64, into out: inout ByteWriter) {
    let mark = OutcomeWriter.begin(kind, into: &out)
    out.put(version)
    OutcomeWriter.end(mark, into: &out)
  }
}
