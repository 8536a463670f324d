import Primitives

// AdjustSupply: a delta of one account, on hand or dated.

extension ShardState {
  mutating func adjustSupply(
    _ record: CommandRecord, _ body: inout ByteReader, into out: inout ByteWriter
  ) {
    let source = unsafe body.getShort()
    let sequence = body.get(UInt64.self)
    let names = unsafe (body.getShort(), body.getShort(), body.getShort())
    let delta = body.get(Int64.self)
    let day = body.get(Int32.self)
    let occurredAt = body.get(Int64.self)
    let reference = unsafe body.getShort()
    let longest = unsafe max(
      max(source.count, reference.count), names.0.count, names.1.count, names.2.count)
    guard body.isValid, body.isAtEnd, longest <= limits.textBytesMax,
      sequence == 0 || source.count > 0,
      delta != 0, delta >= -limits.quantityMax, delta <= limits.quantityMax, isDayAllowed(day),
      // A fact from the future would make every count look older than itself.
      occurredAt <= books.header.logTime.milliseconds + limits.futureToleranceMilliseconds
    else { return OutcomeWriter.refuse(record.kind, .invalidArgument, into: &out) }
    guard let identity = admitSupply(record, into: &out) else { return }
    let found = unsafe findAccount(names.0, names.1, names.2)
    guard found.refusal == .none else {
      return OutcomeWriter.refuse(record.kind, found.refusal, into: &out)
    }
    let account = books.accounts[UInt64(found.number)]
    guard account.onHand.adding(Quantity(delta)) != nil else {
      return OutcomeWriter.refuse(record.kind, .quantityOverflow, into: &out)
    }
    guard let sourceText = unsafe internForClient(source) else {
      return OutcomeWriter.refuse(record.kind, .ledgerFull, into: &out)
    }
    let now = books.header.logTime.milliseconds
    let fact = FactRow(
      sequence: sequence, delta: Quantity(delta),
      occurredAt: occurredAt == Absent.time ? now : occurredAt, keptAt: now, source: sourceText,
      day: day, isShipment: 0)
    let isTold = isStale(fact, isTimed: occurredAt != Absent.time, of: account)
    answer(adjust(found.number, fact, isTold), found.number, record, identity, into: &out)
  }

  /// Dated supply may lie in the past (it has not been received yet), or ten years ahead.
  func isDayAllowed(_ day: Int32) -> Bool {
    guard day != Absent.day else { return true }
    let today = Int64(books.header.logTime.day.number)
    return abs(Int64(day) - today) <= 3_660
  }

  /// Told before by the same source, or contained in the last count.
  private func isStale(_ fact: FactRow, isTimed: Bool, of account: AccountRow) -> Bool {
    if fact.sequence > 0, fact.sequence <= factHigh(account, fact.source) { return true }
    guard account.countingSource != 0 else { return false }
    if fact.sequence > 0, fact.source == account.countingSource, account.countedVersion > 0 {
      return fact.sequence <= account.countedVersion
    }
    return isTimed && account.countedAt != Absent.time && fact.occurredAt <= account.countedAt
  }

  private mutating func adjust(_ number: UInt32, _ fact: FactRow, _ isTold: Bool) -> RowOutcome {
    if isTold {
      books.header.counters.factsStale += 1
      return .staleVersion
    }
    var account = books.accounts[UInt64(number)]
    guard apply(fact, to: &account) else {
      books.header.counters.factsQuarantined += 1
      return .quarantined
    }
    if fact.sequence > 0 { raiseFactHigh(&account, fact.source, to: fact.sequence) }
    keep(fact, of: &account)
    books.accounts[UInt64(number)] = account
    books.header.counters.factsApplied += 1
    return coverPromises(number) ? .applied : .shortfall
  }

  /// False, with nothing changed, when less than nothing would be there.
  private mutating func apply(_ fact: FactRow, to account: inout AccountRow) -> Bool {
    if fact.day == Absent.day {
      guard let sum = account.onHand.adding(fact.delta), !sum.isNegative else { return false }
      account.onHand = sum
      return true
    }
    var days = scratch.buckets
    defer { scratch.buckets = days }
    books.buckets(of: account, into: &days)
    guard days.addSupply(fact.delta, day: fact.day), days.count <= limits.datedDaysMax else {
      return false
    }
    books.setBuckets(&days, of: &account)
    return true
  }

  /// Whether all promises are covered, after the due holds that an entry left over have ended.
  mutating func coverPromises(_ number: UInt32) -> Bool {
    while books.shortfall(books.accounts[UInt64(number)]).isPositive {
      if !expireNextDueHold(of: number) { return false }
    }
    return true
  }

  private mutating func answer(
    _ outcome: RowOutcome, _ number: UInt32, _ record: CommandRecord,
    _ identity: RequestIdentity, into out: inout ByteWriter
  ) {
    let account = books.accounts[UInt64(number)]
    let shortfall = books.shortfall(account)
    let mark = OutcomeWriter.begin(record.kind, into: &out)
    let bodyAt = out.count
    Self.write(outcome, shortfall: shortfall, onHand: account.onHand.rawValue, into: &out)
    OutcomeWriter.end(mark, into: &out)
    guard outcome == .applied || outcome == .shortfall else { return }
    if outcome == .applied, shortfall == .zero {
      remember(
        EndedRequest(identity, .adjustSupply, number: UInt64(account.onHand.rawValue)))
    } else {
      rememberSupply(identity, .adjustSupply, answerAt: bodyAt, of: out)
    }
  }

  private static func write(
    _ outcome: RowOutcome, shortfall: Quantity, onHand: Int64, into out: inout ByteWriter
  ) {
    out.put(outcome.rawValue)
    out.put(shortfall.rawValue)
    out.put(onHand)
  }

  /// The answer can't be derived later, so its bytes are remembered with the request.
  mutating func rememberSupply(
    _ identity: RequestIdentity, _ kind: CommandKind, answerAt offset: Int, of out: ByteWriter
  ) {
    unsafe out.bytes.withUnsafeBytes {
      unsafe remember(
        EndedRequest(identity, kind), answer: UnsafeRawBufferPointer(rebasing: $0[offset...]))
    }
  }

  /// The answer that was kept; where none was, the units on hand tell the usual one.
  private func answerSupplyAgain(_ row: EndedRow, into out: inout ByteWriter) {
    unsafe books.withAnswer(of: row) { unsafe out.put(raw: $0) }
    guard row.facts.kind == CommandKind.adjustSupply.rawValue, !books.hasAnswer(row) else { return }
    Self.write(
      .applied, shortfall: .zero, onHand: Int64(clamping: books.number(of: row)), into: &out)
  }

  /// Whether a supply request is new; a repeated or refused one is answered here.
  mutating func admitSupply(
    _ record: CommandRecord, into out: inout ByteWriter
  ) -> RequestIdentity? {
    switch standing(of: record) {
    case .new(let identity):
      return identity
    case .refused(let refusal):
      OutcomeWriter.refuse(record.kind, refusal, into: &out)
    case .repeated(let place):
      books.header.counters.requestsRepeated += 1
      let mark = OutcomeWriter.begin(record.kind, into: &out)
      answerSupplyAgain(books.ended[place.number], into: &out)
      OutcomeWriter.end(mark, into: &out)
    }
    return nil
  }
}
