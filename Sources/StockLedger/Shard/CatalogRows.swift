// Rows of what the shard knows of the catalog and of its accounts. Rows have no padding: their
// bytes, with ids of texts and blocks taken out, are hashed as they are.

/// A SKU. Its number is given in order of arrival.
struct SkuRow: BitwiseCopyable, Sendable {
  var text: UInt32
  var baseUnit: UInt32 = 0
  /// Block of `UnitRow`.
  var units: UInt32 = 0
  /// Block of account numbers in order of assignment; derived, sorted when first used.
  var accounts: UInt32 = 0
  /// The catalog's order that `accounts` was sorted by; derived.
  var sortedBy: UInt32 = 0
  var isKnown: UInt8 = 0
  var isActive: UInt8 = 0
  var pad: UInt16 = 0
}

/// A further unit of a SKU.
struct UnitRow: BitwiseCopyable, Sendable {
  var text: UInt32
  var pad: UInt32 = 0
  var baseUnitsEach: Int64
}

/// A location. Its number is given in order of arrival.
struct LocationRow: BitwiseCopyable, Sendable {
  var text: UInt32
  var region: UInt32 = 0
  var zone: UInt32 = 0
  /// The place in the pool's order of assignment; `notInPool` outside of this pool and region.
  var order: UInt32 = LocationRow.notInPool

  static let notInPool = UInt32.max
}

/// The ledger row of (SKU, location, owner). Its number is given in order of arrival.
struct AccountRow: BitwiseCopyable, Sendable {
  var sku: UInt32
  var location: UInt32
  var owner: UInt32
  /// Block of `DatedBucket`; 0 when nothing is dated.
  var dated: UInt32 = 0

  var onHand = Quantity.zero
  var promisedOnHand = Quantity.zero
  /// The sums over the buckets.
  var datedSupply = Quantity.zero
  var promisedDated = Quantity.zero
  var buffer = Quantity.zero

  /// The only source whose counts are accepted; 0 before the first count (rule S3).
  var countingSource: UInt32 = 0
  /// The first of its `SourceMarkRow`s.
  var firstMark: UInt32 = 0
  var countedVersion: UInt64 = 0
  var countedAt: Int64 = Absent.time

  /// Kept supply facts, oldest first (rule S2).
  var firstFact: UInt64 = 0
  var lastFact: UInt64 = 0
  var factCount: UInt32 = 0
  var pad: UInt32 = 0
  /// The newest fact without a comparable sequence that is kept no longer: an older count can't
  /// be judged any more.
  var droppedAt: Int64 = Absent.time

  var promised: Quantity { promisedOnHand + promisedDated }
  var supply: Quantity { onHand + datedSupply }
}

/// Supply that is dated to a day, and the promises that are bound to that day.
struct DatedBucket: BitwiseCopyable, Sendable, Equatable {
  var day: Int32
  var pad: UInt32 = 0
  var supply: Quantity
  var promised: Quantity

  static let bytes = 24
}

/// What one source has told about one account, for ever (rule S1).
struct SourceMarkRow: BitwiseCopyable, Sendable {
  var source: UInt32
  /// The account's next mark; 0 at the end.
  var next: UInt32 = 0
  /// The highest sequence of a fact that was applied.
  var factHigh: UInt64 = 0
  /// The highest sequence of a fact that is kept no longer.
  var droppedSequence: UInt64 = 0
  var droppedAt: Int64 = Absent.time
}

/// A supply fact that a count may have to re-apply.
struct FactRow: BitwiseCopyable, Sendable {
  var next: UInt64 = 0
  var sequence: UInt64
  var delta: Quantity
  var occurredAt: Int64
  var keptAt: Int64
  var source: UInt32
  var day: Int32
  /// 1 for units that were shipped (Fulfill).
  var isShipment: UInt32
  var pad: UInt32 = 0
}
