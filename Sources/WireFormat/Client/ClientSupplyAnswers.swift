/// One account's or SKU's availability.
package struct ClientAvailability: ClientAnswer, Hashable {
  package var location = ""
  package var owner = ""
  package var onHand: Int64 = 0
  package var reserved: Int64 = 0
  package var atp: Int64 = 0

  package init?(_ bytes: UnsafeRawBufferPointer) {
    let fine = unsafe ProtoReader.each(bytes) { field in
      switch field.number {
      case 1: location = field.text
      case 2: owner = field.text
      case 3: onHand = field.int64
      case 4: reserved = field.int64
      case 5: atp = field.int64
      default: break
      }
    }
    guard fine else { return nil }
  }
}

/// One SKU in a pool and region.
package struct ClientSkuAvailability: ClientAnswer, Hashable {
  package var sku = ""
  package var onHand: Int64 = 0
  package var reserved: Int64 = 0
  package var atp: Int64 = 0
  package var locations: [ClientAvailability] = []
  package var isUnknown = false

  package init?(_ bytes: UnsafeRawBufferPointer) {
    let fine = unsafe ProtoReader.each(bytes) { field in
      switch field.number {
      case 1: sku = field.text
      case 2: onHand = field.int64
      case 3: reserved = field.int64
      case 4: atp = field.int64
      case 5: if let part: ClientAvailability = field.message() { locations.append(part) }
      case 6: isUnknown = field.number64 == 1
      default: break
      }
    }
    guard fine else { return nil }
  }
}

/// The answer to QueryAvailability.
package struct ClientAvailabilityAnswer: ClientAnswer {
  package var skus: [ClientSkuAvailability] = []

  package init?(_ bytes: UnsafeRawBufferPointer) {
    let fine = unsafe ProtoReader.each(bytes) { field in
      if field.number == 1, let sku: ClientSkuAvailability = field.message() { skus.append(sku) }
    }
    guard fine else { return nil }
  }
}

/// What became of a supply fact.
package enum ClientSupplyOutcome: UInt8, Sendable {
  case unspecified = 0
  case applied, staleVersion, quarantined, shortfall

  package var name: String {
    switch self {
    case .unspecified: "UNSPECIFIED"
    case .applied: "APPLIED"
    case .staleVersion: "STALE_VERSION"
    case .quarantined: "QUARANTINED"
    case .shortfall: "SHORTFALL"
    }
  }
}

/// The answer to AdjustSupply.
package struct ClientAdjustAnswer: ClientAnswer {
  package var outcome = ClientSupplyOutcome.unspecified
  package var shortfall: Int64 = 0
  package var onHand: Int64 = 0

  package init?(_ bytes: UnsafeRawBufferPointer) {
    let fine = unsafe ProtoReader.each(bytes) { field in
      switch field.number {
      case 2: outcome = .init(rawValue: UInt8(clamping: field.number64)) ?? .unspecified
      case 3: shortfall = field.int64
      case 4: onHand = field.int64
      default: break
      }
    }
    guard fine else { return nil }
  }
}

/// The answer to SyncSupply.
package struct ClientSyncAnswer: ClientAnswer {
  package struct Row: ClientAnswer {
    package var outcome = ClientSupplyOutcome.unspecified
    package var shortfall: Int64 = 0
    package var error: ClientStatus?

    package init?(_ bytes: UnsafeRawBufferPointer) {
      let fine = unsafe ProtoReader.each(bytes) { field in
        switch field.number {
        case 1: outcome = .init(rawValue: UInt8(clamping: field.number64)) ?? .unspecified
        case 2: shortfall = field.int64
        case 3: error = field.message()
        default: break
        }
      }
      guard fine else { return nil }
    }
  }

  package var rows: [Row] = []

  package init?(_ bytes: UnsafeRawBufferPointer) {
    let fine = unsafe ProtoReader.each(bytes) { field in
      if field.number == 2, let row: Row = field.message() { rows.append(row) }
    }
    guard fine else { return nil }
  }
}

/// The books of an account.
package struct ClientBooks: ClientAnswer, Hashable {
  package var account = ClientAccountKey(sku: "", location: "", owner: "")
  package var pool = ""
  package var onHand: Int64 = 0
  package var inbound: [ClientDatedUnits] = []
  package var shortfall: Int64 = 0
  package var unpromised: Int64 = 0
  package var promised: Int64 = 0
  package var buffer: Int64 = 0
  package var fulfilled: Int64 = 0
  package var atp: Int64 = 0

  package init?(_ bytes: UnsafeRawBufferPointer) {
    let fine = unsafe ProtoReader.each(bytes) { field in
      switch field.number {
      case 1: account.sku = field.text
      case 2: account.location = field.text
      case 3: account.owner = field.text
      case 4: pool = field.text
      case 5: onHand = field.int64
      case 6: if let units: ClientDatedUnits = field.message() { inbound.append(units) }
      case 7: shortfall = field.int64
      case 8: unpromised = field.int64
      case 9: promised = field.int64
      case 10: buffer = field.int64
      case 11: fulfilled = field.int64
      case 12: atp = field.int64
      default: break
      }
    }
    guard fine else { return nil }
  }
}

/// Units of a day.
package struct ClientDatedUnits: ClientAnswer, Hashable {
  package var date: CivilDate?
  package var quantity: Int64 = 0

  package init?(_ bytes: UnsafeRawBufferPointer) {
    let fine = unsafe ProtoReader.each(bytes) { field in
      if field.number == 1 { date = field.message() }
      if field.number == 2 { quantity = field.int64 }
    }
    guard fine else { return nil }
  }
}
