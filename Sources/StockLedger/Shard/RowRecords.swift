import Primitives

/// Writes rows in their canonical form.
struct RowRecord {
  let books: Books
  var out: ByteWriter

  mutating func put(_ number: UInt64, _ row: SkuRow) {
    var plain = row
    plain.text = 0
    plain.baseUnit = 0
    plain.units = 0
    plain.accounts = 0
    plain.sortedBy = 0
    put(number, raw: plain)
    text(row.text)
    text(row.baseUnit)
    let units: [UnitRow] = books.rows(row.units)
    out.put(UInt16(units.count))
    for unit in units {
      text(unit.text)
      out.put(unit.baseUnitsEach)
    }
  }

  mutating func put(_ number: UInt64, _ row: LocationRow) {
    put(number, raw: LocationRow(text: 0))
    text(row.text)
    text(row.region)
    text(row.zone)
  }

  mutating func put(_ number: UInt64, _ row: AccountRow) {
    var plain = row
    plain.owner = 0
    plain.dated = 0
    plain.countingSource = 0
    put(number, raw: plain)
    text(row.owner)
    text(row.countingSource)
    block(row.dated)
  }

  mutating func put(_ number: UInt64, _ row: SourceMarkRow) {
    var plain = row
    plain.source = 0
    put(number, raw: plain)
    text(row.source)
  }

  mutating func put(_ number: UInt64, _ row: FactRow) {
    var plain = row
    plain.source = 0
    put(number, raw: plain)
    text(row.source)
  }

  mutating func put(_ number: UInt64, _ row: ReservationRow) {
    var plain = row
    plain.texts = 0
    plain.channel = 0
    plain.lines = 0
    plain.answer = 0
    put(number, raw: plain)
    block(row.texts)
    text(row.channel)
    block(row.lines)
    block(row.answer)
  }

  mutating func put(_ number: UInt64, _ row: EndedRow) {
    var plain = row
    plain.answer = 0
    put(number, raw: plain)
    block(row.answer)
  }

  private mutating func put<Row: BitwiseCopyable>(_ number: UInt64, raw row: Row) {
    out.put(number)
    unsafe withUnsafeBytes(of: row) { unsafe out.put(raw: $0) }
  }

  private mutating func text(_ id: UInt32) {
    unsafe books.texts.withBytes(id) { unsafe out.put(short: $0) }
  }

  private mutating func block(_ id: UInt32) {
    guard id != 0 else { return out.put(UInt32(0)) }
    unsafe books.heap.withBytes(id) { bytes in
      out.put(UInt32(bytes.count))
      unsafe out.put(raw: bytes)
    }
  }
}
