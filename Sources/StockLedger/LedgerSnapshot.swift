package import Primitives

/// A frozen state of one ledger. It shares pages with the live one, copy on write, so taking it is
/// cheap; the canonical form streams out in chunks.
package struct LedgerSnapshot: Sendable {
  package let shard: ShardID
  package let index: LogIndex
  package let term: Term
  package let logTime: LogTime
  package let digest: Hash128
  var stream: ShardSnapshotStream

  /// The next chunk of the canonical form, about `maxBytes`; nil at the end. Equal states give
  /// equal bytes.
  package mutating func nextChunk(maxBytes: Int) -> [UInt8]? {
    stream.nextChunk(maxBytes: maxBytes)
  }
}

extension ShardLedger {
  /// Takes a frozen copy for saving or sending.
  package mutating func snapshot() -> LedgerSnapshot {
    let digest = digest()
    return LedgerSnapshot(
      shard: shard, index: appliedIndex, term: appliedTerm, logTime: logTime, digest: digest,
      stream: ShardSnapshotStream(books: books, digest: digest))
  }
}

/// Rebuilds a ledger from the chunks of a snapshot, which may be cut anywhere.
package struct SnapshotLoader: Sendable {
  private let limits: LedgerLimits
  private var reader = SnapshotReader(version: ShardSection.version)
  private var ledger: ShardLedger?
  private var digest = Hash128.zero

  package init(limits: LedgerLimits = LedgerLimits()) { self.limits = limits }

  package mutating func append(_ chunk: [UInt8]) throws(SnapshotError) {
    try reader.append(chunk)
    while let frame = try reader.next() { try take(frame) }
  }

  /// The ledger of a shard, checked against the digest in the snapshot.
  package mutating func finish() throws(SnapshotError) -> ShardLedger {
    try reader.finish()
    guard var ledger else { throw .badContent(section: ShardSection.header.rawValue) }
    ledger.refreshLocationOrder()
    guard ledger.digest() == digest else {
      throw .badContent(section: ShardSection.header.rawValue)
    }
    return ledger
  }

  /// The ledger of the meta group.
  package mutating func finishMeta() throws(SnapshotError) -> MetaLedger {
    fatalError("not built yet")
  }

  private mutating func take(_ frame: SnapshotFrame) throws(SnapshotError) {
    guard let section = ShardSection(rawValue: frame.section) else {
      throw .badContent(section: frame.section)
    }
    let isSane = unsafe frame.bytes.withUnsafeBytes { bytes in
      var records = unsafe ByteReader(bytes)
      return section == .header
        ? takeHeader(&records) : ledger?.load(section, &records) ?? false
    }
    guard isSane else { throw .badContent(section: frame.section) }
  }

  private mutating func takeHeader(_ reader: inout ByteReader) -> Bool {
    guard ledger == nil, reader.get(UInt8.self) == 0 else { return false }
    digest = Hash128(high: reader.get(), low: reader.get())
    let header = BooksHeader(from: &reader)
    guard reader.isValid, reader.isAtEnd else { return false }
    var ledger = ShardLedger(shard: header.shard, limits: limits)
    ledger.books.header = header
    self.ledger = ledger
    return true
  }
}
