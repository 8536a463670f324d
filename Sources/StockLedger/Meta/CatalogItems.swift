package import Primitives

// What the meta group's books hold, as plain values for lookups and listings.

/// One (pool, region): a Raft group. Ids are given at PutPool, in order, from 2.
package struct ShardDescriptor: Sendable, Equatable {
  package let id: ShardID
  package let pool: [UInt8]
  package let region: [UInt8]
  /// Worked out by the entry that made the shard, from the nodes that the catalog had then.
  package let founders: Founders
  package init(id: ShardID, pool: [UInt8], region: [UInt8], founders: Founders) {
    self.id = id
    self.pool = pool
    self.region = region
    self.founders = founders
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

  /// Sorts like (sku, location, owner): texts have no NUL.
  var name: [UInt8] { sku + [0] + location + [0] + owner }
}

/// A further unit of a SKU.
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
  /// In order of assignment.
  package var locations: [[UInt8]]
  package var version: UInt64
}

package struct AccountItem: Sendable, Equatable {
  package var key: AccountKey
  package var pool: [UInt8]
  package var buffer: Int64
  package var version: UInt64
}

/// A node with a seat in the meta group.
package struct NodeItem: Sendable, Equatable {
  package var node: NodeID
  package var region: [UInt8]
  package var zone: [UInt8]
  package var address: [UInt8]
  package var version: UInt64

  var place: NodePlace { NodePlace(node: node, region: region, zone: zone) }
}

// Items are read from the bodies that they were put with.

extension ByteReader {
  mutating func shortBytes() -> [UInt8] { unsafe [UInt8](getShort()) }

  mutating func shortList() -> [[UInt8]] {
    var list: [[UInt8]] = []
    for _ in 0..<get(UInt16.self) where isValid { list.append(shortBytes()) }
    return list
  }
}

extension SkuItem {
  init(from body: inout ByteReader, version: UInt64) {
    sku = body.shortBytes()
    baseUnit = body.shortBytes()
    active = body.get(UInt8.self) == 1
    units = []
    for _ in 0..<body.get(UInt16.self) where body.isValid {
      units.append(SkuUnit(unit: body.shortBytes(), baseUnitsEach: body.get()))
    }
    self.version = version
  }
}

extension LocationItem {
  init(from body: inout ByteReader, version: UInt64) {
    location = body.shortBytes()
    region = body.shortBytes()
    zone = body.shortBytes()
    self.version = version
  }
}

extension PoolItem {
  init(from body: inout ByteReader, version: UInt64) {
    pool = body.shortBytes()
    regions = body.shortList()
    locations = body.shortList()
    self.version = version
  }
}

extension AccountItem {
  init(from body: inout ByteReader, version: UInt64) {
    key = AccountKey(
      sku: body.shortBytes(), location: body.shortBytes(), owner: body.shortBytes())
    pool = body.shortBytes()
    buffer = body.get()
    self.version = version
  }
}

extension NodeItem {
  init(from body: inout ByteReader, version: UInt64) {
    node = NodeID(body.get())
    region = body.shortBytes()
    zone = body.shortBytes()
    address = body.shortBytes()
    self.version = version
  }
}
