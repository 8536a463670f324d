import Primitives

// The canonical form of a shard's books: sections of records in ascending order of number. A
// record is its number, its row with ids of texts and blocks as zero, and then those texts and
// blocks themselves.

/// The sections of a shard's snapshot, in order.
enum ShardSection: UInt32, CaseIterable {
  case header = 1
  case skus = 2
  case locations = 3
  case accounts = 4
  case marks = 5
  case facts = 6
  case reservations = 7
  case ended = 8
  case endedSeconds = 9

  /// The format of a ledger by the first version of the rules.
  static let version: UInt32 = 3
  /// The same with the version of the rules behind the header: what older builds cannot go on from,
  /// they cannot read.
  static let versionWithRules: UInt32 = 4

  var next: ShardSection? { ShardSection(rawValue: rawValue + 1) }
}

/// Streams books that nobody changes any more.
struct ShardSnapshotStream: Sendable {
  private var books: Books
  private var writer: SnapshotWriter
  private var section: ShardSection? = .header
  private var number: UInt64 = 0
  private var isFinished = false

  init(books: Books) {
    self.books = books
    writer = SnapshotWriter(
      version: books.header.rules == .first
        ? ShardSection.version : ShardSection.versionWithRules)
  }

  mutating func nextChunk(maxBytes: Int) -> [UInt8]? {
    if isFinished { return nil }
    while let section, writer.readyBytes < max(1, maxBytes - 2 * SnapshotWriter.frameBytes) {
      if !writeNext(section) {
        self.section = section.next
        number = 0
      }
    }
    if section == nil {
      writer.finish()
      isFinished = true
    }
    return writer.take()
  }

  /// Writes the section's next record; false at its end.
  private mutating func writeNext(_ section: ShardSection) -> Bool {
    switch section {
    case .header: return writeHeader()
    case .skus: return write(books.skus.next(from: number), section) { $0.put($1, $2, into: &$3) }
    case .locations:
      return write(books.locations.next(from: number), section) { $0.put($1, $2, into: &$3) }
    case .accounts:
      return write(books.accounts.next(from: number), section) { $0.put($1, $2, into: &$3) }
    case .marks: return write(books.marks.next(from: number), section) { $0.put($1, $2, into: &$3) }
    case .facts: return write(books.facts.next(from: number), section) { $0.put($1, $2, into: &$3) }
    case .reservations:
      return write(books.reservations.next(from: number), section) { $0.put($1, $2, into: &$3) }
    case .ended: return write(books.ended.next(from: number), section) { $0.put($1, $2, into: &$3) }
    case .endedSeconds:
      return write(books.endedSeconds.next(from: number), section) { $0.put($1, $2, into: &$3) }
    }
  }

  private mutating func writeHeader() -> Bool {
    guard number == 0 else { return false }
    number = 1
    let (header, digest) = (books.header, books.digest())
    writer.record(ShardSection.header.rawValue) { out in
      out.put(UInt8(0))
      out.put(digest)
      header.write(into: &out)
    }
    return true
  }

  private mutating func write<Row>(
    _ next: (number: UInt64, row: Row)?, _ section: ShardSection,
    _ put: (Books, UInt64, Row, inout ByteWriter) -> Void
  ) -> Bool {
    guard let next else { return false }
    number = next.number + 1
    Self.record(section, into: &writer, from: books) { put($0, next.number, next.row, &$1) }
    return true
  }

  /// Static, so that the writer changes while the books are only read.
  private static func record(
    _ section: ShardSection, into writer: inout SnapshotWriter, from books: Books,
    _ put: (Books, inout ByteWriter) -> Void
  ) {
    writer.record(section.rawValue) { put(books, &$0) }
  }
}

extension BooksHeader {
  func write(into out: inout ByteWriter) {
    out.put(shard.rawValue)
    out.put(appliedIndex.rawValue)
    out.put(appliedTerm.rawValue)
    out.put(logTime.milliseconds)
    out.put(catalogVersion)
    out.put(short: pool)
    out.put(short: region)
    out.put(UInt16(poolLocations.count))
    for location in poolLocations { out.put(short: location) }
    for counter in counters.all { out.put(counter) }
    out.put(requestFloor)
    out.put(lastReservation)
    out.put(lastSku)
    out.put(lastLocation)
    out.put(lastAccount)
    out.put(lastMark)
    out.put(lastFact)
    out.put(endedHead)
    out.put(keptHead)
    out.put(endedTail)
    out.put(endedHeadSeconds)
    out.put(endedTailSeconds)
    // Left out before it was raised: builds that know only the first version agree on the digest.
    if rules > .first { out.put(rules.rawValue) }
  }

  init(from reader: inout ByteReader) {
    shard = ShardID(reader.get())
    appliedIndex = LogIndex(reader.get())
    appliedTerm = Term(reader.get())
    logTime = LogTime(milliseconds: reader.get())
    catalogVersion = reader.get()
    pool = unsafe [UInt8](reader.getShort())
    region = unsafe [UInt8](reader.getShort())
    for _ in 0..<reader.get(UInt16.self) {
      unsafe poolLocations.append([UInt8](reader.getShort()))
    }
    counters = LedgerCounters(from: &reader)
    requestFloor = reader.get()
    lastReservation = reader.get()
    lastSku = reader.get()
    lastLocation = reader.get()
    lastAccount = reader.get()
    lastMark = reader.get()
    lastFact = reader.get()
    endedHead = reader.get()
    keptHead = reader.get()
    endedTail = reader.get()
    endedHeadSeconds = reader.get()
    endedTailSeconds = reader.get()
    if !reader.isAtEnd { rules = RulesVersion(rawValue: reader.get()) }
  }
}

extension LedgerCounters {
  var all: [UInt64] {
    [
      reservationsMade, reservationsConfirmed, reservationsReleased, reservationsFulfilled,
      reservationsExpired, linesRefused, requestsRepeated, factsApplied, factsStale,
      factsQuarantined,
    ]
  }

  init(from reader: inout ByteReader) {
    reservationsMade = reader.get()
    reservationsConfirmed = reader.get()
    reservationsReleased = reader.get()
    reservationsFulfilled = reader.get()
    reservationsExpired = reader.get()
    linesRefused = reader.get()
    requestsRepeated = reader.get()
    factsApplied = reader.get()
    factsStale = reader.get()
    factsQuarantined = reader.get()
  }
}
