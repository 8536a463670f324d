import Primitives

// SyncSupply: absolute counts, possible under live holds (trap 9). A count replaces what its source
// told up to its version, and what came later is applied to it again (rule S2, trap 8).

extension ShardState {
  mutating func syncSupply(
    _ record: CommandRecord, _ body: inout ByteReader, into out: inout ByteWriter
  ) {
    let source = unsafe body.getShort()
    let version = body.get(UInt64.self)
    let countedAt = body.get(Int64.self)
    let rowsAt = body.offset
    guard unsafe !source.isEmpty, source.count <= limits.textBytesMax,
      version > 0 || countedAt != Absent.time,
      countedAt <= books.header.logTime.milliseconds + limits.futureToleranceMilliseconds,
      areRowsAllowed(&body), body.isValid, body.isAtEnd
    else { return OutcomeWriter.refuse(record.kind, .invalidArgument, into: &out) }
    guard let identity = admitSupply(record, into: &out) else { return }
    var rows = unsafe ByteReader(record.body, from: rowsAt)
    let refusal = refusalOfRows(&rows)
    guard refusal == .none else { return OutcomeWriter.refuse(record.kind, refusal, into: &out) }
    guard let sourceText = unsafe internForClient(source) else {
      return OutcomeWriter.refuse(record.kind, .ledgerFull, into: &out)
    }
    rows = unsafe ByteReader(record.body, from: rowsAt)
    let count = Count(source: sourceText, version: version, countedAt: countedAt)
    countRows(count, &rows, record, identity, into: &out)
  }

  private mutating func countRows(
    _ count: Count, _ rows: inout ByteReader, _ record: CommandRecord,
    _ identity: RequestIdentity, into out: inout ByteWriter
  ) {
    let mark = OutcomeWriter.begin(record.kind, into: &out)
    let bodyAt = out.count
    let n = rows.get(UInt32.self)
    out.put(n)
    var changed = false
    for _ in 0..<n {
      let number = unsafe findAccount(rows.getShort(), rows.getShort(), rows.getShort()).number
      let outcome = countRow(count, number, &rows)
      changed = changed || outcome == .applied || outcome == .shortfall
      out.put(outcome.rawValue)
      out.put(
        outcome == .shortfall ? books.shortfall(books.accounts[UInt64(number)]).rawValue : 0)
    }
    OutcomeWriter.end(mark, into: &out)
    if changed { rememberSupply(identity, .syncSupply, answerAt: bodyAt, of: out) }
  }

  private mutating func countRow(
    _ count: Count, _ number: UInt32, _ rows: inout ByteReader
  ) -> RowOutcome {
    let onHand = Quantity(rows.get())
    var days: [DatedBucket] = []
    for _ in 0..<rows.get(UInt16.self) {
      let day = rows.get(Int32.self)
      let isAdded = days.addSupply(Quantity(rows.get()), day: day)
      precondition(isAdded, "inbound of day \(day) passes the limit")
      _ = unsafe rows.getShort()
    }
    let outcome = take(count, number, onHand, &days)
    if outcome == .staleVersion { books.header.counters.factsStale += 1 }
    if outcome == .quarantined { books.header.counters.factsQuarantined += 1 }
    return outcome
  }

  private mutating func take(
    _ count: Count, _ number: UInt32, _ onHand: Quantity, _ days: inout [DatedBucket]
  ) -> RowOutcome {
    var account = books.accounts[UInt64(number)]
    if account.countingSource != 0 {
      guard account.countingSource == count.source else { return .quarantined }
      let isOld =
        count.version > 0
        ? count.version <= account.countedVersion : count.countedAt <= account.countedAt
      if isOld { return .staleVersion }
    }
    dropOldFacts(of: &account)
    books.accounts[UInt64(number)] = account
    if isTooOld(count, for: account) { return .quarantined }
    var counted = account
    counted.onHand = onHand
    guard reapplyLaterFacts(count, of: account, to: &counted, &days) else { return .quarantined }
    account.onHand = counted.onHand
    carryPromises(of: account, into: &days)
    guard days.count <= limits.datedDaysMax else { return .quarantined }
    books.setBuckets(&days, of: &account)
    forgetCovered(count, of: &account)
    account.countingSource = count.source
    account.countedVersion = max(account.countedVersion, count.version)
    account.countedAt = max(account.countedAt, count.countedAt)
    books.accounts[UInt64(number)] = account
    books.header.counters.factsApplied += 1
    return coverPromises(number) ? .applied : .shortfall
  }

  /// Promises stay bound to their days, whatever the count says of supply.
  private func carryPromises(of account: AccountRow, into days: inout [DatedBucket]) {
    for bucket in books.rows(account.dated, as: DatedBucket.self) where bucket.promised != .zero {
      let isAdded = days.addSupply(.zero, day: bucket.day)
      guard isAdded, let at = days.firstIndex(where: { $0.day == bucket.day }) else {
        preconditionFailure("day \(bucket.day) is lost")
      }
      days[at].promised = bucket.promised
    }
  }
}

// Reading.
extension ShardState {
  private func areRowsAllowed(_ body: inout ByteReader) -> Bool {
    let n = Int(body.get(UInt32.self))
    guard n >= 1, n <= limits.syncRowsMax else { return false }
    for _ in 0..<n {
      for _ in 0..<3 {
        if unsafe body.getShort().count > limits.textBytesMax { return false }
      }
      let onHand = body.get(Int64.self)
      guard onHand >= 0, onHand <= limits.quantityMax else { return false }
      let inbound = Int(body.get(UInt16.self))
      guard inbound <= limits.inboundPerRowMax else { return false }
      for _ in 0..<inbound {
        let day = body.get(Int32.self)
        let quantity = body.get(Int64.self)
        let reference = unsafe body.getShort()
        guard day != Absent.day, isDayAllowed(day), quantity >= 1,
          quantity <= limits.quantityMax, reference.count <= limits.textBytesMax
        else { return false }
      }
      guard body.isValid else { return false }
    }
    return true
  }

  /// The first row without an account here refuses the call: nothing is counted by halves.
  private mutating func refusalOfRows(_ rows: inout ByteReader) -> CallRefusal {
    for _ in 0..<rows.get(UInt32.self) {
      let found = unsafe findAccount(rows.getShort(), rows.getShort(), rows.getShort())
      if found.refusal != .none { return found.refusal }
      _ = rows.get(Int64.self)
      for _ in 0..<rows.get(UInt16.self) {
        _ = rows.get(Int32.self)
        _ = rows.get(Int64.self)
        _ = unsafe rows.getShort()
      }
    }
    return .none
  }
}
