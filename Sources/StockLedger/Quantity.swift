/// Units of a SKU in its base unit. Arithmetic traps where a sum leaves 64 bits: everything that
/// comes from outside is bounded before it is added.
struct Quantity: RawRepresentable, BitwiseCopyable, Hashable, Comparable, Sendable {
  var rawValue: Int64

  init(rawValue: Int64) { self.rawValue = rawValue }
  init(_ value: Int64) { rawValue = value }

  static var zero: Quantity { Quantity(0) }
  /// No stored quantity passes this, so that any two can be added.
  static var limit: Quantity { Quantity(1 << 62) }

  var isPositive: Bool { rawValue > 0 }
  var isNegative: Bool { rawValue < 0 }
  /// Zero instead of a negative amount.
  var clamped: Quantity { rawValue < 0 ? .zero : self }

  static func < (a: Quantity, b: Quantity) -> Bool { a.rawValue < b.rawValue }
  static func + (a: Quantity, b: Quantity) -> Quantity { Quantity(a.rawValue + b.rawValue) }
  static func - (a: Quantity, b: Quantity) -> Quantity { Quantity(a.rawValue - b.rawValue) }
  static func += (a: inout Quantity, b: Quantity) { a = a + b }
  static func -= (a: inout Quantity, b: Quantity) { a = a - b }

  /// The sum, or nil when it would pass the limit in either direction.
  func adding(_ other: Quantity) -> Quantity? {
    let (sum, overflow) = rawValue.addingReportingOverflow(other.rawValue)
    return overflow || sum > Self.limit.rawValue || sum < -Self.limit.rawValue
      ? nil : Quantity(sum)
  }

  /// The product, or nil when it would pass the limit.
  func times(_ factor: Int64) -> Quantity? {
    let (product, overflow) = rawValue.multipliedReportingOverflow(by: factor)
    return overflow || product > Self.limit.rawValue || product < -Self.limit.rawValue
      ? nil : Quantity(product)
  }
}
