package import Primitives
package import StockLedger

// The ledger's and the catalog's own values as messages, for reads.

extension String {
  fileprivate init(utf8 bytes: [UInt8]) { self = String(decoding: bytes, as: UTF8.self) }
  fileprivate init(utf8 bytes: UnsafeRawBufferPointer) {
    self = unsafe String(decoding: bytes, as: UTF8.self)
  }
}

extension API.Position {
  package init(_ point: AnswerPoint) {
    self.init()
    shard = point.shard.id.rawValue
    index = point.index.rawValue
  }
}

extension API.Reservation {
  /// One reservation record at the reader's place; nil when it is cut off.
  package init?(from body: inout ByteReader, shard: ShardNames) {
    self.init()
    let record = ReservationRecord(from: &body)
    guard body.isValid, let state = API.ReservationState(rawValue: Int32(record.state)) else {
      return nil
    }
    name = ReservationName(pool: shard.pool, region: shard.region, number: record.number).text
    orderID = unsafe String(utf8: record.orderID)
    customer = unsafe String(utf8: record.customer)
    channel = unsafe String(utf8: record.channel)
    pool = String(utf8: shard.pool)
    region = String(utf8: shard.region)
    self.state = state
    if record.expiresAt != Absent.time { expiresAt = LogTime(milliseconds: record.expiresAt) }
    for _ in 0..<record.lineCount where body.isValid {
      lines.append(API.ReservationLine(from: &body))
    }
    version = record.version
    guard body.isValid else { return nil }
  }
}

extension API.ReservationLine {
  fileprivate init(from body: inout ByteReader) {
    self.init()
    let line = ReservationLineRecord(from: &body)
    sku = unsafe String(utf8: line.sku)
    location = unsafe String(utf8: line.location)
    owner = unsafe String(utf8: line.owner)
    reserved = line.reserved
    fulfilled = line.fulfilled
    released = line.released
    if line.day != Absent.day { date = CivilDate(dayNumber: line.day) }
  }
}

extension API.SkuAvailability {
  /// What `ShardLedger.availability` appended for a SKU; `records` nil when it knows none.
  package init(sku: String, records: UnsafeRawBufferPointer?) {
    self.init()
    self.sku = sku
    guard let records = unsafe records else {
      reason = .unknownSku
      return
    }
    var sum = AvailabilityRecord()
    unsafe AvailabilityRecord.each(of: records) { account in
      sum.add(account)
      var here = API.LocationAvailability()
      here.location = unsafe String(utf8: account.location)
      here.owner = unsafe String(utf8: account.owner)
      (here.onHand, here.reserved, here.atp) = (account.onHand, account.reserved, account.atp)
      locations.append(here)
    }
    (onHand, reserved, atp) = (sum.onHand, sum.reserved, sum.atp)
  }
}

extension API.GetPositionResponse {
  package init(_ key: AccountKey, _ books: AccountBooks, pool: [UInt8]) {
    self.init()
    sku = String(utf8: key.sku)
    location = String(utf8: key.location)
    owner = String(utf8: key.owner)
    self.pool = String(utf8: pool)
    onHand = books.onHand
    dated = books.dated
    shortfall = books.shortfall
    unpromised = books.unpromised
    promised = books.promised
    promisedOnHand = books.promisedOnHand
    buffer = books.buffer
    countingSource = String(utf8: books.countingSource)
    countedVersion = books.countedVersion
    keptFacts = UInt32(books.keptFacts)
    sources = books.highWaterMarks.map {
      var mark = API.SourceMark()
      mark.source = String(utf8: $0.source)
      mark.sequence = $0.sequence
      return mark
    }
  }
}

extension API.Sku {
  package init(_ item: SkuItem) {
    self.init()
    sku = String(utf8: item.sku)
    baseUnit = String(utf8: item.baseUnit)
    active = item.active
    version = item.version
    units = item.units.map {
      var unit = API.SkuUnit()
      unit.unit = String(utf8: $0.unit)
      unit.baseUnitsEach = $0.baseUnitsEach
      return unit
    }
  }
}

extension API.Location {
  package init(_ item: LocationItem) {
    self.init()
    location = String(utf8: item.location)
    region = String(utf8: item.region)
    zone = String(utf8: item.zone)
    version = item.version
  }
}

extension API.Pool {
  package init(_ item: PoolItem) {
    self.init()
    pool = String(utf8: item.pool)
    regions = item.regions.map { String(utf8: $0) }
    locations = item.locations.map { String(utf8: $0) }
    version = item.version
  }
}

extension API.Account {
  package init(_ item: AccountItem) {
    self.init()
    sku = String(utf8: item.key.sku)
    location = String(utf8: item.key.location)
    owner = String(utf8: item.key.owner)
    pool = String(utf8: item.pool)
    buffer = item.buffer
    version = item.version
  }
}
