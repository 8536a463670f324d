// Reading one item of the catalog.

extension API {
  /// Asks for a SKU.
  package struct GetSkuRequest: WireMessage {
    package static let name = "holdfast.v1.GetSkuRequest"

    /// Its name.
    package var sku = ""
    /// How fresh.
    package var read = Read.unspecified
    /// Wait until the state includes this position.
    package var atLeast: Position?

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &sku)
      visitor.field(2, &read)
      visitor.field(3, &atLeast)
    }
  }

  /// A SKU.
  package struct GetSkuResponse: WireMessage {
    package static let name = "holdfast.v1.GetSkuResponse"

    /// The SKU.
    package var sku: Sku?
    /// How it was read.
    package var answered: Answered?
    /// The state that was read.
    package var position: Position?

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &sku)
      visitor.field(2, &answered)
      visitor.field(3, &position)
    }
  }

  /// Asks for a location.
  package struct GetLocationRequest: WireMessage {
    package static let name = "holdfast.v1.GetLocationRequest"

    /// Its name.
    package var location = ""
    /// How fresh.
    package var read = Read.unspecified
    /// Wait until the state includes this position.
    package var atLeast: Position?

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &location)
      visitor.field(2, &read)
      visitor.field(3, &atLeast)
    }
  }

  /// A location.
  package struct GetLocationResponse: WireMessage {
    package static let name = "holdfast.v1.GetLocationResponse"

    /// The location.
    package var location: Location?
    /// How it was read.
    package var answered: Answered?
    /// The state that was read.
    package var position: Position?

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &location)
      visitor.field(2, &answered)
      visitor.field(3, &position)
    }
  }

  /// Asks for a pool.
  package struct GetPoolRequest: WireMessage {
    package static let name = "holdfast.v1.GetPoolRequest"

    /// Its name.
    package var pool = ""
    /// How fresh.
    package var read = Read.unspecified
    /// Wait until the state includes this position.
    package var atLeast: Position?

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &pool)
      visitor.field(2, &read)
      visitor.field(3, &atLeast)
    }
  }

  /// A pool.
  package struct GetPoolResponse: WireMessage {
    package static let name = "holdfast.v1.GetPoolResponse"

    /// The pool.
    package var pool: Pool?
    /// How it was read.
    package var answered: Answered?
    /// The state that was read.
    package var position: Position?

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &pool)
      visitor.field(2, &answered)
      visitor.field(3, &position)
    }
  }

  /// Asks for an account.
  package struct GetAccountRequest: WireMessage {
    package static let name = "holdfast.v1.GetAccountRequest"

    /// What.
    package var sku = ""
    /// Where.
    package var location = ""
    /// Whose.
    package var owner = ""
    /// How fresh.
    package var read = Read.unspecified
    /// Wait until the state includes this position.
    package var atLeast: Position?

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &sku)
      visitor.field(2, &location)
      visitor.field(3, &owner)
      visitor.field(4, &read)
      visitor.field(5, &atLeast)
    }
  }

  /// An account.
  package struct GetAccountResponse: WireMessage {
    package static let name = "holdfast.v1.GetAccountResponse"

    /// The account.
    package var account: Account?
    /// How it was read.
    package var answered: Answered?
    /// The state that was read.
    package var position: Position?

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &account)
      visitor.field(2, &answered)
      visitor.field(3, &position)
    }
  }
}
