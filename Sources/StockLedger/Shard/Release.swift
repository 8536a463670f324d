import Primitives

// Release: units go back to where they came from; what was shipped stays shipped (rule Q5).

extension ShardState {
  mutating func release(
    _ record: CommandRecord, _ body: inout ByteReader, into out: inout ByteWriter
  ) {
    let number = body.get(UInt64.self)
    guard readWanted(&body), body.isAtEnd else {
      return OutcomeWriter.refuse(record.kind, .invalidArgument, into: &out)
    }
    guard let identity = admitCall(record, into: &out) else { return }
    guard var row = currentReservation(number) else {
      return OutcomeWriter.refuse(record.kind, .unknownReservation, into: &out)
    }
    let refusal = checkWanted(of: row, allowed: !row.state.isEnded)
    guard refusal == .none else {
      return OutcomeWriter.refuse(
        record.kind, refusal, state: refusal == .wrongState ? row.state : nil, into: &out)
    }
    // From the last assignment backwards: what is nearest to the customer is kept longest.
    for at in (0..<Int(row.lineCount)).reversed() {
      releaseUnits(takeWanted(row.line(at, in: books.heap)), of: &row, at)
    }
    finishRelease(number, row)
    remember(EndedRequest(identity, .release, number: number))
    acknowledge(record.kind, number, into: &out)
  }

  private mutating func releaseUnits(
    _ units: Quantity, of row: inout ReservationRow, _ at: Int
  ) {
    guard units.isPositive else { return }
    var line = row.line(at, in: books.heap)
    line.released += units
    setLine(of: &row, at, line)
    books.promise(.zero - units, account: line.account, day: line.day)
  }

  private mutating func finishRelease(_ number: UInt64, _ released: ReservationRow) {
    var row = released
    guard !row.hasUnitsLeft(in: books.heap) else {
      row.version += 1
      books.reservations[number] = row
      return
    }
    if row.state == .held { unindexDeadline(number, row) }
    books.header.counters.reservationsReleased += 1
    end(number, &row, as: .released)
  }

  /// Reads `u16 n × { short sku, i64 quantity }` into `scratch.wanted`, merged by SKU; false where
  /// a limit is crossed. A SKU that the shard does not know has number 0.
  mutating func readWanted(_ body: inout ByteReader) -> Bool {
    scratch.wanted.clear()
    let count = Int(body.get(UInt16.self))
    guard count <= limits.linesMax else { return false }
    for _ in 0..<count {
      let sku = unsafe body.getShort()
      let quantity = body.get(Int64.self)
      guard unsafe !sku.isEmpty, sku.count <= limits.textBytesMax,
        quantity >= 1, quantity <= limits.quantityMax
      else { return false }
      scratch.wanted.append(
        WantedUnits(sku: unsafe skuNumber(sku), quantity: Quantity(quantity)))
    }
    if count > 1 { mergeWanted() }
    return body.isValid
  }

  private mutating func mergeWanted() {
    scratch.wanted.sort { $0.sku < $1.sku }
    var last = 0
    for at in 1..<scratch.wanted.count {
      if scratch.wanted[at].sku == scratch.wanted[last].sku {
        scratch.wanted[last].quantity += scratch.wanted[at].quantity
      } else {
        last += 1
        scratch.wanted[last] = scratch.wanted[at]
      }
    }
    scratch.wanted.removeLast(scratch.wanted.count - last - 1)
  }

  /// Unknown lines before the wrong state before too many units.
  mutating func checkWanted(of row: ReservationRow, allowed: Bool) -> CallRefusal {
    for at in 0..<Int(row.lineCount) where !scratch.wanted.isEmpty {
      let line = row.line(at, in: books.heap)
      guard let wanted = wantedIndex(books.accounts[UInt64(line.account)].sku) else { continue }
      scratch.wanted[wanted].isThere = true
      scratch.wanted[wanted].left += line.left
    }
    for wanted in scratch.wanted where !wanted.isThere { return .unknownLine }
    if !allowed { return .wrongState }
    for wanted in scratch.wanted where wanted.quantity > wanted.left {
      return .quantityExceedsLine
    }
    return .none
  }

  /// Units of this assignment that are asked for: all that is left when no SKU was named.
  mutating func takeWanted(_ line: LineRow) -> Quantity {
    if scratch.wanted.isEmpty { return line.left }
    guard let wanted = wantedIndex(books.accounts[UInt64(line.account)].sku) else { return .zero }
    let units = min(line.left, scratch.wanted[wanted].quantity)
    scratch.wanted[wanted].quantity -= units
    return units
  }

  private func wantedIndex(_ sku: UInt32) -> Int? {
    var low = 0
    var high = scratch.wanted.count
    while low < high {
      let middle = (low + high) / 2
      if scratch.wanted[middle].sku < sku { low = middle + 1 } else { high = middle }
    }
    return low < scratch.wanted.count && scratch.wanted[low].sku == sku ? low : nil
  }
}
