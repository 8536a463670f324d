// Reading the catalog page by page.

extension API {
  /// Asks for a page of SKUs.
  package struct ListSkusRequest: WireMessage {
    package static let name = "holdfast.v1.ListSkusRequest"

    /// At most 1,000; 0: 100.
    package var pageSize: Int32 = 0
    /// From the page before; empty: the first page.
    package var pageToken = ""
    /// How fresh.
    package var read = Read.unspecified
    /// Wait until the state includes this position.
    package var atLeast: Position?

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &pageSize)
      visitor.field(2, &pageToken)
      visitor.field(3, &read)
      visitor.field(4, &atLeast)
    }
  }

  /// A page of SKUs.
  package struct ListSkusResponse: WireMessage {
    package static let name = "holdfast.v1.ListSkusResponse"

    /// In the order of their names.
    package var skus: [Sku] = []
    /// For the next page; empty: this is the last.
    package var nextPageToken = ""
    /// How it was read.
    package var answered: Answered?
    /// The state that was read.
    package var position: Position?

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &skus)
      visitor.field(2, &nextPageToken)
      visitor.field(3, &answered)
      visitor.field(4, &position)
    }
  }

  /// Asks for a page of locations.
  package struct ListLocationsRequest: WireMessage {
    package static let name = "holdfast.v1.ListLocationsRequest"

    /// At most 1,000; 0: 100.
    package var pageSize: Int32 = 0
    /// From the page before; empty: the first page.
    package var pageToken = ""
    /// How fresh.
    package var read = Read.unspecified
    /// Wait until the state includes this position.
    package var atLeast: Position?

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &pageSize)
      visitor.field(2, &pageToken)
      visitor.field(3, &read)
      visitor.field(4, &atLeast)
    }
  }

  /// A page of locations.
  package struct ListLocationsResponse: WireMessage {
    package static let name = "holdfast.v1.ListLocationsResponse"

    /// In the order of their names.
    package var locations: [Location] = []
    /// For the next page; empty: this is the last.
    package var nextPageToken = ""
    /// How it was read.
    package var answered: Answered?
    /// The state that was read.
    package var position: Position?

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &locations)
      visitor.field(2, &nextPageToken)
      visitor.field(3, &answered)
      visitor.field(4, &position)
    }
  }

  /// Asks for a page of pools.
  package struct ListPoolsRequest: WireMessage {
    package static let name = "holdfast.v1.ListPoolsRequest"

    /// At most 1,000; 0: 100.
    package var pageSize: Int32 = 0
    /// From the page before; empty: the first page.
    package var pageToken = ""
    /// How fresh.
    package var read = Read.unspecified
    /// Wait until the state includes this position.
    package var atLeast: Position?

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &pageSize)
      visitor.field(2, &pageToken)
      visitor.field(3, &read)
      visitor.field(4, &atLeast)
    }
  }

  /// A page of pools.
  package struct ListPoolsResponse: WireMessage {
    package static let name = "holdfast.v1.ListPoolsResponse"

    /// In the order of their names.
    package var pools: [Pool] = []
    /// For the next page; empty: this is the last.
    package var nextPageToken = ""
    /// How it was read.
    package var answered: Answered?
    /// The state that was read.
    package var position: Position?

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &pools)
      visitor.field(2, &nextPageToken)
      visitor.field(3, &answered)
      visitor.field(4, &position)
    }
  }

  /// Asks for a page of accounts.
  package struct ListAccountsRequest: WireMessage {
    package static let name = "holdfast.v1.ListAccountsRequest"

    /// Only of this pool; empty: of every pool.
    package var pool = ""
    /// At most 1,000; 0: 100.
    package var pageSize: Int32 = 0
    /// From the page before; empty: the first page.
    package var pageToken = ""
    /// How fresh.
    package var read = Read.unspecified
    /// Wait until the state includes this position.
    package var atLeast: Position?

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &pool)
      visitor.field(2, &pageSize)
      visitor.field(3, &pageToken)
      visitor.field(4, &read)
      visitor.field(5, &atLeast)
    }
  }

  /// A page of accounts.
  package struct ListAccountsResponse: WireMessage {
    package static let name = "holdfast.v1.ListAccountsResponse"

    /// In the order of their names.
    package var accounts: [Account] = []
    /// For the next page; empty: this is the last.
    package var nextPageToken = ""
    /// How it was read.
    package var answered: Answered?
    /// The state that was read.
    package var position: Position?

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &accounts)
      visitor.field(2, &nextPageToken)
      visitor.field(3, &answered)
      visitor.field(4, &position)
    }
  }
}
