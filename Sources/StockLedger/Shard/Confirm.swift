import Primitives

// Confirm: the hold becomes a promise without a deadline. After the deadline it is refused, or its
// lines are taken again under the same name, whole or not at all (rule T4, trap 6).

extension ShardState {
  mutating func confirm(
    _ record: CommandRecord, _ body: inout ByteReader, into out: inout ByteWriter
  ) {
    let number = body.get(UInt64.self)
    guard let onExpired = OnExpired(rawValue: body.get()), body.isAtEnd else {
      return OutcomeWriter.refuse(record.kind, .invalidArgument, into: &out)
    }
    guard let identity = admitCall(record, into: &out) else { return }
    guard var row = currentReservation(number) else {
      return OutcomeWriter.refuse(record.kind, .unknownReservation, into: &out)
    }
    switch (row.state, onExpired) {
    case (.held, _):
      unindexDeadline(number, row)
      row.state = .confirmed
      row.deadline = Absent.time
      row.version += 1
      books.reservations[number] = row
      books.header.counters.reservationsConfirmed += 1
      remember(EndedRequest(identity, .confirm, number: number))
      acknowledge(record.kind, number, into: &out)
    case (.expired, .reacquire):
      reacquire(number, row, identity, into: &out)
    case (.expired, .refuse):
      OutcomeWriter.refuse(record.kind, .holdExpired, into: &out)
    default:
      OutcomeWriter.refuse(record.kind, .wrongState, state: row.state, into: &out)
    }
  }

  /// Whether the request is new; a repeated or refused one is answered here.
  mutating func admitCall(
    _ record: CommandRecord, into out: inout ByteWriter
  ) -> RequestIdentity? {
    switch standing(of: record) {
    case .new(let identity): return identity
    case .repeated(let place): acknowledgeAgain(record.kind, place, into: &out)
    case .refused(let refusal): OutcomeWriter.refuse(record.kind, refusal, into: &out)
    }
    return nil
  }

  /// The reservation, ended first if it is due: also when the entry had no room to end it.
  mutating func currentReservation(_ number: UInt64) -> ReservationRow? {
    guard let row = books.reservations.read(number) else { return nil }
    guard isDue(row) else { return row }
    expire(number)
    return books.reservations.read(number)
  }

  private mutating func reacquire(
    _ number: UInt64, _ expired: ReservationRow, _ identity: RequestIdentity,
    into out: inout ByteWriter
  ) {
    var row = expired
    let kind = CommandKind.confirm.rawValue
    askAgain(row)
    let requiredBy = requiredBy(of: row)
    admit(by: latestDay(requiredBy))
    let outcome = settle(.allOrNothing)
    let results = resultsBlock()
    guard outcome == .full else {
      acknowledge(kind, number, outcome.rawValue, results: results, into: &out)
      books.freeBlock(results)
      return
    }
    if row.answer == 0 { row.answer = firstResultsBlock(row) }
    let place = UInt64(bitPattern: row.deadline)
    requests.removeEnded(row.requestID, at: place)
    books.ended[place].facts.makeVoid()
    requests.insertLive(row.requestID, RequestIndex.hash(row.requestID), number)
    storeLines(of: &row, requiredBy: requiredBy)
    row.state = .confirmed
    row.deadline = Absent.time
    row.version += 1
    books.reservations[number] = row
    liveReservations += 1
    liveLines += Int(row.lineCount)
    books.header.counters.reservationsConfirmed += 1
    let answer = books.heap.bytes(results)
    unsafe answer.withUnsafeBytes {
      unsafe remember(EndedRequest(identity, .confirm, number: number), answer: $0)
    }
    acknowledge(kind, number, results: results, into: &out)
    books.freeBlock(results)
  }

  /// Fills the scratch lines with what the hold had when it ended.
  private mutating func askAgain(_ row: ReservationRow) {
    scratch.lines.clear()
    var last = -1
    for at in 0..<Int(row.lineCount) {
      let line = row.line(at, in: books.heap)
      guard line.left.isPositive else { continue }
      if Int(line.line) == last {
        scratch.lines[scratch.lines.count - 1].requested += line.left
        continue
      }
      last = Int(line.line)
      let account = books.accounts[UInt64(line.account)]
      scratch.lines.append(
        RequestLine(
          skuOffset: 0, wishOffset: 0, sku: account.sku,
          wish: line.wished == 1 ? account.location : RequestLine.anyLocation,
          requested: line.left, reason: isActive(account.sku) ? .none : .unknownSku))
    }
  }

  private mutating func resultsBlock() -> UInt32 {
    block(bytesMax: resultsRoom) { unsafe $0.writeResults(nil, into: &$1) }
  }

  private mutating func firstResultsBlock(_ row: ReservationRow) -> UInt32 {
    block(bytesMax: room(of: row)) { $0.writeFirstResults(row, into: &$1) }
  }

  /// A block of the heap with what `fill` writes.
  private mutating func block(
    bytesMax: Int, _ fill: (inout ShardState, inout RecordBuffer) -> Void
  ) -> UInt32 {
    unsafe withUnsafeTemporaryAllocation(byteCount: bytesMax, alignment: 8) { memory in
      var buffer = unsafe RecordBuffer(memory)
      fill(&self, &buffer)
      return unsafe books.heap.allocate(buffer.bytes())
    }
  }
}
