import Primitives

// The usual order: one line, wherever its units lie, without a date, and the first account in order
// of assignment has them all on hand. Nearly every order is one. It does what `Admission` and
// `ReservationRecords` do, without lists of lines and assignments in between: half of the cost.

/// What a line without a unit needs of a SKU that the catalog knows and that is active. Derived, and
/// true for as long as the catalog's order is the same.
struct UsualSku: BitwiseCopyable, Sendable {
  var sku: UInt32 = 0
  /// 0 when there is none.
  var firstAccount: UInt32 = 0
  /// `catalogOrder` when this was noted.
  var order: UInt32 = 0
}

extension ShardState {
  /// What was noted of the SKU, if it holds still.
  @inline(__always)
  func usualSku(_ text: UnsafeRawBufferPointer) -> UsualSku? {
    guard let usual = unsafe recentSkus.find(text), usual.order == catalogOrder else { return nil }
    return usual
  }

  /// Answers the first account; 0 when the order of assignment has to be found first.
  mutating func noteUsual(
    _ text: UnsafeRawBufferPointer, _ sku: UInt32, _ row: SkuRow
  ) -> UInt32 {
    guard row.sortedBy == catalogOrder else { return 0 }
    let first = row.accounts == 0 ? 0 : books.row(row.accounts, at: 0, as: UInt32.self)
    unsafe recentSkus.note(
      text, UsualSku(sku: sku, firstAccount: first, order: catalogOrder))
    return first
  }

  /// Takes all units of the line from the first account's on hand; false, with nothing changed,
  /// when that is not so simple.
  @inline(__always)
  mutating func takeAtOnce(_ line: RequestLine, into row: inout ReservationRow) -> Bool {
    guard line.firstAccount != 0, line.reason == .none, line.wish == RequestLine.anyLocation else {
      return false
    }
    let isTaken = books.accounts.update(UInt64(line.firstAccount)) { account in
      guard account.dated == 0,
        account.onHand - account.promisedOnHand - account.buffer >= line.requested
      else { return false }
      account.promisedOnHand += line.requested
      return true
    }
    guard isTaken == true else { return false }
    row.account = line.firstAccount
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
