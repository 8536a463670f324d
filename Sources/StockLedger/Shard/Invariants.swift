import Primitives

extension ShardState {
  /// Walks everything and traps, with numbers, where the books do not balance: the promises of each
  /// account and day are those of its live reservations; nothing is negative; each reservation is
  /// remembered by its request, and each hold has its deadline.
  func checkInvariants() {
    let promised = promisesOfReservations()
    checkAccounts(promised)
    checkRequests()
    checkFacts()
  }

  /// What live reservations have bound, in order of (account, day); derived anew.
  private func promisesOfReservations() -> [(account: UInt32, day: Int32, units: Quantity)] {
    var all: [(account: UInt32, day: Int32, units: Quantity)] = []
    var held = 0
    var live = 0
    var lines = 0
    books.reservations.forEach { number, row in
      precondition(number <= books.header.lastReservation, "reservation \(number) is ahead")
      for at in 0..<Int(row.lineCount) {
        let line = row.line(at, in: books.heap)
        precondition(
          line.reserved.isPositive && !line.fulfilled.isNegative && !line.released.isNegative
            && !line.left.isNegative,
          "reservation \(number): \(line.reserved.rawValue) reserved, "
            + "\(line.fulfilled.rawValue) fulfilled, \(line.released.rawValue) released")
        if !row.state.isEnded { all.append((line.account, line.day, line.left)) }
      }
      if row.state.isEnded { return checkEnded(number, row) }
      live += 1
      lines += Int(row.lineCount)
      precondition(
        row.hasUnitsLeft(in: books.heap), "reservation \(number) lives with nothing left")
      precondition(
        requests.find(row.requestID, in: books) == .live(number),
        "reservation \(number) has lost its request")
      if row.state == .held {
        held += 1
        let key = PairKey(UInt64(bitPattern: row.deadline), number)
        precondition(deadlines.contains(key), "hold \(number) has no deadline")
      }
    }
    precondition(held == deadlines.count, "\(held) holds, \(deadlines.count) deadlines")
    precondition(live == liveReservations, "\(live) live, \(liveReservations) counted")
    precondition(lines == liveLines, "\(lines) live lines, \(liveLines) counted")
    return all.sorted { ($0.account, $0.day) < ($1.account, $1.day) }
  }

  private func checkEnded(_ number: UInt64, _ row: ReservationRow) {
    let place = UInt64(bitPattern: row.deadline)
    precondition(
      place >= books.header.keptHead
        && books.ended.read(place).map { books.number(of: $0) } == number,
      "reservation \(number) ended at place \(place), kept from \(books.header.keptHead)")
  }

  private func checkAccounts(
    _ promised: [(account: UInt32, day: Int32, units: Quantity)]
  ) {
    var next = 0
    books.accounts.forEach { number, account in
      var onHand = Quantity.zero
      var days: [DatedBucket] = []
      books.buckets(of: account, into: &days)
      var bound = days.map { DatedBucket(day: $0.day, supply: $0.supply, promised: .zero) }
      while next < promised.count, UInt64(promised[next].account) == number {
        let each = promised[next]
        next += 1
        if each.day == Absent.day {
          onHand += each.units
        } else if let at = bound.firstIndex(where: { $0.day == each.day }) {
          bound[at].promised += each.units
        } else {
          precondition(each.units == .zero, "account \(number): no bucket for day \(each.day)")
        }
      }
      precondition(
        onHand == account.promisedOnHand && bound == days,
        "account \(number) promises \(account.promised.rawValue), its reservations "
          + "\((onHand + bound.reduce(.zero) { $0 + $1.promised }).rawValue)")
      checkBooks(number, account, days)
    }
    precondition(next == promised.count, "promises of an account that is not there")
  }

  /// Rule R1, for the account and for each day.
  private func checkBooks(_ number: UInt64, _ account: AccountRow, _ days: [DatedBucket]) {
    let sums = days.reduce((Quantity.zero, Quantity.zero)) {
      precondition(
        !$1.supply.isNegative && !$1.promised.isNegative,
        "account \(number): \($1.supply.rawValue) units for day \($1.day)")
      return ($0.0 + $1.supply, $0.1 + $1.promised)
    }
    precondition(
      sums == (account.datedSupply, account.promisedDated), "account \(number): sums by day")
    let shortfall = books.shortfall(account)
    let unpromised = account.supply + shortfall - account.promised
    precondition(
      !account.onHand.isNegative && !account.buffer.isNegative && !unpromised.isNegative
        && !shortfall.isNegative,
      "account \(number): \(account.onHand.rawValue) on hand, \(unpromised.rawValue) unpromised")
    for (before, after) in zip(days, days.dropFirst()) {
      precondition(before.day < after.day, "account \(number): days out of order")
    }
  }

  private func checkRequests() {
    let header = books.header
    precondition(
      header.endedHead <= header.keptHead && header.keptHead <= header.endedTail
        && UInt64(books.ended.count) == header.endedTail - header.endedHead,
      "ended \(header.endedHead)..<\(header.endedTail), kept \(header.keptHead), "
        + "\(books.ended.count) rows")
    var remembered = liveReservations
    books.ended.forEach { place, row in
      guard row.facts.kind != EndedFacts.void else { return }
      remembered += 1
      precondition(
        requests.find(row.requestID, in: books) == .ended(place),
        "request at place \(place) is lost")
    }
    precondition(
      remembered == requests.count, "\(remembered) requests, \(requests.count) indexed")
    checkEndedSeconds()
  }

  /// Runs of places begin within the places, later ones in later seconds.
  private func checkEndedSeconds() {
    let header = books.header
    var last = header.endedHeadSeconds
    books.endedSeconds.forEach { place, seconds in
      precondition(
        place > header.endedHead && place < header.endedTail && seconds > last,
        "place \(place) ended in second \(seconds), one before in \(last)")
      last = seconds
    }
    precondition(
      header.endedHead == header.endedTail || last == header.endedTailSeconds,
      "the last run ended in second \(last), not \(header.endedTailSeconds)")
  }

  private func checkFacts() {
    var kept = 0
    books.accounts.forEach { number, account in
      var fact = account.firstFact
      var length = 0
      while fact != 0 {
        length += 1
        precondition(length <= limits.factsPerAccountMax, "account \(number): facts in a circle")
        let row = books.facts[fact]
        precondition(row.next != 0 || fact == account.lastFact, "account \(number): last fact")
        fact = row.next
      }
      precondition(
        length == Int(account.factCount),
        "account \(number): \(length) facts, \(account.factCount) counted")
      kept += length
    }
    precondition(kept == books.facts.count, "\(kept) facts kept, \(books.facts.count) rows")
  }
}
