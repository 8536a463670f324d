package import Primitives

/// One (pool, region): a Raft group. Ids are given at PutPool, in order, from 2.
package struct ShardDescriptor: Sendable, Equatable {
  package let id: ShardID
  package let pool: [UInt8]
  package let region: [UInt8]
  package init(id: ShardID, pool: [UInt8], region: [UInt8]) {
    self.id = id
    self.pool = pool
    self.region = region
  }
}

/// The identity of a stock account.
package struct AccountKey: Sendable, Hashable {
  package var sku: [UInt8]
  package var location: [UInt8]
  package var owner: [UInt8]
  package init(sku: [UInt8], location: [UInt8], owner: [UInt8]) {
    self.sku = sku
    self.location = location
    self.owner = owner
  }
}

package struct SkuUnit: Sendable, Equatable {
  package var unit: [UInt8]
  package var baseUnitsEach: Int64
}

package struct SkuItem: Sendable, Equatable {
  package var sku: [UInt8]
  package var baseUnit: [UInt8]
  package var active: Bool
  package var units: [SkuUnit]
  package var version: UInt64
}

package struct LocationItem: Sendable, Equatable {
  package var location: [UInt8]
  package var region: [UInt8]
  package var zone: [UInt8]
  package var version: UInt64
}

package struct PoolItem: Sendable, Equatable {
  package var pool: [UInt8]
  package var regions: [[UInt8]]
  package var locations: [[UInt8]]
  package var version: UInt64
}

package struct AccountItem: Sendable, Equatable {
  package var key: AccountKey
  package var pool: [UInt8]
  package var buffer: Int64
  package var version: UInt64
}

package struct NodeItem: Sendable, Equatable {
  package var node: NodeID
  package var region: [UInt8]
  package var zone: [UInt8]
  package var address: [UInt8]
  package var version: UInt64
}

/// The books of the meta group: the catalog with a version per item, the map from account to
/// shard, and the topology.
package struct MetaLedger: Sendable {
  package private(set) var appliedIndex = LogIndex.zero
  package private(set) var appliedTerm = Term.zero
  package private(set) var logTime = LogTime.zero
  /// Grows by one with each change of an item.
  package private(set) var catalogVersion: UInt64 = 0
  /// In order of id.
  package private(set) var shards: [ShardDescriptor] = []
  /// In order of id.
  package private(set) var nodes: [NodeItem] = []
  package private(set) var requestFloor = LogTime.zero

  package init(limits: LedgerLimits = LedgerLimits()) {}

  /// Applies the commands of one entry and appends one outcome record each.
  package mutating func apply(
    payload: [UInt8], index: LogIndex, term: Term, logTime: LogTime,
    outcomes: inout ByteWriter
  ) { fatalError("not built yet") }

  package mutating func advance(index: LogIndex, term: Term, logTime: LogTime) {
    fatalError("not built yet")
  }

  package mutating func digest() -> Hash128 { fatalError("not built yet") }
  package mutating func snapshot() -> LedgerSnapshot { fatalError("not built yet") }
  package func checkInvariants() {}

  package func shard(pool: [UInt8], region: [UInt8]) -> ShardDescriptor? { nil }
  /// The only shard that has the account in its books (rule S4).
  package func home(ofAccount key: AccountKey) -> ShardID? { nil }
  package func sku(_ name: [UInt8]) -> SkuItem? { nil }
  package func location(_ name: [UInt8]) -> LocationItem? { nil }
  package func pool(_ name: [UInt8]) -> PoolItem? { nil }
  package func account(_ key: AccountKey) -> AccountItem? { nil }

  /// Pages in order of name; `after` empty starts at the first.
  package func skus(after: [UInt8], limit: Int) -> [SkuItem] { [] }
  package func locations(after: [UInt8], limit: Int) -> [LocationItem] { [] }
  package func pools(after: [UInt8], limit: Int) -> [PoolItem] { [] }
  package func accounts(after: AccountKey?, limit: Int) -> [AccountItem] { [] }

  /// The body of the next catalogUpdate for a shard that has `version`, at most about `maxBytes`;
  /// nil when it is up to date. Its first eight bytes (the term) are filled in by the proposer.
  package func update(for shard: ShardID, after version: UInt64, maxBytes: Int) -> [UInt8]? { nil }
}
