package import Primitives

// Lookups and listings of the catalog, and what shards are told of it.

extension MetaLedger {
  func sku(at version: UInt64) -> SkuItem { books.read(version, SkuItem.init(from:version:)) }
  func location(at version: UInt64) -> LocationItem {
    books.read(version, LocationItem.init(from:version:))
  }
  func pool(at version: UInt64) -> PoolItem { books.read(version, PoolItem.init(from:version:)) }
  func account(at version: UInt64) -> AccountItem {
    books.read(version, AccountItem.init(from:version:))
  }

  package func shard(pool: [UInt8], region: [UInt8]) -> ShardDescriptor? {
    books.header.shards.first { $0.pool == pool && $0.region == region }
  }

  /// The only shard that has the account in its books (rule S4).
  package func home(ofAccount key: AccountKey) -> ShardID? {
    accountVersions.find(key.name).map { ShardID(books.items[$0].shard) }
  }

  package func sku(_ name: [UInt8]) -> SkuItem? { skuVersions.find(name).map(sku(at:)) }
  package func location(_ name: [UInt8]) -> LocationItem? {
    locationVersions.find(name).map(location(at:))
  }
  package func pool(_ name: [UInt8]) -> PoolItem? { poolVersions.find(name).map(pool(at:)) }
  package func account(_ key: AccountKey) -> AccountItem? {
    accountVersions.find(key.name).map(account(at:))
  }

  /// Pages in order of name; `after` empty starts at the first.
  package func skus(after: [UInt8], limit: Int) -> [SkuItem] {
    skuVersions.after(after, limit: limit).map { sku(at: $0.value) }
  }
  package func locations(after: [UInt8], limit: Int) -> [LocationItem] {
    locationVersions.after(after, limit: limit).map { location(at: $0.value) }
  }
  package func pools(after: [UInt8], limit: Int) -> [PoolItem] {
    poolVersions.after(after, limit: limit).map { pool(at: $0.value) }
  }
  package func accounts(after: AccountKey?, limit: Int) -> [AccountItem] {
    accountVersions.after(after?.name ?? [], limit: limit).map { account(at: $0.value) }
  }

  /// The body of the next catalogUpdate for a shard that has `version`: about `maxBytes` of items
  /// that changed since, in order of version; nil when it is up to date. Its first eight bytes
  /// (the term) are filled in by the proposer.
  package func update(
    for shard: ShardID, after version: UInt64, maxBytes: Int
  ) -> [UInt8]? {
    guard version < catalogVersion,
      let descriptor = books.header.shards.first(where: { $0.id == shard })
    else { return nil }
    var out = ByteWriter()
    out.put(UInt64(0))
    out.put(version)
    out.put(UInt64(0))
    out.put(UInt32(0))
    var to = version
    var count: UInt32 = 0
    while out.count < maxBytes, let next = books.items.next(from: to + 1) {
      to = next.number
      if put(next.row, for: descriptor, into: &out) { count += 1 }
    }
    if books.items.next(from: to + 1) == nil { to = catalogVersion }
    out.patch(UInt32(truncatingIfNeeded: to), at: 16)
    out.patch(UInt32(truncatingIfNeeded: to >> 32), at: 20)
    out.patch(count, at: 24)
    return out.bytes
  }

  /// All SKUs and locations, the shard's pool with its own region only, the accounts whose home
  /// it is; false for an item that is none of the shard's business.
  private func put(
    _ row: ItemRow, for shard: ShardDescriptor, into out: inout ByteWriter
  ) -> Bool {
    let body = books.body(row)
    switch CommandKind(rawValue: UInt8(truncatingIfNeeded: row.kind)) {
    case .putSku, .putLocation:
      break
    case .putAccount where row.shard == shard.id.rawValue:
      break
    case .putPool:
      return putPool(body, for: shard, into: &out)
    default:
      return false
    }
    out.put(UInt8(truncatingIfNeeded: row.kind))
    out.bytes += body
    return true
  }

  private func putPool(
    _ body: [UInt8], for shard: ShardDescriptor, into out: inout ByteWriter
  ) -> Bool {
    let pool = unsafe body.withUnsafeBytes { bytes in
      var reader = unsafe ByteReader(bytes)
      return PoolItem(from: &reader, version: 0)
    }
    guard pool.pool == shard.pool else { return false }
    out.put(CommandKind.putPool.rawValue)
    out.put(short: pool.pool)
    out.put(UInt16(1))
    out.put(short: shard.region)
    out.put(UInt16(pool.locations.count))
    for name in pool.locations { out.put(short: name) }
    return true
  }
}
