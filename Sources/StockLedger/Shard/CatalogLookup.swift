import Primitives

/// The accounts of a SKU, in order of assignment.
struct AccountList {
  /// Block of account numbers; 0 when there are none.
  var block: UInt32
  var count: Int
}

extension ShardState {
  /// 0 for a SKU that never came up.
  @inline(__always)
  mutating func skuNumber(_ text: UnsafeRawBufferPointer) -> UInt32 {
    guard let id = unsafe books.texts.recall(text) else { return 0 }
    return skuOfText.read(UInt64(id)) ?? 0
  }

  func isActive(_ sku: UInt32) -> Bool {
    let row = books.skus[UInt64(sku)]
    return row.isKnown == 1 && row.isActive == 1
  }

  func locationNumber(_ text: UnsafeRawBufferPointer) -> UInt32? {
    guard let id = unsafe books.texts.find(text) else { return nil }
    return locationOfText.read(UInt64(id))
  }

  func accountNumber(sku: UInt32, location: UInt32, owner: UInt32) -> UInt32? {
    accountOfTexts.find(Self.accountKey(sku, location, owner))
  }

  static func accountKey(_ sku: UInt32, _ location: UInt32, _ owner: UInt32) -> Hash128 {
    Hash128(high: UInt64(sku) << 32 | UInt64(location), low: UInt64(owner))
  }

  func account(_ list: AccountList, _ place: Int) -> UInt32 {
    books.row(list.block, at: place * 4, as: UInt32.self)
  }

  /// Clients make new texts only while half of the room is free: the catalog may need the rest.
  @inline(__always)
  mutating func internForClient(
    _ text: UnsafeRawBufferPointer, counted: Bool = false
  ) -> UInt32? {
    if books.texts.count >= limits.internedTextsMax / 2, unsafe books.texts.find(text) == nil {
      return nil
    }
    return unsafe books.texts.intern(text, counted: counted)
  }

  /// Sorted again when the catalog's order changed since it was last used.
  mutating func accountsInOrder(of sku: UInt32) -> AccountList {
    var row = books.skus[UInt64(sku)]
    if row.accounts != 0, row.sortedBy != catalogOrder {
      row.accounts = books.replaceBlock(
        row.accounts, with: books.inOrderOfAssignment(books.rows(row.accounts)))
      row.sortedBy = catalogOrder
      books.skus[UInt64(sku)] = row
    }
    return accountList(of: row)
  }

  func accountList(of row: SkuRow) -> AccountList {
    AccountList(
      block: row.accounts, count: row.accounts == 0 ? 0 : books.heap.length(row.accounts) / 4)
  }

  /// The account that a supply fact speaks of, or why there is none.
  mutating func findAccount(
    _ sku: UnsafeRawBufferPointer, _ location: UnsafeRawBufferPointer,
    _ owner: UnsafeRawBufferPointer
  ) -> (number: UInt32, refusal: CallRefusal) {
    let skuNumber = unsafe skuNumber(sku)
    guard skuNumber != 0 else { return (0, .unknownSku) }
    guard let location = unsafe locationNumber(location) else { return (0, .unknownLocation) }
    guard let owner = unsafe books.texts.find(owner),
      let account = accountNumber(sku: skuNumber, location: location, owner: owner)
    else { return (0, .unknownAccount) }
    return (account, .none)
  }
}
