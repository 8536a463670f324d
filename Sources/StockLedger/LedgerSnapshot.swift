package import Primitives

/// A frozen state of one ledger. It shares pages with the live one, copy on write, so taking it is
/// cheap; the canonical form streams out in chunks.
package struct LedgerSnapshot: Sendable {
  package let shard: ShardID
  package let index: LogIndex
  package let term: Term
  package let logTime: LogTime
  var stream: SnapshotStream

  /// The next chunk of the canonical form, about `maxBytes`; nil at the end. Equal states give
  /// equal bytes. The first one takes as long as a digest does, so that taking a snapshot does not.
  package mutating func nextChunk(maxBytes: Int) -> [UInt8]? {
    switch stream {
    case .shard(var shard):
      defer { stream = .shard(shard) }
      return shard.nextChunk(maxBytes: maxBytes)
    case .meta(var meta):
      defer { stream = .meta(meta) }
      return meta.nextChunk(maxBytes: maxBytes)
    }
  }
}

/// What a snapshot streams.
enum SnapshotStream: Sendable {
  case shard(ShardSnapshotStream)
  case meta(MetaSnapshotStream)
}

extension ShardState {
  /// Takes a frozen copy for saving or sending.
  func snapshot() -> LedgerSnapshot {
    LedgerSnapshot(
      shard: shard, index: appliedIndex, term: appliedTerm, logTime: logTime,
      stream: .shard(ShardSnapshotStream(books: books)))
  }
}

/// Rebuilds a ledger from the chunks of a snapshot, which may be cut anywhere.
package struct SnapshotLoader: Sendable {
  private let limits: LedgerLimits
  private var reader = SnapshotReader(
    versions: ShardSection.version...ShardSection.versionWithRules)
  /// What was read so far.
  private(set) var shard: ShardState?
  private var meta: MetaLedger?
  private var digest = Hash128.zero

  package init(limits: LedgerLimits = LedgerLimits()) { self.limits = limits }

  package mutating func append(_ chunk: [UInt8]) throws(SnapshotError) {
    try reader.append(chunk)
    while let frame = try reader.next() {
      let isSane = unsafe frame.bytes.withUnsafeBytes { bytes in
        var records = unsafe ByteReader(bytes)
        return take(frame.section, &records)
      }
      guard isSane else { throw .badContent(section: frame.section) }
    }
  }

  /// The ledger of a shard, checked against the digest in the snapshot.
  package mutating func finish() throws(SnapshotError) -> ShardLedger {
    try reader.finish()
    guard var ledger = shard else { throw .badContent(section: ShardSection.header.rawValue) }
    shard = nil
    guard ledger.areNumbersSane else { throw .badContent(section: ShardSection.header.rawValue) }
    ledger.refreshLocationOrder()
    guard ledger.isEndedSane else { throw .badContent(section: ShardSection.ended.rawValue) }
    guard ledger.digest() == digest else {
      throw .badContent(section: ShardSection.header.rawValue)
    }
    return ShardLedger(ledger)
  }

  /// The ledger of the meta group, checked against the digest in the snapshot.
  package mutating func finishMeta() throws(SnapshotError) -> MetaLedger {
    try reader.finish()
    guard var ledger = meta else { throw .badContent(section: MetaSection.header.rawValue) }
    meta = nil
    guard ledger.isEndedSane else { throw .badContent(section: MetaSection.ended.rawValue) }
    guard ledger.digest() == digest else {
      throw .badContent(section: MetaSection.header.rawValue)
    }
    return ledger
  }

  private mutating func take(_ section: UInt32, _ records: inout ByteReader) -> Bool {
    if section == ShardSection.header.rawValue { return takeHeader(&records) }
    if shard != nil, let section = ShardSection(rawValue: section) {
      return shard!.load(section, &records)
    }
    if meta != nil, let section = MetaSection(rawValue: section) {
      return meta!.load(section, &records)
    }
    return false
  }

  /// Tells which kind of ledger it is, and what its digest must be.
  private mutating func takeHeader(_ reader: inout ByteReader) -> Bool {
    guard shard == nil, meta == nil else { return false }
    let kind = reader.get(UInt8.self)
    digest = Hash128(high: reader.get(), low: reader.get())
    if kind == 0 {
      let header = BooksHeader(from: &reader)
      guard header.isSane, header.rules <= limits.rulesMax else { return false }
      var ledger = ShardState(shard: header.shard, limits: limits)
      ledger.books.header = header
      shard = ledger
    } else {
      let header = MetaHeader(from: &reader)
      guard header.isSane else { return false }
      var ledger = MetaLedger(limits: limits)
      ledger.books.header = header
      meta = ledger
    }
    return kind <= 1 && reader.isValid && reader.isAtEnd
  }
}
