import Primitives

// Reserve: check and promise in one step (trap 1), lines of one SKU merged before (trap 2).

/// What a reserve says beside its lines.
struct ReserveHead {
  /// Where in the body `short orderID, short customer` end, and the channel behind them.
  var textsEnd: Int
  var channelEnd: Int
  var ttl: Int64
  var fill: Fill
  var requiredBy: Int32
  /// The line where there is only one; several are merged into the scratch lines.
  var onlyLine: RequestLine?
}

extension ShardState {
  mutating func reserve(
    _ record: CommandRecord, _ body: inout ByteReader, into out: inout ByteWriter
  ) {
    var refusal = CallRefusal.none
    let head = unsafe readReserve(body, record.body, &refusal)
    guard let head else { return OutcomeWriter.refuse(record.kind, refusal, into: &out) }
    let identity: RequestIdentity
    switch standing(of: record) {
    case .refused(let refusal): return OutcomeWriter.refuse(record.kind, refusal, into: &out)
    case .repeated(let place): return answerReserveAgain(place, into: &out)
    case .new(let new): identity = new
    }
    guard !books.header.pool.isEmpty else {
      return OutcomeWriter.refuse(record.kind, .catalogMissing, into: &out)
    }
    let channelText = unsafe UnsafeRawBufferPointer(
      rebasing: record.body[(head.textsEnd + 1)..<head.channelEnd])
    guard books.reservations.count < limits.reservationsMax,
      let channel = unsafe internForClient(channelText, counted: true)
    else { return OutcomeWriter.refuse(record.kind, .ledgerFull, into: &out) }

    var row = ReservationRow(requestID: identity.key, fingerprint: identity.fingerprint)
    row.deadline = books.header.logTime.milliseconds + head.ttl
    row.stampSeconds = identity.stampSeconds
    row.channel = channel
    if let line = head.onlyLine {
      if head.requiredBy == Absent.day, takeAtOnce(line, into: &row) {
        return insertUsual(row, identity.hash, record, head, into: &out)
      }
      scratch.lines.clear()
      scratch.lines.append(line)
    }
    admit(by: latestDay(head.requiredBy))
    let outcome = settle(head.fill)
    guard outcome != .none else {
      books.texts.release(channel)
      return unsafe writeNothing(record.kind, record.body, into: &out)
    }
    if outcome == .partial { row.flags |= ReservationRow.partial }
    storeTexts(of: &row, record, head)
    storeLines(of: &row, requiredBy: head.requiredBy)
    insertReservation(row, identity.hash, record, outcome, into: &out)
  }

  mutating func storeTexts(
    of row: inout ReservationRow, _ record: CommandRecord, _ head: ReserveHead
  ) {
    guard head.textsEnd > 2 else { return }
    row.texts = unsafe books.heap.allocate(
      UnsafeRawBufferPointer(rebasing: record.body[..<head.textsEnd]))
  }

  private mutating func insertReservation(
    _ filled: ReservationRow, _ hash: UInt64, _ record: CommandRecord, _ outcome: FillOutcome,
    into out: inout ByteWriter
  ) {
    var row = filled
    let number = nextNumber(row)
    out.append(bytesMax: RecordRoom.frame + room(of: row) + resultsRoom) { out in
      out.begin(record.kind)
      out.put(outcome.rawValue)
      out.put(UInt8(1))
      write(row, number: number, into: &out)
      let linesAt = out.count
      unsafe writeResults(record.body, into: &out)
      out.end()
      if outcome == .partial { row.answer = unsafe books.heap.allocate(out.bytes(from: linesAt)) }
    }
    insert(row, hash, at: number)
  }

  /// The number of a reservation that is being made.
  mutating func nextNumber(_ row: ReservationRow) -> UInt64 {
    books.header.lastReservation += 1
    books.header.counters.reservationsMade += 1
    liveReservations += 1
    liveLines += Int(row.lineCount)
    return books.header.lastReservation
  }

  mutating func insert(_ row: ReservationRow, _ hash: UInt64, at number: UInt64) {
    books.reservations.insert(row, at: number)
    requests.insertLive(row.requestID, hash, number)
    indexDeadline(number, row)
  }

  /// Binds what was found, or frees it again; nothing of a refused order stays.
  mutating func settle(_ fill: Fill) -> FillOutcome {
    var short = 0
    for line in scratch.lines where line.reserved < line.requested { short += 1 }
    books.header.counters.linesRefused += UInt64(short)
    if short == 0 { return .full }
    if fill == .partial, !scratch.assignments.isEmpty { return .partial }
    for each in scratch.assignments {
      books.promise(.zero - each.quantity, account: each.account, day: each.day)
    }
    scratch.assignments.clear()
    for at in scratch.lines.indices { scratch.lines[at].reserved = .zero }
    return .none
  }

  /// The last day whose supply may be used: the day asked for, but not before today and not past
  /// the horizon; without a wish today's.
  func latestDay(_ requiredBy: Int32) -> Int32 {
    let today = books.header.logTime.day.number
    guard requiredBy != Absent.day else { return today }
    return min(max(requiredBy, today), today + limits.horizonDays)
  }
}
