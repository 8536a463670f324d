import Primitives

// Extend: a hold lives longer (trap 7). A deadline never comes nearer.

extension ShardState {
  mutating func extend(
    _ record: CommandRecord, _ body: inout ByteReader, into out: inout ByteWriter
  ) {
    let number = body.get(UInt64.self)
    let ttl = body.get(Int64.self)
    guard ttl >= limits.ttlMinMilliseconds, ttl <= limits.ttlMaxMilliseconds, body.isAtEnd else {
      return OutcomeWriter.refuse(record.kind, .invalidArgument, into: &out)
    }
    guard let identity = admitCall(record, into: &out) else { return }
    guard var row = currentReservation(number) else {
      return OutcomeWriter.refuse(record.kind, .unknownReservation, into: &out)
    }
    guard row.state == .held else {
      return OutcomeWriter.refuse(record.kind, .wrongState, state: row.state, into: &out)
    }
    let deadline = books.header.logTime.milliseconds + ttl
    if deadline > row.deadline {
      unindexDeadline(number, row)
      row.deadline = deadline
      row.version += 1
      books.reservations[number] = row
      indexDeadline(number, row)
      remember(EndedRequest(identity, .extend, number: number))
    }
    acknowledge(record.kind, number, into: &out)
  }
}
