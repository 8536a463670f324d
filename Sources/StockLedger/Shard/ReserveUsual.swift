import Primitives

// The usual order: one line, wherever its units lie, without a date, and the first account in order
// of assignment has them all on hand. Nearly every order is one. It does what `Admission` and
// `ReservationRecords` do, without lists of lines and assignments in between: half of the cost.

extension ShardState {
  /// Takes all units of the line from the first account's on hand; false, with nothing changed,
  /// when that is not so simple.
  @inline(__always)
  mutating func takeAtOnce(_ line: RequestLine, into row: inout ReservationRow) -> Bool {
    guard line.accounts != 0, line.reason == .none, line.wish == RequestLine.anyLocation else {
      return false
    }
    let first = books.row(line.accounts, at: 0, as: UInt32.self)
    let isTaken = books.accounts.update(UInt64(first)) { account in
      guard account.dated == 0,
        account.onHand - account.promisedOnHand - account.buffer >= line.requested
      else { return false }
      account.promisedOnHand += line.requested
      return true
    }
    guard isTaken == true else { return false }
    row.account = first
    row.reserved = line.requested
    return true
  }

  @inline(__always)
  mutating func insertUsual(
    _ filled: ReservationRow, _ hash: UInt64, _ record: CommandRecord, _ head: ReserveHead,
    into out: inout ByteWriter
  ) {
    var row = filled
    storeTexts(of: &row, record, head)
    let number = nextNumber(row)
    let texts = unsafe UnsafeRawBufferPointer(rebasing: record.body[..<head.channelEnd])
    out.append(bytesMax: RecordRoom.usual) { out in
      out.put(UInt32(0), record.kind, CallRefusal.none.rawValue, FillOutcome.full.rawValue)
      out.put(UInt8(1), number, row.stateByte, row.deadline)
      out.put(UInt64(row.version))
      unsafe writeUsual(row, texts, into: &out)
      out.end()
    }
    insert(row, hash, at: number)
  }

  /// The rest of record R and the line's result; the body spells order, customer and channel just
  /// as the record does. `mutating` as said in `ReservationRecords`.
  @inline(__always)
  private mutating func writeUsual(
    _ row: ReservationRow, _ texts: UnsafeRawBufferPointer, into out: inout RecordBuffer
  ) {
    let reserved = row.reserved.rawValue
    unsafe out.put(raw: texts)
    unsafe names.withNames(row.account) { names, skuEnd in
      out.put(row.lineCount)
      unsafe out.put(raw: names)
      out.put(reserved, Int64(0), Int64(0), Absent.day)
      out.put(UInt16(1))
      unsafe out.put(raw: UnsafeRawBufferPointer(rebasing: names[..<skuEnd]))
      out.put(reserved, reserved, LineReason.none.rawValue, UInt16(1))
      unsafe out.put(raw: UnsafeRawBufferPointer(rebasing: names[skuEnd...]))
      out.put(reserved, Absent.day)
    }
  }
}
