import Primitives

// Writing reservations, lines and answers into outcome records.

extension ShardLedger {
  /// Record R: the reservation as it is now.
  func write(_ row: ReservationRow, number: UInt64, into out: inout ByteWriter) {
    out.put(number)
    out.put(row.stateByte)
    out.put(row.state == .held ? row.deadline : Absent.time)
    out.put(UInt64(row.version))
    if row.texts == 0 {
      out.put(UInt16(0))
    } else {
      unsafe books.heap.withBytes(row.texts) { unsafe out.put(raw: $0) }
    }
    unsafe books.texts.withBytes(row.channel) { unsafe out.put(short: $0) }
    out.put(row.lineCount)
    for at in 0..<Int(row.lineCount) {
      let line = line(of: row, at)
      let account = books.accounts[UInt64(line.account)]
      writeSku(account.sku, into: &out)
      writePlace(account, into: &out)
      out.put(line.reserved.rawValue)
      out.put(line.fulfilled.rawValue)
      out.put(line.released.rawValue)
      out.put(line.day)
    }
  }

  /// Record R of a reservation of which only the request is still remembered.
  func writeRemainder(number: UInt64, state: UInt8, into out: inout ByteWriter) {
    out.put(number)
    out.put(state)
    out.put(Absent.time)
    out.put(UInt64(0))
    for _ in 0..<3 { out.put(UInt8(0)) }
    out.put(UInt16(0))
  }

  func writeSku(_ number: UInt32, into out: inout ByteWriter) {
    unsafe books.texts.withBytes(books.skus[UInt64(number)].text) { unsafe out.put(short: $0) }
  }

  func writePlace(_ account: AccountRow, into out: inout ByteWriter) {
    unsafe books.texts.withBytes(books.locations[UInt64(account.location)].text) {
      unsafe out.put(short: $0)
    }
    unsafe books.texts.withBytes(account.owner) { unsafe out.put(short: $0) }
  }

  /// `u16 n × L` from the scratch lines; texts of unknown SKUs come from the request's body.
  func writeResults(_ body: UnsafeRawBufferPointer?, into out: inout ByteWriter) {
    out.put(UInt16(scratch.lines.count))
    var next = 0
    for (at, line) in scratch.lines.enumerated() {
      if line.sku != 0 {
        writeSku(line.sku, into: &out)
      } else if let body = unsafe body {
        unsafe out.put(short: ByteReader.short(body, at: line.skuOffset))
      }
      out.put(line.requested.rawValue)
      out.put(line.reserved.rawValue)
      out.put((line.reserved < line.requested ? line.reason : .none).rawValue)
      let first = next
      while next < scratch.assignments.count, scratch.assignments[next].line == at { next += 1 }
      out.put(UInt16(next - first))
      for each in scratch.assignments[first..<next] {
        writePlace(books.accounts[UInt64(each.account)], into: &out)
        out.put(each.quantity.rawValue)
        out.put(each.day)
      }
    }
  }

  /// The answer of a reserve that got nothing; it changed nothing, so it is not remembered.
  func writeNothing(
    _ kind: UInt8, _ body: UnsafeRawBufferPointer, into out: inout ByteWriter
  ) {
    let mark = OutcomeWriter.begin(kind, into: &out)
    out.put(FillOutcome.none.rawValue)
    out.put(UInt8(0))
    unsafe writeResults(body, into: &out)
    OutcomeWriter.end(mark, into: &out)
  }

  /// `u16 n × L` as first decided: stored where something was missing, else told by the lines.
  func writeFirstResults(_ row: ReservationRow, into out: inout ByteWriter) {
    if row.answer != 0 {
      unsafe books.heap.withBytes(row.answer) { unsafe out.put(raw: $0) }
      return
    }
    let countAt = out.count
    out.put(UInt16(0))
    var results: UInt16 = 0
    var at = 0
    while at < Int(row.lineCount) {
      at = writeFirstResult(row, from: at, into: &out)
      results += 1
    }
    out.bytes[countAt] = UInt8(truncatingIfNeeded: results)
    out.bytes[countAt + 1] = UInt8(truncatingIfNeeded: results >> 8)
  }

  /// One L of the assignments of one line; returns where the next line begins.
  private func writeFirstResult(
    _ row: ReservationRow, from first: Int, into out: inout ByteWriter
  ) -> Int {
    let line = line(of: row, first)
    var end = first
    var sum = Quantity.zero
    while end < Int(row.lineCount), case let next = self.line(of: row, end),
      next.line == line.line
    {
      sum += next.reserved
      end += 1
    }
    writeSku(books.accounts[UInt64(line.account)].sku, into: &out)
    out.put(sum.rawValue)
    out.put(sum.rawValue)
    out.put(LineReason.none.rawValue)
    out.put(UInt16(end - first))
    for at in first..<end {
      let each = self.line(of: row, at)
      writePlace(books.accounts[UInt64(each.account)], into: &out)
      out.put(each.reserved.rawValue)
      out.put(each.day)
    }
    return end
  }

  /// A reserve that acted before: its outcome and lines as first decided, its reservation as it is.
  mutating func answerReserveAgain(_ place: RequestPlace, into out: inout ByteWriter) {
    books.header.counters.requestsRepeated += 1
    let mark = OutcomeWriter.begin(CommandKind.reserve.rawValue, into: &out)
    let ended = place.isLive ? nil : books.ended.read(place.number)
    let number = ended?.number ?? place.number
    if let row = books.reservations.read(number) {
      out.put(row.firstOutcome.rawValue)
      out.put(UInt8(1))
      write(row, number: number, into: &out)
      writeFirstResults(row, into: &out)
    } else if let ended {
      out.put(ended.outcome)
      out.put(UInt8(1))
      writeRemainder(number: number, state: ended.state, into: &out)
      out.put(UInt16(0))
    }
    OutcomeWriter.end(mark, into: &out)
  }

  /// The answer of Confirm, Extend, Release and Fulfill; `results` is a block of `u16 n × L`.
  func acknowledge(
    _ kind: UInt8, _ number: UInt64, _ outcome: UInt8 = FillOutcome.full.rawValue,
    results: UInt32 = 0, state: UInt8 = 0, into out: inout ByteWriter
  ) {
    let mark = OutcomeWriter.begin(kind, into: &out)
    out.put(outcome)
    if let row = books.reservations.read(number) {
      write(row, number: number, into: &out)
    } else {
      writeRemainder(number: number, state: state, into: &out)
    }
    if results == 0 {
      out.put(UInt16(0))
    } else {
      unsafe books.heap.withBytes(results) { unsafe out.put(raw: $0) }
    }
    OutcomeWriter.end(mark, into: &out)
  }

  /// A Confirm, Extend, Release or Fulfill that acted before.
  mutating func acknowledgeAgain(
    _ kind: UInt8, _ place: RequestPlace, into out: inout ByteWriter
  ) {
    books.header.counters.requestsRepeated += 1
    let ended = books.ended[place.number]
    acknowledge(
      kind, ended.number, ended.outcome, results: ended.answer, state: ended.state, into: &out)
  }
}
