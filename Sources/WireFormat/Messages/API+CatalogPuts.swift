package import Primitives

// Keeping master data.

extension API {
  /// A SKU to keep.
  package struct PutSkuRequest: WireMessage {
    package static let name = "holdfast.v1.PutSkuRequest"

    /// As in ReserveRequest.
    package var requestID = ""
    /// Its name.
    package var sku = ""
    /// The unit in which quantities are kept.
    package var baseUnit = ""
    /// Further units, at most 64.
    package var units: [SkuUnit] = []
    /// Only active SKUs are reserved.
    package var active = false
    /// As in ReserveRequest.
    package var firstSentAt: LogTime?

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &requestID)
      visitor.field(2, &sku)
      visitor.field(3, &baseUnit)
      visitor.field(4, &units)
      visitor.field(5, &active)
      visitor.field(6, &firstSentAt)
    }
  }

  /// The answer to PutSku.
  package struct PutSkuResponse: WireMessage {
    package static let name = "holdfast.v1.PutSkuResponse"

    /// The request's id, or the one that the node made.
    package var requestID = ""
    /// The catalog's version afterwards.
    package var catalogVersion: UInt64 = 0
    /// The log time of the decision.
    package var logTime: LogTime?
    /// The entry that decided.
    package var position: Position?

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &requestID)
      visitor.field(2, &catalogVersion)
      visitor.field(3, &logTime)
      visitor.field(4, &position)
    }
  }

  /// A location to keep.
  package struct PutLocationRequest: WireMessage {
    package static let name = "holdfast.v1.PutLocationRequest"

    /// As in ReserveRequest.
    package var requestID = ""
    /// Its name.
    package var location = ""
    /// The region that it belongs to; can't be changed.
    package var region = ""
    /// Its failure domain.
    package var zone = ""
    /// As in ReserveRequest.
    package var firstSentAt: LogTime?

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &requestID)
      visitor.field(2, &location)
      visitor.field(3, &region)
      visitor.field(4, &zone)
      visitor.field(5, &firstSentAt)
    }
  }

  /// The answer to PutLocation.
  package struct PutLocationResponse: WireMessage {
    package static let name = "holdfast.v1.PutLocationResponse"

    /// The request's id, or the one that the node made.
    package var requestID = ""
    /// The catalog's version afterwards.
    package var catalogVersion: UInt64 = 0
    /// The log time of the decision.
    package var logTime: LogTime?
    /// The entry that decided.
    package var position: Position?

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &requestID)
      visitor.field(2, &catalogVersion)
      visitor.field(3, &logTime)
      visitor.field(4, &position)
    }
  }

  /// A pool to keep.
  package struct PutPoolRequest: WireMessage {
    package static let name = "holdfast.v1.PutPoolRequest"

    /// As in ReserveRequest.
    package var requestID = ""
    /// Its name.
    package var pool = ""
    /// 1 to 64 regions, each with a node. Regions can be added, not taken away.
    package var regions: [String] = []
    /// At most 2,000 locations in the order of assignment.
    package var locations: [String] = []
    /// As in ReserveRequest.
    package var firstSentAt: LogTime?

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &requestID)
      visitor.field(2, &pool)
      visitor.field(3, &regions)
      visitor.field(4, &locations)
      visitor.field(5, &firstSentAt)
    }
  }

  /// The answer to PutPool.
  package struct PutPoolResponse: WireMessage {
    package static let name = "holdfast.v1.PutPoolResponse"

    /// The request's id, or the one that the node made.
    package var requestID = ""
    /// The catalog's version afterwards.
    package var catalogVersion: UInt64 = 0
    /// The log time of the decision.
    package var logTime: LogTime?
    /// The entry that decided.
    package var position: Position?

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &requestID)
      visitor.field(2, &catalogVersion)
      visitor.field(3, &logTime)
      visitor.field(4, &position)
    }
  }

  /// An account to keep.
  package struct PutAccountRequest: WireMessage {
    package static let name = "holdfast.v1.PutAccountRequest"

    /// As in ReserveRequest.
    package var requestID = ""
    /// What.
    package var sku = ""
    /// Where.
    package var location = ""
    /// Whose.
    package var owner = ""
    /// The pool that it is promised from; can't be changed.
    package var pool = ""
    /// Base units that are not promised, 0 to 1,000,000,000,000.
    package var buffer: Int64 = 0
    /// As in ReserveRequest.
    package var firstSentAt: LogTime?

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &requestID)
      visitor.field(2, &sku)
      visitor.field(3, &location)
      visitor.field(4, &owner)
      visitor.field(5, &pool)
      visitor.field(6, &buffer)
      visitor.field(7, &firstSentAt)
    }
  }

  /// The answer to PutAccount.
  package struct PutAccountResponse: WireMessage {
    package static let name = "holdfast.v1.PutAccountResponse"

    /// The request's id, or the one that the node made.
    package var requestID = ""
    /// The catalog's version afterwards.
    package var catalogVersion: UInt64 = 0
    /// The log time of the decision.
    package var logTime: LogTime?
    /// The entry that decided.
    package var position: Position?

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &requestID)
      visitor.field(2, &catalogVersion)
      visitor.field(3, &logTime)
      visitor.field(4, &position)
    }
  }
}
