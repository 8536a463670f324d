package import Primitives
package import StockLedger

/// What answers say of the shard that they come from, with the constant part of its reservations'
/// names made once.
package struct ShardNames: Sendable, Equatable {
  package let id: ShardID
  package let pool: [UInt8]
  package let region: [UInt8]
  /// `pools/{pool}/regions/{region}/reservations/`
  let namePrefix: [UInt8]

  package init(_ descriptor: ShardDescriptor) {
    self.init(id: descriptor.id, pool: descriptor.pool, region: descriptor.region)
  }

  package init(id: ShardID, pool: [UInt8], region: [UInt8]) {
    self.id = id
    self.pool = pool
    self.region = region
    namePrefix =
      Array("pools/".utf8) + pool + Array("/regions/".utf8) + region
      + Array("/reservations/".utf8)
  }

  /// The catalog's group has neither pool nor region.
  package static let meta = ShardNames(id: .meta, pool: [], region: [])
}

/// Where and when something was decided or read.
package struct AnswerPoint: Sendable, Equatable {
  package var shard: ShardNames
  package var index: LogIndex
  package var logTime: LogTime

  package init(shard: ShardNames, index: LogIndex, logTime: LogTime) {
    self.shard = shard
    self.index = index
    self.logTime = logTime
  }
}
