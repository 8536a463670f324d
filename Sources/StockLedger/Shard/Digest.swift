import Primitives

// The digest covers logical content only: ids of texts and heap blocks are replaced with what they
// stand for, so it is the same however the tables came to be. Each table keeps the hashes of its
// pages, so only what changed since the last digest is hashed again.

extension ShardState {
  /// The digest of the logical content; equal on all members at equal index (rule C10).
  mutating func digest() -> Hash128 { books.digest() }
}

extension Books {
  mutating func digest() -> Hash128 {
    var all = Int.max
    refreshDigest(&all)
    return digestOfPages
  }

  /// Brings the hashes of so many changed pages up to date, and takes them off the budget.
  mutating func refreshDigest(_ budget: inout Int) {
    // Copies share all pages; the closures need them while a table is being changed.
    let hasher = RowHasher(texts: texts, heap: heap)
    skus.refreshDigest(&budget) { hasher.hash($0, $1) }
    locations.refreshDigest(&budget) { hasher.hash($0, $1) }
    accounts.refreshDigest(&budget) { hasher.hash($0, $1) }
    marks.refreshDigest(&budget) { hasher.hash($0, $1) }
    facts.refreshDigest(&budget) { hasher.hash($0, $1) }
    reservations.refreshDigest(&budget) { hasher.hash($0, $1) }
    ended.refreshDigest(&budget) { hasher.hash($0, $1) }
    endedSeconds.refreshDigest(&budget) { hasher.hash($0, $1) }
  }

  /// The digest where the hashes of all pages are up to date.
  var digestOfPages: Hash128 {
    var out = ByteWriter(reserving: 1_024)
    header.write(into: &out)
    out.put(skus.digestOfPages)
    out.put(locations.digestOfPages)
    out.put(accounts.digestOfPages)
    out.put(marks.digestOfPages)
    out.put(facts.digestOfPages)
    out.put(reservations.digestOfPages)
    out.put(ended.digestOfPages)
    out.put(endedSeconds.digestOfPages)
    return unsafe out.bytes.withUnsafeBytes { unsafe Hash128($0) }
  }

  /// Takes over what was hashed of a copy.
  mutating func adoptHashes(of copy: Books) {
    skus.adoptHashes(of: copy.skus)
    locations.adoptHashes(of: copy.locations)
    accounts.adoptHashes(of: copy.accounts)
    marks.adoptHashes(of: copy.marks)
    facts.adoptHashes(of: copy.facts)
    reservations.adoptHashes(of: copy.reservations)
    ended.adoptHashes(of: copy.ended)
    endedSeconds.adoptHashes(of: copy.endedSeconds)
  }
}

extension ByteWriter {
  mutating func put(_ hash: Hash128) {
    put(hash.high)
    put(hash.low)
  }
}

/// Canonical hashes of rows.
struct RowHasher {
  var texts: TextTable
  var heap: ByteHeap

  func hash(_ number: UInt64, _ row: SkuRow) -> Hash128 {
    var plain = row
    plain.text = 0
    plain.baseUnit = 0
    plain.units = 0
    plain.accounts = 0
    plain.sortedBy = 0
    return raw(plain, number, texts.hash(row.text), texts.hash(row.baseUnit), units(row.units))
  }

  func hash(_ number: UInt64, _ row: LocationRow) -> Hash128 {
    let plain = LocationRow(text: 0)
    return raw(plain, number, texts.hash(row.text), texts.hash(row.region), texts.hash(row.zone))
  }

  func hash(_ number: UInt64, _ row: AccountRow) -> Hash128 {
    var plain = row
    plain.owner = 0
    plain.dated = 0
    plain.countingSource = 0
    return raw(
      plain, number, texts.hash(row.owner), texts.hash(row.countingSource), block(row.dated))
  }

  func hash(_ number: UInt64, _ row: SourceMarkRow) -> Hash128 {
    var plain = row
    plain.source = 0
    return raw(plain, number, texts.hash(row.source))
  }

  func hash(_ number: UInt64, _ row: FactRow) -> Hash128 {
    var plain = row
    plain.source = 0
    return raw(plain, number, texts.hash(row.source))
  }

  func hash(_ number: UInt64, _ row: ReservationRow) -> Hash128 {
    var plain = row
    plain.texts = 0
    plain.channel = 0
    plain.lines = 0
    plain.answer = 0
    // The usual row has no further block: three hashes of nothing are spared.
    let first = raw(plain, number, block(row.texts), texts.hash(row.channel))
    if row.lines == 0, row.answer == 0 { return first }
    return raw(first, 0, block(row.lines), block(row.answer))
  }

  func hash(_ number: UInt64, _ row: EndedRow) -> Hash128 {
    var plain = row
    if row.facts.form == .block { plain.facts.block = 0 }
    return raw(plain, number, block(row.facts.block))
  }

  func hash(_ place: UInt64, _ seconds: UInt32) -> Hash128 { raw(seconds, place, .zero) }

  private func block(_ id: UInt32) -> Hash128 {
    id == 0 ? .zero : unsafe heap.withBytes(id) { unsafe Hash128($0) }
  }

  /// Units hold text ids, so their block can't be hashed as it is.
  private func units(_ id: UInt32) -> Hash128 {
    guard id != 0 else { return .zero }
    var out = ByteWriter()
    unsafe heap.withBytes(id) { bytes in
      var offset = 0
      while offset < bytes.count {
        let unit = unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UnitRow.self)
        out.put(texts.hash(unit.text))
        out.put(unit.baseUnitsEach)
        offset += MemoryLayout<UnitRow>.stride
      }
    }
    return unsafe out.bytes.withUnsafeBytes { unsafe Hash128($0) }
  }

  private func raw<Row: BitwiseCopyable>(
    _ row: Row, _ number: UInt64, _ a: Hash128, _ b: Hash128 = .zero, _ c: Hash128 = .zero
  ) -> Hash128 {
    let own = unsafe withUnsafeBytes(of: row) { unsafe Hash128($0, seed: number) }
    return unsafe withUnsafeBytes(of: (own, a, b, c)) { unsafe Hash128($0) }
  }
}
