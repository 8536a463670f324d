/// A line of a reserve, merged with the others of its SKU and location.
struct RequestLine {
  /// Where in the body the texts of its first part begin.
  var skuOffset: Int
  var wishOffset: Int
  /// 0 for a SKU that is not known.
  var sku: UInt32
  /// The location that was asked for; `anyLocation` when none was.
  var wish: UInt32
  var requested: Quantity
  var reserved = Quantity.zero
  var reason: LineReason
  /// The SKU's first account in order of assignment, where it is known already; else 0.
  var firstAccount: UInt32 = 0

  static let anyLocation = UInt32.max
}

/// Units that a command has bound so far.
struct Assignment {
  var line: Int
  var account: UInt32
  var day: Int32
  var quantity: Quantity
}

/// Units that Release or Fulfill speaks of.
struct WantedUnits {
  var sku: UInt32
  var quantity: Quantity
  /// What the reservation has left of the SKU, filled in when it is checked.
  var left = Quantity.zero
  var isThere = false
}

/// Units of one assignment that Fulfill ships.
struct Shipment {
  var line: Int
  var account: UInt32
  var day: Int32
  var units: Quantity
}

/// Buffers that commands reuse, so that the usual one allocates nothing.
struct Scratch: Sendable {
  var lines: [RequestLine] = []
  var assignments: [Assignment] = []
  /// Open addressing over `lines`, for merging.
  var slots: [Int32] = []
  var shipments: [Shipment] = []
  var wanted: [WantedUnits] = []
  var buckets: [DatedBucket] = []
  /// Holds that an entry ends.
  var due: [PairKey] = []
}

extension Array {
  /// Empties a buffer and keeps its memory. Nearly always it holds one element, and then this is a
  /// few instructions instead of a hundred for `removeAll(keepingCapacity:)`.
  @inline(__always)
  mutating func clear() {
    if count == 1 { removeLast() } else if count > 1 { removeAll(keepingCapacity: true) }
  }
}

extension RequestLine: Sendable {}
extension Assignment: Sendable {}
extension WantedUnits: Sendable {}
extension Shipment: Sendable {}
