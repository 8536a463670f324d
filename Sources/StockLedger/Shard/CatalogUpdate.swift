import Primitives

// What the shard learns of the catalog: pushed in pieces with ascending versions, each an entry of
// the shard's own log, so that admission reads nothing but that log.

extension ShardState {
  /// Does nothing in an entry of another term than it was made for (rule C5), when a piece before
  /// it is missing, or when it brings nothing new.
  mutating func updateCatalog(_ body: inout ByteReader, into out: inout ByteWriter) {
    let term = Term(body.get())
    let from = body.get(UInt64.self)
    let to = body.get(UInt64.self)
    let count = body.get(UInt32.self)
    let version = books.header.catalogVersion
    if term == books.header.appliedTerm, from <= version, to > version {
      for _ in 0..<count { applyItem(&body) }
      precondition(body.isValid && body.isAtEnd, "catalog update of \(body.offset) bytes")
      books.header.catalogVersion = to
      refreshLocationOrder()
    }
    let kind = CommandKind.catalogUpdate.rawValue
    OutcomeWriter.end(OutcomeWriter.begin(kind, into: &out), into: &out)
  }

  private mutating func applyItem(_ body: inout ByteReader) {
    switch CommandKind(rawValue: body.get(UInt8.self)) {
    case .putSku: applySku(&body)
    case .putLocation: applyLocation(&body)
    case .putPool: applyPool(&body)
    case .putAccount: applyAccount(&body)
    default: preconditionFailure("catalog update with an unknown item at \(body.offset)")
    }
  }

  private mutating func applySku(_ body: inout ByteReader) {
    let number = unsafe skuNumberAdding(body.getShort())
    var row = books.skus[UInt64(number)]
    row.baseUnit = unsafe internForEver(body.getShort())
    row.isActive = body.get()
    row.isKnown = 1
    var units: [UnitRow] = []
    for _ in 0..<body.get(UInt16.self) {
      units.append(unsafe UnitRow(text: internForEver(body.getShort()), baseUnitsEach: body.get()))
    }
    if units.isEmpty {
      books.freeBlock(row.units)
      row.units = 0
    } else {
      row.units = books.replaceBlock(row.units, with: units)
    }
    books.skus[UInt64(number)] = row
  }

  private mutating func applyLocation(_ body: inout ByteReader) {
    let number = unsafe locationNumberAdding(body.getShort())
    let region = unsafe internForEver(body.getShort())
    let zone = unsafe internForEver(body.getShort())
    books.locations[UInt64(number)].region = region
    books.locations[UInt64(number)].zone = zone
  }

  /// The shard's own pool, with the shard's own region as its only one.
  private mutating func applyPool(_ body: inout ByteReader) {
    books.header.pool = unsafe [UInt8](body.getShort())
    for _ in 0..<body.get(UInt16.self) { books.header.region = unsafe [UInt8](body.getShort()) }
    books.header.poolLocations = []
    for _ in 0..<body.get(UInt16.self) {
      unsafe books.header.poolLocations.append([UInt8](body.getShort()))
    }
  }

  private mutating func applyAccount(_ body: inout ByteReader) {
    let sku = unsafe skuNumberAdding(body.getShort())
    let location = unsafe locationNumberAdding(body.getShort())
    let owner = unsafe internForEver(body.getShort())
    _ = unsafe body.getShort()
    let buffer = Quantity(body.get())
    if let number = accountNumber(sku: sku, location: location, owner: owner) {
      books.accounts[UInt64(number)].buffer = buffer
      return
    }
    books.header.lastAccount += 1
    let number = books.header.lastAccount
    var row = AccountRow(sku: sku, location: location, owner: owner)
    row.buffer = buffer
    books.accounts.insert(row, at: UInt64(number))
    indexAccount(number, row)
  }

  /// Makes the account known to lookups and to its SKU.
  mutating func indexAccount(_ number: UInt32, _ row: AccountRow) {
    accountOfTexts.insert(Self.accountKey(row.sku, row.location, row.owner), number)
    var sku = books.skus[UInt64(row.sku)]
    let location = books.locations[UInt64(row.location)].text
    unsafe books.texts.withBytes(sku.text) { sku in
      unsafe books.texts.withBytes(location) { location in
        unsafe books.texts.withBytes(row.owner) { owner in
          unsafe names.add(number, sku: sku, location: location, owner: owner)
        }
      }
    }
    var numbers = books.rows(sku.accounts, as: UInt32.self)
    numbers.append(number)
    sku.accounts = books.replaceBlock(sku.accounts, with: numbers)
    sku.sortedBy = 0
    books.skus[UInt64(row.sku)] = sku
  }

  /// An account may come before its SKU or location: items travel in order of their last change.
  private mutating func skuNumberAdding(_ text: UnsafeRawBufferPointer) -> UInt32 {
    let id = unsafe internForEver(text)
    if let number = skuOfText.read(UInt64(id)) { return number }
    books.header.lastSku += 1
    let number = books.header.lastSku
    books.skus.insert(SkuRow(text: id), at: UInt64(number))
    skuOfText.insert(number, at: UInt64(id))
    return number
  }

  private mutating func locationNumberAdding(_ text: UnsafeRawBufferPointer) -> UInt32 {
    let id = unsafe internForEver(text)
    if let number = locationOfText.read(UInt64(id)) { return number }
    books.header.lastLocation += 1
    let number = books.header.lastLocation
    books.locations.insert(LocationRow(text: id), at: UInt64(number))
    locationOfText.insert(number, at: UInt64(id))
    return number
  }

  /// Texts of the catalog are bounded by the meta ledger's own limit, which is lower.
  private mutating func internForEver(_ text: UnsafeRawBufferPointer) -> UInt32 {
    guard let id = unsafe books.texts.intern(text) else {
      preconditionFailure("catalog with more than \(limits.internedTextsMax) texts")
    }
    return id
  }

  /// Gives each location its place in the pool's order, and lets accounts be sorted anew.
  mutating func refreshLocationOrder() {
    let region = books.texts.find(books.header.region)
    var number: UInt64 = 1
    while number <= UInt64(books.header.lastLocation) {
      books.locations[number].order = LocationRow.notInPool
      number += 1
    }
    for (order, name) in books.header.poolLocations.enumerated() {
      guard let id = books.texts.find(name), let location = locationOfText.read(UInt64(id)),
        books.locations[UInt64(location)].region == region
      else { continue }
      books.locations[UInt64(location)].order = UInt32(order)
    }
    catalogOrder += 1
  }
}
