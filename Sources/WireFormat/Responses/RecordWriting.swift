internal import Primitives
internal import StockLedger

// The ledger's records, written as protobuf without anything in between.

extension ProtoWriter {
  /// A `Reservation` as field `field`, from a record at the reader's place.
  mutating func reservation(_ field: UInt32, _ body: inout ByteReader, _ shard: ShardNames) {
    let record = ReservationRecord(from: &body)
    let mark = begin(field)
    name(1, shard, record.number)
    unsafe put(2, record.orderID)
    unsafe put(3, record.customer)
    unsafe put(4, record.channel)
    put(5, shard.pool)
    put(6, shard.region)
    put(7, UInt64(record.state))
    if record.expiresAt != Absent.time { put(8, timestamp: record.expiresAt) }
    for _ in 0..<record.lineCount { reservationLine(&body) }
    put(10, record.version)
    end(mark)
  }

  private mutating func reservationLine(_ body: inout ByteReader) {
    let line = ReservationLineRecord(from: &body)
    let mark = begin(9)
    unsafe put(1, line.sku)
    unsafe put(2, line.location)
    unsafe put(3, line.owner)
    put(4, line.reserved)
    put(5, line.fulfilled)
    put(6, line.released)
    if line.day != Absent.day { put(7, day: line.day) }
    end(mark)
  }

  /// `u16 n × L` as `LineResult` messages.
  mutating func lineResults(_ field: UInt32, _ body: inout ByteReader) {
    for _ in 0..<body.get(UInt16.self) {
      let line = LineResultRecord(from: &body)
      let mark = begin(field)
      unsafe put(1, line.sku)
      put(2, line.requested)
      put(3, line.reserved)
      put(4, lineReason(line.reason))
      for _ in 0..<line.assignmentCount { assignment(&body) }
      end(mark)
    }
  }

  private mutating func assignment(_ body: inout ByteReader) {
    let assignment = AssignmentRecord(from: &body)
    let mark = begin(5)
    unsafe put(1, assignment.location)
    unsafe put(2, assignment.owner)
    put(3, assignment.quantity)
    if assignment.day != Absent.day { put(4, day: assignment.day) }
    end(mark)
  }

  private mutating func name(_ field: UInt32, _ shard: ShardNames, _ number: UInt64) {
    var digits = InlineArray<20, UInt8>(repeating: 0)
    var first = 20
    var rest = number
    repeat {
      first -= 1
      digits[first] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    } while rest > 0
    tag(field, 2)
    varint(UInt64(shard.namePrefix.count + 20 - first))
    raw(shard.namePrefix)
    unsafe withUnsafeBytes(of: digits) {
      unsafe raw(UnsafeRawBufferPointer(rebasing: $0[first...]))
    }
  }

  mutating func point(logTime: UInt32, position: UInt32, _ point: AnswerPoint) {
    put(logTime, timestamp: point.logTime.milliseconds)
    put(position, shard: point.shard.id, index: point.index)
  }

  mutating func id(_ field: UInt32, _ id: RequestID) {
    unsafe id.withBytes { unsafe put(field, $0) }
  }

  /// The ledger's reason as `holdfast.v1.LineReason`.
  private func lineReason(_ raw: UInt8) -> UInt64 {
    switch LineReason(rawValue: raw) {
    case .none?: 0
    case .unknownSku: 1
    case .unknownUnit: 2
    case .unknownLocation: 3
    case .insufficientSupply: 4
    case .bufferProtected: 5
    case nil: preconditionFailure("line reason \(raw)")
    }
  }
}
