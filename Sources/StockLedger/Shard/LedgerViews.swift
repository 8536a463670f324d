import Primitives

/// Counters for status and metrics. They are part of the state: equal on all members.
package struct LedgerCounters: Sendable, Equatable {
  package var reservationsMade: UInt64 = 0
  package var reservationsConfirmed: UInt64 = 0
  package var reservationsReleased: UInt64 = 0
  package var reservationsFulfilled: UInt64 = 0
  package var reservationsExpired: UInt64 = 0
  package var linesRefused: UInt64 = 0
  package var requestsRepeated: UInt64 = 0
  package var factsApplied: UInt64 = 0
  package var factsStale: UInt64 = 0
  package var factsQuarantined: UInt64 = 0
  package init() {}
}

/// Sizes for status, metrics and benches.
package struct LedgerSizes: Sendable, Equatable {
  package var liveReservations = 0
  /// Assignments of live reservations.
  package var liveLines = 0
  /// Held reservations: those with a deadline.
  package var holds = 0
  package var rememberedRequests = 0
  package var endedRequests = 0
  /// Ended reservations that are still known in full.
  package var endedReservations = 0
  package var skus = 0
  package var accounts = 0
  package var keptFacts = 0
  package var texts = 0
  /// What the rows and their indexes take, by rule of thumb.
  package var bytes = 0
  package init() {}
}

/// All terms of one stock account's books (rule R1), in base units:
/// `onHand + dated + shortfall = unpromised + promised`.
package struct AccountBooks: Sendable, Equatable {
  /// What one source told about the account; 0 when it gave no sequences.
  package struct Mark: Sendable, Equatable {
    package var source: [UInt8]
    package var sequence: UInt64
  }

  package var onHand: Int64 = 0
  package var dated: Int64 = 0
  /// The most promised units, over all days, that supply by then does not cover.
  package var shortfall: Int64 = 0
  package var unpromised: Int64 = 0
  package var promised: Int64 = 0
  package var promisedOnHand: Int64 = 0
  package var buffer: Int64 = 0
  /// Can be promised today, the buffer taken off.
  package var availableToday: Int64 = 0
  /// Empty before the first count.
  package var countingSource: [UInt8] = []
  package var countedVersion: UInt64 = 0
  package var countedAt: Int64 = Absent.time
  /// In order of source.
  package var highWaterMarks: [Mark] = []
  package var keptFacts = 0
  package init() {}
}

/// What ListReservations may ask for; empty fields match everything.
package struct ReservationFilter: Sendable {
  package var state: ReservationState?
  package var orderID: [UInt8] = []
  package var customer: [UInt8] = []
  package init() {}
}

extension ShardState {
  var sizes: LedgerSizes {
    var sizes = LedgerSizes()
    sizes.liveReservations = liveReservations
    sizes.liveLines = liveLines
    sizes.holds = deadlines.count
    sizes.rememberedRequests = requests.count
    sizes.endedRequests = books.ended.count
    sizes.endedReservations = books.reservations.count - liveReservations
    sizes.skus = books.skus.count
    sizes.accounts = books.accounts.count
    sizes.keptFacts = books.facts.count
    sizes.texts = books.texts.count
    sizes.bytes =
      books.reservations.count * 180 + liveLines * 40 + books.ended.count * 48
      + books.accounts.count * 200 + books.facts.count * 60 + books.texts.count * 60
    return sizes
  }

  /// Appends the reservation record; false when no such reservation is known (any more).
  mutating func reservation(number: UInt64, into out: inout ByteWriter) -> Bool {
    guard let row = books.reservations.read(number) else { return false }
    out.append(bytesMax: room(of: row)) { write(row, number: number, into: &$0) }
    return true
  }

  /// Appends reservation records with numbers above `after`, in order, at most `limit`. Looks at
  /// no more than `scanMax` reservations; `last` is where the next page starts after, or nil when
  /// there are no more.
  mutating func reservations(
    after: UInt64, limit: Int, filter: ReservationFilter, into out: inout ByteWriter
  ) -> (count: Int, last: UInt64?) {
    var count = 0
    var number = after
    for _ in 0..<Self.scanMax {
      guard let next = books.reservations.next(from: number + 1) else { return (count, nil) }
      number = next.number
      guard matches(next.row, filter) else { continue }
      out.append(bytesMax: room(of: next.row)) { write(next.row, number: number, into: &$0) }
      count += 1
      if count == limit { break }
    }
    return (count, books.reservations.next(from: number + 1) == nil ? nil : number)
  }

  /// So that a page that nothing matches does not stop the shard.
  private static var scanMax: Int { 10_000 }

  private func matches(_ row: ReservationRow, _ filter: ReservationFilter) -> Bool {
    if let state = filter.state, row.state != state { return false }
    if filter.orderID.isEmpty, filter.customer.isEmpty { return true }
    guard row.texts != 0 else { return false }
    return unsafe books.heap.withBytes(row.texts) { bytes in
      var reader = unsafe ByteReader(bytes)
      let orderID = unsafe reader.getShort()
      let customer = unsafe reader.getShort()
      return unsafe (filter.orderID.isEmpty || orderID.elementsEqual(filter.orderID))
        && (filter.customer.isEmpty || customer.elementsEqual(filter.customer))
    }
  }

  /// Appends `u16 n × { short location, short owner, i64 onHand, i64 reserved, i64 atp }`, in order
  /// of assignment; false for a SKU that the catalog does not know. `atp` is what a reserve with
  /// `date` as its `required_by` would get; without a date today's.
  func availability(
    sku: UnsafeRawBufferPointer, date: Day?, into out: inout ByteWriter
  ) -> Bool {
    guard let id = unsafe books.texts.find(sku), let number = skuOfText.read(UInt64(id)),
      books.skus[UInt64(number)].isKnown == 1
    else { return false }
    let row = books.skus[UInt64(number)]
    let day = latestDay(date?.number ?? Absent.day)
    let list = accountList(of: row)
    let isInOrder = list.count < 2 || row.sortedBy == catalogOrder
    let sorted = isInOrder ? [] : books.inOrderOfAssignment(books.rows(row.accounts))
    let count = min(list.count, Int(UInt16.max))
    out.put(UInt16(count))
    for place in 0..<count {
      let number = isInOrder ? self.account(list, place) : sorted[place]
      let account = books.accounts[UInt64(number)]
      out.append(bytesMax: RecordRoom.assignment, of: names) { $0.putPlace(number, into: &$1) }
      out.put(account.onHand.rawValue)
      out.put(account.promised.rawValue)
      let free = row.isActive == 1 ? books.promisable(account, by: day) - account.buffer : .zero
      out.put(free.clamped.rawValue)
    }
    return true
  }

  /// The books of one account; nil when it has no home here.
  func position(sku: [UInt8], location: [UInt8], owner: [UInt8]) -> AccountBooks? {
    let texts = (books.texts.find(sku), books.texts.find(location), books.texts.find(owner))
    guard let skuText = texts.0, let locationText = texts.1, let ownerText = texts.2,
      let skuNumber = skuOfText.read(UInt64(skuText)),
      let locationNumber = locationOfText.read(UInt64(locationText)),
      let number = accountNumber(sku: skuNumber, location: locationNumber, owner: ownerText)
    else { return nil }
    return position(books.accounts[UInt64(number)])
  }

  private func position(_ account: AccountRow) -> AccountBooks {
    var result = AccountBooks()
    let shortfall = books.shortfall(account)
    result.onHand = account.onHand.rawValue
    result.dated = account.datedSupply.rawValue
    result.shortfall = shortfall.rawValue
    result.promised = account.promised.rawValue
    result.promisedOnHand = account.promisedOnHand.rawValue
    result.unpromised = (account.supply + shortfall - account.promised).rawValue
    result.buffer = account.buffer.rawValue
    let free = books.promisable(account, by: latestDay(Absent.day)) - account.buffer
    result.availableToday = free.clamped.rawValue
    result.countingSource = books.texts.bytes(account.countingSource)
    result.countedVersion = account.countedVersion
    result.countedAt = account.countedAt
    result.keptFacts = Int(account.factCount)
    var number = account.firstMark
    while number != 0 {
      let mark = books.marks[UInt64(number)]
      result.highWaterMarks.append(
        AccountBooks.Mark(source: books.texts.bytes(mark.source), sequence: mark.factHigh))
      number = mark.next
    }
    result.highWaterMarks.sort { $0.source.lexicographicallyPrecedes($1.source) }
    return result
  }
}
