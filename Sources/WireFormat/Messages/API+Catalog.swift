// Master data.

extension API {
  /// A unit in which a SKU is ordered.
  package struct SkuUnit: WireMessage {
    package static let name = "holdfast.v1.SkuUnit"

    /// Its name, such as "carton".
    package var unit = ""
    /// How many base units it has, at least 1.
    package var baseUnitsEach: Int64 = 0

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &unit)
      visitor.field(2, &baseUnitsEach)
    }
  }

  /// Something that is kept in stock.
  package struct Sku: WireMessage {
    package static let name = "holdfast.v1.Sku"

    /// Its name.
    package var sku = ""
    /// The unit in which quantities are kept.
    package var baseUnit = ""
    /// Further units, at most 64.
    package var units: [SkuUnit] = []
    /// Only active SKUs are reserved.
    package var active = false
    /// The catalog version of its last change.
    package var version: UInt64 = 0

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &sku)
      visitor.field(2, &baseUnit)
      visitor.field(3, &units)
      visitor.field(4, &active)
      visitor.field(5, &version)
    }
  }

  /// A place that keeps stock.
  package struct Location: WireMessage {
    package static let name = "holdfast.v1.Location"

    /// Its name.
    package var location = ""
    /// The region that it belongs to.
    package var region = ""
    /// Its failure domain.
    package var zone = ""
    /// The catalog version of its last change.
    package var version: UInt64 = 0

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &location)
      visitor.field(2, &region)
      visitor.field(3, &zone)
      visitor.field(4, &version)
    }
  }

  /// Accounts that are promised together.
  package struct Pool: WireMessage {
    package static let name = "holdfast.v1.Pool"

    /// Its name.
    package var pool = ""
    /// One shard for each.
    package var regions: [String] = []
    /// In the order of assignment.
    package var locations: [String] = []
    /// The catalog version of its last change.
    package var version: UInt64 = 0

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &pool)
      visitor.field(2, &regions)
      visitor.field(3, &locations)
      visitor.field(4, &version)
    }
  }

  /// The ledger row of a SKU, a location and an owner.
  package struct Account: WireMessage {
    package static let name = "holdfast.v1.Account"

    /// What.
    package var sku = ""
    /// Where.
    package var location = ""
    /// Whose.
    package var owner = ""
    /// The pool that it is promised from.
    package var pool = ""
    /// Base units that are not promised.
    package var buffer: Int64 = 0
    /// The catalog version of its last change.
    package var version: UInt64 = 0

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &sku)
      visitor.field(2, &location)
      visitor.field(3, &owner)
      visitor.field(4, &pool)
      visitor.field(5, &buffer)
      visitor.field(6, &version)
    }
  }
}
