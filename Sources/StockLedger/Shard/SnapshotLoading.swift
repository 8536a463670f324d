import Primitives

// Rebuilds a ledger, with all derived indexes, from the records of a snapshot. Bytes come from
// other nodes or from disk: what makes no sense is an error, and the digest decides in the end.

extension ShardState {
  /// Takes the records of one frame; false when they make no sense.
  mutating func load(_ section: ShardSection, _ reader: inout ByteReader) -> Bool {
    var isSane = true
    let (first, last) = (books.header.numberMin(section), books.header.numberMax(section))
    while !reader.isAtEnd, reader.isValid, isSane {
      let number = reader.get(UInt64.self)
      guard number >= first, number <= last else { return false }
      switch section {
      case .header: return false
      case .skus: isSane = loadSku(number, &reader)
      case .locations: isSane = loadLocation(number, &reader)
      case .accounts: isSane = loadAccount(number, &reader)
      case .marks: isSane = loadMark(number, &reader)
      case .facts: isSane = loadFact(number, &reader)
      case .reservations: isSane = loadReservation(number, &reader)
      case .ended: isSane = loadEnded(number, &reader)
      case .endedSeconds: isSane = loadEndedSeconds(number, &reader)
      }
    }
    return isSane && reader.isValid
  }

  private mutating func loadSku(_ number: UInt64, _ reader: inout ByteReader) -> Bool {
    var row = reader.row(SkuRow(text: 0))
    guard let text = text(&reader), let baseUnit = self.text(&reader) else { return false }
    row.text = text
    row.baseUnit = baseUnit
    var units: [UnitRow] = []
    for _ in 0..<reader.get(UInt16.self) {
      guard let text = self.text(&reader) else { return false }
      units.append(UnitRow(text: text, baseUnitsEach: reader.get()))
    }
    guard reader.isValid, !books.skus.contains(number), !skuOfText.contains(UInt64(text)) else {
      return false
    }
    row.units = units.isEmpty ? 0 : books.replaceBlock(0, with: units)
    books.skus.insert(row, at: number)
    skuOfText.insert(UInt32(truncatingIfNeeded: number), at: UInt64(text))
    return true
  }

  private mutating func loadLocation(_ number: UInt64, _ reader: inout ByteReader) -> Bool {
    var row = reader.row(LocationRow(text: 0))
    guard let text = text(&reader), let region = self.text(&reader), let zone = self.text(&reader),
      reader.isValid, !books.locations.contains(number), !locationOfText.contains(UInt64(text))
    else { return false }
    row.text = text
    row.region = region
    row.zone = zone
    books.locations.insert(row, at: number)
    locationOfText.insert(UInt32(truncatingIfNeeded: number), at: UInt64(text))
    return true
  }

  private mutating func loadAccount(_ number: UInt64, _ reader: inout ByteReader) -> Bool {
    var row = reader.row(AccountRow(sku: 0, location: 0, owner: 0))
    guard let owner = text(&reader), let source = text(&reader), let dated = block(&reader),
      reader.isValid, !books.accounts.contains(number),
      books.skus.contains(UInt64(row.sku)), books.locations.contains(UInt64(row.location))
    else { return false }
    row.owner = owner
    row.countingSource = source
    row.dated = dated
    books.accounts.insert(row, at: number)
    indexAccount(UInt32(truncatingIfNeeded: number), row)
    return true
  }

  private mutating func loadMark(_ number: UInt64, _ reader: inout ByteReader) -> Bool {
    var row = reader.row(SourceMarkRow(source: 0))
    guard let source = text(&reader), reader.isValid, !books.marks.contains(number) else {
      return false
    }
    row.source = source
    books.marks.insert(row, at: number)
    return true
  }

  private mutating func loadFact(_ number: UInt64, _ reader: inout ByteReader) -> Bool {
    var row = reader.row(
      FactRow(
        sequence: 0, delta: .zero, occurredAt: 0, keptAt: 0, source: 0, day: 0, isShipment: 0))
    guard let source = text(&reader), reader.isValid, !books.facts.contains(number) else {
      return false
    }
    row.source = source
    books.facts.insert(row, at: number)
    return true
  }

  private mutating func loadReservation(_ number: UInt64, _ reader: inout ByteReader) -> Bool {
    var row = reader.row(ReservationRow(requestID: .zero, fingerprint: .zero))
    guard ReservationState(rawValue: row.stateByte) != nil, let texts = block(&reader) else {
      return false
    }
    row.texts = texts
    guard let channel = text(&reader, counted: true), let lines = block(&reader),
      let answer = block(&reader), reader.isValid, !books.reservations.contains(number)
    else { return false }
    row.channel = channel
    row.lines = lines
    row.answer = answer
    let length = lines == 0 ? 0 : books.heap.length(lines)
    let expected = LinesHead.bytes + Int(row.lineCount) * LineRow.bytes
    guard lines == 0 ? row.lineCount == 1 : length == expected else { return false }
    for at in 0..<Int(row.lineCount)
    where !books.accounts.contains(UInt64(row.line(at, in: books.heap).account)) {
      return false
    }
    books.reservations.insert(row, at: number)
    if row.state.isEnded { return true }
    liveReservations += 1
    liveLines += Int(row.lineCount)
    if row.state == .held { indexDeadline(number, row) }
    let hash = RequestIndex.hash(row.requestID)
    guard requests.find(row.requestID, hash, in: books) == nil else { return false }
    requests.insertLive(row.requestID, hash, number)
    return true
  }

  private mutating func loadEnded(_ number: UInt64, _ reader: inout ByteReader) -> Bool {
    let empty = EndedRequest(
      requestID: .zero, fingerprint: .zero, stampSeconds: 0, kind: .reserve, outcome: .full)
    var row = reader.row(
      EndedRow(
        requestID: .zero, fingerprint: .zero, facts: EndedFacts(empty, .unstamped, 0)))
    guard let block = block(&reader), reader.isValid, !books.ended.contains(number) else {
      return false
    }
    if row.facts.form == .block {
      guard books.heap.length(block) >= EndedBlock.headBytes else { return false }
      row.facts.block = block
    } else if block != 0 {
      return false
    }
    #if HOLDFAST_MUTANTS
      let isIndexed = row.facts.kind != EndedFacts.void && !Mutant.dedupeMissing.isPlanted
    #else
      let isIndexed = row.facts.kind != EndedFacts.void
    #endif
    if isIndexed, requests.find(row.requestID, in: books) != nil { return false }
    books.ended.insert(row, at: number)
    if isIndexed { requests.insertEnded(row.requestID, at: number, in: books) }
    return true
  }

  private mutating func loadEndedSeconds(
    _ place: UInt64, _ reader: inout ByteReader
  ) -> Bool {
    let seconds = reader.get(UInt32.self)
    guard reader.isValid, !books.endedSeconds.contains(place) else { return false }
    books.endedSeconds.insert(seconds, at: place)
    return true
  }

  private mutating func text(_ reader: inout ByteReader, counted: Bool = false) -> UInt32? {
    let bytes = unsafe reader.getShort()
    guard bytes.count <= TextTable.textBytesMax else { return nil }
    return unsafe books.texts.intern(bytes, counted: counted)
  }

  private mutating func block(_ reader: inout ByteReader) -> UInt32? {
    let bytes = unsafe reader.getLong()
    guard reader.isValid else { return nil }
    return unsafe bytes.count == 0 ? 0 : books.heap.allocate(bytes)
  }
}

extension ByteReader {
  /// A row as its bytes; `placeholder` when there are too few.
  mutating func row<Row: BitwiseCopyable>(_ placeholder: Row) -> Row {
    let bytes = unsafe get(raw: MemoryLayout<Row>.size)
    return isValid ? unsafe bytes.loadUnaligned(as: Row.self) : placeholder
  }
}
