import Primitives

// A reservation's lines, wherever they lie, and how a reservation ends.

extension ReservationRow {
  /// A function of the row and the heap alone: one of the whole state might copy that for a call.
  func line(_ at: Int, in heap: ByteHeap) -> LineRow {
    if lines == 0 {
      precondition(at == 0, "line \(at) of a reservation with one")
      return LineRow(
        account: account, day: Absent.day, reserved: reserved, fulfilled: fulfilled,
        released: released, line: 0, wished: UInt16(flags & ReservationRow.wished))
    }
    return unsafe heap.withBytes(lines) { bytes in
      unsafe bytes.loadUnaligned(
        fromByteOffset: LinesHead.bytes + at * LineRow.bytes, as: LineRow.self)
    }
  }

  func hasUnitsLeft(in heap: ByteHeap) -> Bool {
    for at in 0..<Int(lineCount) where line(at, in: heap).left.isPositive { return true }
    return false
  }
}

extension ShardState {
  /// Writes what became of a line's units; its account and day stay.
  mutating func setLine(of row: inout ReservationRow, _ at: Int, _ line: LineRow) {
    precondition(
      !line.left.isNegative && !line.fulfilled.isNegative && !line.released.isNegative,
      "line with \(line.reserved.rawValue) reserved, \(line.fulfilled.rawValue) fulfilled")
    if row.lines == 0 {
      row.fulfilled = line.fulfilled
      row.released = line.released
    } else {
      books.setRow(row.lines, at: LinesHead.bytes + at * LineRow.bytes, line)
    }
  }

  func requiredBy(of row: ReservationRow) -> Int32 {
    row.lines == 0 ? Absent.day : books.row(row.lines, at: 0, as: LinesHead.self).requiredBy
  }

  /// Puts assignments (in `scratch.assignments`, in order of line) into the row or a block.
  mutating func storeLines(of row: inout ReservationRow, requiredBy: Int32) {
    let assignments = scratch.assignments
    books.freeBlock(row.lines)
    row.lines = 0
    row.lineCount = UInt16(assignments.count)
    row.flags &= ~ReservationRow.wished
    if assignments.count == 1, requiredBy == Absent.day, assignments[0].day == Absent.day {
      row.account = assignments[0].account
      row.reserved = assignments[0].quantity
      row.fulfilled = .zero
      row.released = .zero
      if scratch.lines[assignments[0].line].wish != RequestLine.anyLocation {
        row.flags |= ReservationRow.wished
      }
      return
    }
    row.account = 0
    row.reserved = .zero
    row.fulfilled = .zero
    row.released = .zero
    var block = ByteWriter(reserving: LinesHead.bytes + assignments.count * LineRow.bytes)
    unsafe withUnsafeBytes(of: LinesHead(requiredBy: requiredBy)) { unsafe block.put(raw: $0) }
    for each in assignments {
      let wished = scratch.lines[each.line].wish != RequestLine.anyLocation
      let line = LineRow(
        account: each.account, day: each.day, reserved: each.quantity, line: UInt16(each.line),
        wished: wished ? 1 : 0)
      unsafe withUnsafeBytes(of: line) { unsafe block.put(raw: $0) }
    }
    row.lines = books.heap.allocate(block.bytes)
  }

  /// The common end of every reservation: it leaves the live ones, and its request id the live ids.
  mutating func end(_ number: UInt64, _ row: inout ReservationRow, as state: ReservationState) {
    precondition(state.isEnded && !row.state.isEnded, "reservation \(number) ends twice")
    liveReservations -= 1
    liveLines -= Int(row.lineCount)
    row.state = state
    row.version += 1
    row.deadline = Int64(bitPattern: books.header.endedTail)
    books.reservations[number] = row
    requests.removeLive(row.requestID)
    remember(
      EndedRequest(
        requestID: row.requestID, fingerprint: row.fingerprint, number: number,
        stampSeconds: row.stampSeconds, kind: .reserve, outcome: row.firstOutcome,
        stateByte: state.rawValue))
  }
}
