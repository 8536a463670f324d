import Primitives

// PutSku, PutLocation, PutPool, PutAccount, PutNode, DropNode. An item that says what it said before changes
// nothing and keeps its version.

extension MetaLedger {
  mutating func putItem(_ kind: CommandKind, _ body: [UInt8]) -> CallRefusal {
    unsafe body.withUnsafeBytes { bytes in
      var reader = unsafe ByteReader(bytes)
      switch kind {
      case .putSku: return put(SkuItem(from: &reader, version: 0), body)
      case .putLocation: return put(LocationItem(from: &reader, version: 0), body)
      case .putPool: return put(PoolItem(from: &reader, version: 0), body)
      case .putAccount: return put(AccountItem(from: &reader, version: 0), body)
      case .dropNode: return drop(NodeID(reader.get()))
      default: return put(NodeItem(from: &reader, version: 0), body)
      }
    }
  }

  private mutating func put(_ item: SkuItem, _ body: [UInt8]) -> CallRefusal {
    let old = skuVersions.find(item.sku)
    if let old, sku(at: old).baseUnit != item.baseUnit { return .inUse }
    guard keepTexts([item.sku, item.baseUnit] + item.units.map(\.unit)) else {
      return .ledgerFull
    }
    if let version = store(.putSku, body, over: old) { skuVersions.set(item.sku, version) }
    return .none
  }

  private mutating func put(_ item: LocationItem, _ body: [UInt8]) -> CallRefusal {
    let old = locationVersions.find(item.location)
    if let old, location(at: old).region != item.region,
      poolOfLocation.find(item.location) != nil
    {
      return .inUse
    }
    guard keepTexts([item.location, item.region, item.zone]) else { return .ledgerFull }
    if let version = store(.putLocation, body, over: old) {
      locationVersions.set(item.location, version)
    }
    return .none
  }

  /// Locations have one pool, and with it one home (rule S4). What accounts or shards rest on
  /// can't be taken out of a pool.
  private mutating func put(_ item: PoolItem, _ body: [UInt8]) -> CallRefusal {
    for name in item.locations {
      guard let version = locationVersions.find(name) else { return .unknownLocation }
      guard item.regions.contains(location(at: version).region) else { return .unknownRegion }
    }
    for name in item.locations {
      if let other = poolOfLocation.find(name), other != item.pool { return .secondHome }
    }
    let old = poolVersions.find(item.pool)
    let before = old.map { pool(at: $0) }
    if let before {
      for region in before.regions where !item.regions.contains(region) { return .inUse }
      for name in before.locations where !item.locations.contains(name) {
        if accountsAt.find(name) ?? 0 > 0 { return .inUse }
      }
    }
    guard keepTexts([item.pool] + item.regions) else { return .ledgerFull }
    guard let version = store(.putPool, body, over: old) else { return .none }
    poolVersions.set(item.pool, version)
    for name in before?.locations ?? [] { poolOfLocation.remove(name) }
    for name in item.locations { poolOfLocation.set(name, item.pool) }
    for region in item.regions { openShard(item.pool, region) }
    return .none
  }

  private mutating func openShard(_ pool: [UInt8], _ region: [UInt8]) {
    guard shard(pool: pool, region: region) == nil else { return }
    let id = ShardID(UInt32(books.header.shards.count) + 2)
    let founders = PlacementRule.shard(region: region, nodes: nodes.map(\.place))
    books.header.shards.append(
      ShardDescriptor(id: id, pool: pool, region: region, founders: founders))
  }

  private mutating func put(_ item: AccountItem, _ body: [UInt8]) -> CallRefusal {
    guard poolVersions.find(item.pool) != nil else { return .unknownPool }
    guard skuVersions.find(item.key.sku) != nil else { return .unknownSku }
    guard let place = locationVersions.find(item.key.location) else { return .unknownLocation }
    guard let pool = poolOfLocation.find(item.key.location) else { return .unknownLocation }
    guard pool == item.pool else { return .secondHome }
    guard let home = shard(pool: pool, region: location(at: place).region) else {
      return .unknownRegion
    }
    guard keepTexts([item.key.owner]) else { return .ledgerFull }
    let old = accountVersions.find(item.key.name)
    if let version = store(.putAccount, body, over: old, shard: home.id) {
      accountVersions.set(item.key.name, version)
      if old == nil {
        accountsAt.set(item.key.location, (accountsAt.find(item.key.location) ?? 0) + 1)
      }
    }
    return .none
  }

  private mutating func put(_ item: NodeItem, _ body: [UInt8]) -> CallRefusal {
    let name = MetaLedger.name(of: item.node)
    if let version = store(.putNode, body, over: nodeVersions.find(name)) {
      nodeVersions.set(name, version)
    }
    return .none
  }

  /// Shards that it founded keep it among their founders.
  private mutating func drop(_ node: NodeID) -> CallRefusal {
    let name = MetaLedger.name(of: node)
    guard let old = nodeVersions.find(name) else { return .none }
    nodeVersions.remove(name)
    remove(old)
    books.header.catalogVersion += 1
    return .none
  }

  /// Sorts like the number.
  static func name(of node: NodeID) -> [UInt8] {
    unsafe withUnsafeBytes(of: node.rawValue.bigEndian) { unsafe [UInt8]($0) }
  }

  /// Moves the item to a new version; nil when it says what it said before.
  private mutating func store(
    _ kind: CommandKind, _ body: [UInt8], over old: UInt64?, shard: ShardID = ShardID(0)
  ) -> UInt64? {
    if let old {
      if books.body(books.items[old]) == body { return nil }
      remove(old)
    }
    books.header.catalogVersion += 1
    let version = books.header.catalogVersion
    books.items.insert(
      ItemRow(
        body: books.heap.allocate(body), shard: shard.rawValue, kind: UInt32(kind.rawValue)),
      at: version)
    return version
  }

  private mutating func remove(_ version: UInt64) {
    guard let row = books.items.remove(version) else { preconditionFailure("no item \(version)") }
    books.heap.free(row.body)
  }

  /// A shard keeps every text of the catalog; there must be room for all.
  mutating func keepTexts(_ names: [[UInt8]]) -> Bool {
    for name in names where texts.intern(name) == nil { return false }
    return true
  }
}
