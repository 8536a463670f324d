import Primitives

// What the records of a snapshot must add up to, beside what each of them says. The digest does not
// tell: whoever made the bytes made the digest too. Anything else would be found by a precondition
// later, which ends the process.

extension BooksHeader {
  /// Numbers and places so far from their end that adding to them never overflows.
  private static let numberMax = UInt64(1) << 62

  var isSane: Bool {
    lastReservation < Self.numberMax && lastFact < Self.numberMax && endedTail < Self.numberMax
      && rules >= .first && endedHead <= keptHead && keptHead <= endedTail && endedHead > 0
      // Places are told apart by 32 bits.
      && endedTail - endedHead <= UInt64(UInt32.max)
  }

  /// The highest number of a section's records.
  func numberMax(_ section: ShardSection) -> UInt64 {
    switch section {
    case .header: 0
    case .skus: UInt64(lastSku)
    case .locations: UInt64(lastLocation)
    case .accounts: UInt64(lastAccount)
    case .marks: UInt64(lastMark)
    case .facts: lastFact
    case .reservations: lastReservation
    case .ended, .endedSeconds: endedTail - 1
    }
  }

  func numberMin(_ section: ShardSection) -> UInt64 {
    switch section {
    case .ended: endedHead
    case .endedSeconds: endedHead + 1
    default: 1
    }
  }
}

extension ShardState {
  /// Tables that never lose a row have one for each number that was given out.
  var areNumbersSane: Bool {
    let header = books.header
    return books.skus.count == Int(header.lastSku)
      && books.locations.count == Int(header.lastLocation)
      && books.accounts.count == Int(header.lastAccount)
      && books.marks.count == Int(header.lastMark)
  }

  /// Whether ended requests, the seconds of their runs, and ended reservations belong together.
  var isEndedSane: Bool {
    let header = books.header
    return UInt64(books.ended.count) == header.endedTail - header.endedHead
      && areRunsSane && areEndedReservationsSane
  }

  /// Runs of places begin in ascending seconds.
  private var areRunsSane: Bool {
    let header = books.header
    if header.endedHead == header.endedTail { return books.endedSeconds.count == 0 }
    var last = header.endedHeadSeconds
    var isAscending = true
    books.endedSeconds.forEach { _, seconds in
      if seconds <= last { isAscending = false }
      last = seconds
    }
    return isAscending && last == header.endedTailSeconds && last <= nowSeconds
  }

  /// An ended reservation and the place where it ended name each other.
  private var areEndedReservationsSane: Bool {
    var place = books.header.keptHead
    var named = 0
    while place < books.header.endedTail {
      guard let ended = books.ended.read(place) else { return false }
      if ended.facts.kind == CommandKind.reserve.rawValue,
        let row = books.reservations.read(books.number(of: ended))
      {
        guard row.state.isEnded, row.deadline == Int64(bitPattern: place) else { return false }
        named += 1
      }
      place += 1
    }
    return named == books.reservations.count - liveReservations
  }
}
