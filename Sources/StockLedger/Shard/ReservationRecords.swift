import Primitives

// Writing reservations, lines and answers into outcome records.

/// The greatest lengths of parts of records, in bytes; texts have 64 and their length.
enum RecordRoom {
  /// Length, kind, refusal, outcome, flag and a count.
  static let frame = 16
  /// Record R without its lines, and a count.
  static let head = 224
  static let reservationLine = 3 * 65 + 28
  static let result = 65 + 19
  static let assignment = 2 * 65 + 12
  /// A reserve of one line that got everything from one account.
  static let usual = frame + head + reservationLine + 2 + result + assignment
}

// Functions that only read are `mutating` too where they are called from closures: then the state is
// passed by its address, and never copied.
extension ShardState {
  /// Room for record R and its first results.
  func room(of row: ReservationRow) -> Int {
    let perLine = RecordRoom.reservationLine + RecordRoom.result + RecordRoom.assignment
    return RecordRoom.head + Int(row.lineCount) * perLine + books.heap.length(row.answer)
  }

  /// The same for a reservation that may be gone.
  func room(of row: ReservationRow?) -> Int {
    guard let row else { return RecordRoom.head }
    return room(of: row)
  }

  /// Room for the results of the scratch lines.
  var resultsRoom: Int {
    2 + scratch.lines.count * RecordRoom.result
      + scratch.assignments.count * RecordRoom.assignment
  }

  /// Record R: the reservation as it is now.
  mutating func write(_ row: ReservationRow, number: UInt64, into out: inout RecordBuffer) {
    out.put(
      number, row.stateByte, row.state == .held ? row.deadline : Absent.time, UInt64(row.version))
    if row.texts == 0 {
      out.put(UInt16(0))
    } else {
      unsafe books.heap.withBytes(row.texts) { unsafe out.put(raw: $0) }
    }
    unsafe books.texts.withBytes(row.channel) { unsafe out.put(short: $0) }
    out.put(row.lineCount)
    for at in 0..<Int(row.lineCount) {
      let line = row.line(at, in: books.heap)
      names.putAll(line.account, into: &out)
      out.put(
        line.reserved.rawValue, line.fulfilled.rawValue, line.released.rawValue, line.day)
    }
  }

  /// Record R of a reservation of which only the request is still remembered.
  static func writeRemainder(number: UInt64, state: UInt8, into out: inout RecordBuffer) {
    out.put(number)
    out.put(state)
    out.put(Absent.time)
    out.put(UInt64(0))
    for _ in 0..<3 { out.put(UInt8(0)) }
    out.put(UInt16(0))
  }

  mutating func writeSku(_ number: UInt32, into out: inout RecordBuffer) {
    unsafe books.texts.withBytes(books.skus[UInt64(number)].text) { unsafe out.put(short: $0) }
  }

  /// `u16 n × L` from the scratch lines; texts of unknown SKUs come from the request's body.
  mutating func writeResults(_ body: UnsafeRawBufferPointer?, into out: inout RecordBuffer) {
    out.put(UInt16(scratch.lines.count))
    var next = 0
    for (at, line) in scratch.lines.enumerated() {
      let first = next
      while next < scratch.assignments.count, scratch.assignments[next].line == at { next += 1 }
      if next > first {
        names.putSku(scratch.assignments[first].account, into: &out)
      } else if line.sku != 0 {
        writeSku(line.sku, into: &out)
      } else if let body = unsafe body {
        unsafe out.put(short: ByteReader.short(body, at: line.skuOffset))
      }
      let reason = line.reserved < line.requested ? line.reason : .none
      out.put(
        line.requested.rawValue, line.reserved.rawValue, reason.rawValue, UInt16(next - first))
      for each in scratch.assignments[first..<next] {
        names.putPlace(each.account, into: &out)
        out.put(each.quantity.rawValue, each.day)
      }
    }
  }

  /// The answer of a reserve that got nothing; it changed nothing, so it is not remembered.
  mutating func writeNothing(
    _ kind: UInt8, _ body: UnsafeRawBufferPointer, into out: inout ByteWriter
  ) {
    out.append(bytesMax: RecordRoom.frame + resultsRoom) { out in
      out.begin(kind)
      out.put(FillOutcome.none.rawValue)
      out.put(UInt8(0))
      unsafe writeResults(body, into: &out)
      out.end()
    }
  }

  /// `u16 n × L` as first decided: stored where something was missing, else told by the lines.
  mutating func writeFirstResults(_ row: ReservationRow, into out: inout RecordBuffer) {
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
    out.patch(results, at: countAt)
  }

  /// One L of the assignments of one line; returns where the next line begins.
  private mutating func writeFirstResult(
    _ row: ReservationRow, from first: Int, into out: inout RecordBuffer
  ) -> Int {
    let line = row.line(first, in: books.heap)
    var end = first
    var sum = Quantity.zero
    while end < Int(row.lineCount), case let next = row.line(end, in: books.heap),
      next.line == line.line
    {
      sum += next.reserved
      end += 1
    }
    names.putSku(line.account, into: &out)
    out.put(sum.rawValue)
    out.put(sum.rawValue)
    out.put(LineReason.none.rawValue)
    out.put(UInt16(end - first))
    for at in first..<end {
      let each = row.line(at, in: books.heap)
      names.putPlace(each.account, into: &out)
      out.put(each.reserved.rawValue)
      out.put(each.day)
    }
    return end
  }

  /// A reserve that acted before: its outcome and lines as first decided, its reservation as it is.
  mutating func answerReserveAgain(_ place: RequestPlace, into out: inout ByteWriter) {
    books.header.counters.requestsRepeated += 1
    let ended = place.isLive ? nil : books.ended.read(place.number)
    let number = ended.map { books.number(of: $0) } ?? place.number
    let row = books.reservations.read(number)
    out.append(bytesMax: RecordRoom.frame + room(of: row)) { out in
      out.begin(CommandKind.reserve.rawValue)
      if let row {
        out.put(row.firstOutcome.rawValue)
        out.put(UInt8(1))
        write(row, number: number, into: &out)
        writeFirstResults(row, into: &out)
      } else if let ended {
        out.put(ended.facts.outcome)
        out.put(UInt8(1))
        Self.writeRemainder(number: number, state: ended.facts.state, into: &out)
        out.put(UInt16(0))
      }
      out.end()
    }
  }

  /// The answer of Confirm, Extend, Release and Fulfill; `results` is a block of `u16 n × L`.
  mutating func acknowledge(
    _ kind: UInt8, _ number: UInt64, _ outcome: UInt8 = FillOutcome.full.rawValue,
    results: UInt32 = 0, into out: inout ByteWriter
  ) {
    let row = books.reservations.read(number)
    let room = room(of: row) + books.heap.length(results)
    out.append(bytesMax: RecordRoom.frame + room) { out in
      writeAcknowledged(kind, outcome, number, row, state: 0, into: &out)
      unsafe books.heap.withBytes(results) { unsafe Self.writeResults(kept: $0, into: &out) }
      out.end()
    }
  }

  /// A Confirm, Extend, Release or Fulfill that acted before.
  mutating func acknowledgeAgain(
    _ kind: UInt8, _ place: RequestPlace, into out: inout ByteWriter
  ) {
    books.header.counters.requestsRepeated += 1
    let ended = books.ended[place.number]
    let number = books.number(of: ended)
    let row = books.reservations.read(number)
    let room = room(of: row) + books.heap.length(ended.facts.block)
    out.append(bytesMax: RecordRoom.frame + room) { out in
      writeAcknowledged(
        kind, ended.facts.outcome, number, row, state: ended.facts.state, into: &out)
      unsafe books.withAnswer(of: ended) { unsafe Self.writeResults(kept: $0, into: &out) }
      out.end()
    }
  }

  private mutating func writeAcknowledged(
    _ kind: UInt8, _ outcome: UInt8, _ number: UInt64, _ row: ReservationRow?, state: UInt8,
    into out: inout RecordBuffer
  ) {
    out.begin(kind)
    out.put(outcome)
    if let row {
      write(row, number: number, into: &out)
    } else {
      Self.writeRemainder(number: number, state: state, into: &out)
    }
  }

  /// `u16 n × L` as it was kept; none where nothing was.
  private static func writeResults(kept: UnsafeRawBufferPointer, into out: inout RecordBuffer) {
    if kept.count == 0 { out.put(UInt16(0)) } else { unsafe out.put(raw: kept) }
  }
}
