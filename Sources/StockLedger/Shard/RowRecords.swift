import Primitives

// Rows in their canonical form: number, row, and the texts and blocks that it names.
extension Books {
  func put(_ number: UInt64, _ row: SkuRow, into out: inout ByteWriter) {
    var plain = row
    plain.text = 0
    plain.baseUnit = 0
    plain.units = 0
    plain.accounts = 0
    plain.sortedBy = 0
    put(number, raw: plain, into: &out)
    text(row.text, into: &out)
    text(row.baseUnit, into: &out)
    let units: [UnitRow] = rows(row.units)
    out.put(UInt16(units.count))
    for unit in units {
      text(unit.text, into: &out)
      out.put(unit.baseUnitsEach)
    }
  }

  func put(_ number: UInt64, _ row: LocationRow, into out: inout ByteWriter) {
    put(number, raw: LocationRow(text: 0), into: &out)
    text(row.text, into: &out)
    text(row.region, into: &out)
    text(row.zone, into: &out)
  }

  func put(_ number: UInt64, _ row: AccountRow, into out: inout ByteWriter) {
    var plain = row
    plain.owner = 0
    plain.dated = 0
    plain.countingSource = 0
    put(number, raw: plain, into: &out)
    text(row.owner, into: &out)
    text(row.countingSource, into: &out)
    block(row.dated, into: &out)
  }

  func put(_ number: UInt64, _ row: SourceMarkRow, into out: inout ByteWriter) {
    var plain = row
    plain.source = 0
    put(number, raw: plain, into: &out)
    text(row.source, into: &out)
  }

  func put(_ number: UInt64, _ row: FactRow, into out: inout ByteWriter) {
    var plain = row
    plain.source = 0
    put(number, raw: plain, into: &out)
    text(row.source, into: &out)
  }

  func put(_ number: UInt64, _ row: ReservationRow, into out: inout ByteWriter) {
    var plain = row
    plain.texts = 0
    plain.channel = 0
    plain.lines = 0
    plain.answer = 0
    put(number, raw: plain, into: &out)
    block(row.texts, into: &out)
    text(row.channel, into: &out)
    block(row.lines, into: &out)
    block(row.answer, into: &out)
  }

  func put(_ number: UInt64, _ row: EndedRow, into out: inout ByteWriter) {
    var plain = row
    if row.facts.form == .block { plain.facts.block = 0 }
    put(number, raw: plain, into: &out)
    block(row.facts.block, into: &out)
  }

  func put(_ place: UInt64, _ seconds: UInt32, into out: inout ByteWriter) {
    put(place, raw: seconds, into: &out)
  }

  private func put<Row: BitwiseCopyable>(
    _ number: UInt64, raw row: Row, into out: inout ByteWriter
  ) {
    out.put(number)
    unsafe withUnsafeBytes(of: row) { unsafe out.put(raw: $0) }
  }

  private func text(_ id: UInt32, into out: inout ByteWriter) {
    unsafe texts.withBytes(id) { unsafe out.put(short: $0) }
  }

  private func block(_ id: UInt32, into out: inout ByteWriter) {
    guard id != 0 else { return out.put(UInt32(0)) }
    unsafe heap.withBytes(id) { bytes in
      out.put(UInt32(bytes.count))
      unsafe out.put(raw: bytes)
    }
  }
}
