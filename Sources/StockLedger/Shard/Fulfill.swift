import Primitives

// Fulfill: units left the house. On hand and promised go down together, and the fact is kept like
// any other until a count covers it (rules S1, S2). What the source told before, by the same
// sequence, is not told twice; what a count of the source has already taken off is not taken off
// again, though the promise ends.

extension ShardState {
  mutating func fulfill(
    _ record: CommandRecord, _ body: inout ByteReader, into out: inout ByteWriter
  ) {
    let number = body.get(UInt64.self)
    let isReadable = readWanted(&body)
    let source = unsafe body.getShort()
    let sequence = body.get(UInt64.self)
    guard isReadable, body.isValid, body.isAtEnd, source.count <= limits.textBytesMax,
      sequence == 0 || source.count > 0
    else { return OutcomeWriter.refuse(record.kind, .invalidArgument, into: &out) }
    guard let identity = admitCall(record, into: &out) else { return }
    guard var row = currentReservation(number) else {
      return OutcomeWriter.refuse(record.kind, .unknownReservation, into: &out)
    }
    let refusal = checkWanted(
      of: row, allowed: row.state == .confirmed || row.state == .partiallyFulfilled)
    guard refusal == .none else {
      return OutcomeWriter.refuse(
        record.kind, refusal, state: refusal == .wrongState ? row.state : nil, into: &out)
    }
    guard let sourceText = unsafe internForClient(source) else {
      return OutcomeWriter.refuse(record.kind, .ledgerFull, into: &out)
    }
    collectShipments(row, sourceText, sequence)
    if !scratch.shipments.isEmpty {
      ship(number, &row, sourceText, sequence)
      remember(EndedRequest(identity, .fulfill, number: number))
    }
    acknowledge(record.kind, number, into: &out)
  }

  /// All assignments that ship, before any of them moves the source's high-water mark.
  private mutating func collectShipments(
    _ row: ReservationRow, _ source: UInt32, _ sequence: UInt64
  ) {
    scratch.shipments.removeAll(keepingCapacity: true)
    for at in 0..<Int(row.lineCount) {
      let line = row.line(at, in: books.heap)
      let units = takeWanted(line)
      guard units.isPositive else { continue }
      let account = books.accounts[UInt64(line.account)]
      if sequence > 0, sequence <= factHigh(account, source) {
        books.header.counters.factsStale += 1
        continue
      }
      scratch.shipments.append(
        Shipment(line: at, account: line.account, day: line.day, units: units))
    }
  }

  private mutating func ship(
    _ number: UInt64, _ row: inout ReservationRow, _ source: UInt32, _ sequence: UInt64
  ) {
    for each in scratch.shipments {
      var line = row.line(each.line, in: books.heap)
      line.fulfilled += each.units
      setLine(of: &row, each.line, line)
      books.promise(.zero - each.units, account: each.account, day: each.day)
      takeOffShipped(each, source, sequence)
    }
    if row.hasUnitsLeft(in: books.heap) {
      row.state = .partiallyFulfilled
      row.version += 1
      books.reservations[number] = row
    } else {
      books.header.counters.reservationsFulfilled += 1
      end(number, &row, as: .fulfilled)
    }
  }

  private mutating func takeOffShipped(
    _ shipment: Shipment, _ source: UInt32, _ sequence: UInt64
  ) {
    var account = books.accounts[UInt64(shipment.account)]
    if sequence > 0 { raiseFactHigh(&account, source, to: sequence) }
    let isCounted =
      sequence > 0 && source == account.countingSource && sequence <= account.countedVersion
    if !isCounted {
      var days = scratch.buckets
      books.buckets(of: account, into: &days)
      takeShipped(shipment.units, from: &account, &days)
      books.setBuckets(&days, of: &account)
      scratch.buckets = days
      keep(
        FactRow(
          sequence: sequence, delta: .zero - shipment.units,
          occurredAt: books.header.logTime.milliseconds,
          keptAt: books.header.logTime.milliseconds, source: source, day: Absent.day,
          isShipment: 1),
        of: &account)
      books.header.counters.factsApplied += 1
    }
    books.accounts[UInt64(shipment.account)] = account
  }

  /// Shipped units were there, whatever the books say: first what is on hand, then what should
  /// have come; beyond that a shortfall shrinks. Returns what no supply covered.
  @discardableResult
  func takeShipped(
    _ units: Quantity, from account: inout AccountRow, _ days: inout [DatedBucket]
  ) -> Quantity {
    let onHand = min(units, account.onHand)
    account.onHand -= onHand
    return units == onHand ? .zero : days.takeShipped(units - onHand)
  }
}
