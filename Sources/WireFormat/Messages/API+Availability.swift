package import Primitives

// What can be promised.

extension API {
  /// Asks what can be promised.
  package struct QueryAvailabilityRequest: WireMessage {
    package static let name = "holdfast.v1.QueryAvailabilityRequest"

    /// The pool.
    package var pool = ""
    /// The region; empty: that of the node that was asked.
    package var region = ""
    /// 1 to 2,000 SKUs.
    package var skus: [String] = []
    /// For this day; absent: today, the UTC day of log time.
    package var date: CivilDate?
    /// How fresh.
    package var read = Read.unspecified
    /// Wait until the state includes this position.
    package var atLeast: Position?

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &pool)
      visitor.field(2, &region)
      visitor.field(3, &skus)
      visitor.field(4, &date)
      visitor.field(5, &read)
      visitor.field(6, &atLeast)
    }
  }

  /// What can be promised.
  package struct QueryAvailabilityResponse: WireMessage {
    package static let name = "holdfast.v1.QueryAvailabilityResponse"

    /// One per SKU, in the order asked.
    package var skus: [SkuAvailability] = []
    /// How it was read.
    package var answered: Answered?
    /// The state that was read.
    package var position: Position?
    /// Its log time.
    package var logTime: LogTime?

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &skus)
      visitor.field(2, &answered)
      visitor.field(3, &position)
      visitor.field(4, &logTime)
    }
  }

  /// One SKU in a pool and region, in base units.
  package struct SkuAvailability: WireMessage {
    package static let name = "holdfast.v1.SkuAvailability"

    /// The SKU.
    package var sku = ""
    /// Physically there.
    package var onHand: Int64 = 0
    /// Promised and not yet shipped.
    package var reserved: Int64 = 0
    /// Available to promise for the day that was asked for.
    package var atp: Int64 = 0
    /// The same by account, in the pool's order.
    package var locations: [LocationAvailability] = []
    /// LINE_REASON_UNKNOWN_SKU for a SKU that the shard's catalog doesn't have.
    package var reason = LineReason.unspecified

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &sku)
      visitor.field(2, &onHand)
      visitor.field(3, &reserved)
      visitor.field(4, &atp)
      visitor.field(5, &locations)
      visitor.field(6, &reason)
    }
  }

  /// One account.
  package struct LocationAvailability: WireMessage {
    package static let name = "holdfast.v1.LocationAvailability"

    /// Where.
    package var location = ""
    /// Whose.
    package var owner = ""
    /// Physically there.
    package var onHand: Int64 = 0
    /// Promised and not yet shipped.
    package var reserved: Int64 = 0
    /// Available to promise for the day that was asked for.
    package var atp: Int64 = 0

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &location)
      visitor.field(2, &owner)
      visitor.field(3, &onHand)
      visitor.field(4, &reserved)
      visitor.field(5, &atp)
    }
  }

  /// Asks to be told of changes.
  package struct WatchAvailabilityRequest: WireMessage {
    package static let name = "holdfast.v1.WatchAvailabilityRequest"

    /// The pool.
    package var pool = ""
    /// The region; empty: that of the node that was asked.
    package var region = ""
    /// 1 to 2,000 SKUs.
    package var skus: [String] = []
    /// For this day; absent: today, the UTC day of log time.
    package var date: CivilDate?

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &pool)
      visitor.field(2, &region)
      visitor.field(3, &skus)
      visitor.field(4, &date)
    }
  }

  /// The state at first, then what has changed.
  package struct WatchAvailabilityResponse: WireMessage {
    package static let name = "holdfast.v1.WatchAvailabilityResponse"

    /// Only SKUs that differ from the message before.
    package var skus: [SkuAvailability] = []
    /// The state that was read.
    package var position: Position?
    /// Its log time.
    package var logTime: LogTime?

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &skus)
      visitor.field(2, &position)
      visitor.field(3, &logTime)
    }
  }
}
