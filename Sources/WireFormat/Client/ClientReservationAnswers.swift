/// Where a reservation is in its life.
package enum ClientReservationState: UInt8, Sendable {
  case unspecified = 0
  case held, confirmed, partiallyFulfilled, fulfilled, released, expired

  /// As the API spells it, without the prefix.
  package var name: String {
    switch self {
    case .unspecified: "UNSPECIFIED"
    case .held: "HELD"
    case .confirmed: "CONFIRMED"
    case .partiallyFulfilled: "PARTIALLY_FULFILLED"
    case .fulfilled: "FULFILLED"
    case .released: "RELEASED"
    case .expired: "EXPIRED"
    }
  }
}

/// What became of a well-formed request.
package enum ClientOutcome: UInt8, Sendable {
  case unspecified = 0
  case full, partial, none

  package var name: String {
    switch self {
    case .unspecified: "UNSPECIFIED"
    case .full: "FULL"
    case .partial: "PARTIAL"
    case .none: "NONE"
    }
  }
}

/// Units of one account in a reservation.
package struct ClientReservationLine: ClientAnswer, Hashable {
  package var sku = ""
  package var location = ""
  package var owner = ""
  /// Promised and neither shipped nor given back.
  package var reserved: Int64 = 0
  package var fulfilled: Int64 = 0
  package var released: Int64 = 0
  package var date: CivilDate?

  package init?(_ bytes: UnsafeRawBufferPointer) {
    let fine = unsafe ProtoReader.each(bytes) { field in
      switch field.number {
      case 1: sku = field.text
      case 2: location = field.text
      case 3: owner = field.text
      case 4: reserved = field.int64
      case 5: fulfilled = field.int64
      case 6: released = field.int64
      case 7: date = field.message()
      default: break
      }
    }
    guard fine else { return nil }
  }
}

/// An order's claim on units.
package struct ClientReservation: ClientAnswer, Hashable {
  package var name = ""
  package var orderID = ""
  package var customer = ""
  package var channel = ""
  package var pool = ""
  package var region = ""
  package var state = ClientReservationState.unspecified
  /// Milliseconds since 1970, while HELD.
  package var expiresAt: Int64?
  package var lines: [ClientReservationLine] = []
  package var version: UInt64 = 0

  package init?(_ bytes: UnsafeRawBufferPointer) {
    let fine = unsafe ProtoReader.each(bytes) { field in
      switch field.number {
      case 1: name = field.text
      case 2: orderID = field.text
      case 3: customer = field.text
      case 4: channel = field.text
      case 5: pool = field.text
      case 6: region = field.text
      case 7: state = .init(rawValue: UInt8(clamping: field.number64)) ?? .unspecified
      case 8: expiresAt = field.milliseconds()
      case 9: if let line: ClientReservationLine = field.message() { lines.append(line) }
      case 10: version = field.number64
      default: break
      }
    }
    guard fine else { return nil }
  }
}

/// Units of one account that were bound to a line.
package struct ClientAssignment: ClientAnswer, Hashable {
  package var location = ""
  package var owner = ""
  package var quantity: Int64 = 0
  package var date: CivilDate?

  package init?(_ bytes: UnsafeRawBufferPointer) {
    let fine = unsafe ProtoReader.each(bytes) { field in
      switch field.number {
      case 1: location = field.text
      case 2: owner = field.text
      case 3: quantity = field.int64
      case 4: date = field.message()
      default: break
      }
    }
    guard fine else { return nil }
  }
}

/// What one SKU of a request got.
package struct ClientLineResult: ClientAnswer, Hashable {
  package var sku = ""
  package var requested: Int64 = 0
  package var reserved: Int64 = 0
  /// The number of a LineReason; 0: it got all.
  package var reason: UInt64 = 0
  package var assignments: [ClientAssignment] = []

  package init?(_ bytes: UnsafeRawBufferPointer) {
    let fine = unsafe ProtoReader.each(bytes) { field in
      switch field.number {
      case 1: sku = field.text
      case 2: requested = field.int64
      case 3: reserved = field.int64
      case 4: reason = field.number64
      case 5: if let part: ClientAssignment = field.message() { assignments.append(part) }
      default: break
      }
    }
    guard fine else { return nil }
  }

  /// The reason as the API spells it, without the prefix; empty when the line got all.
  package var reasonName: String {
    switch reason {
    case 0: ""
    case 1: "UNKNOWN_SKU"
    case 2: "UNKNOWN_UNIT"
    case 3: "UNKNOWN_LOCATION"
    case 4: "INSUFFICIENT_SUPPLY"
    case 5: "BUFFER_PROTECTED"
    default: "LINE_REASON_\(reason)"
    }
  }
}

/// The answer to Reserve, Confirm, Extend, Release and Fulfill.
package struct ClientReservationAnswer: ClientAnswer {
  package var requestID = ""
  package var outcome = ClientOutcome.unspecified
  package var reservation: ClientReservation?
  package var lines: [ClientLineResult] = []
  package var logTime: Int64 = 0
  package var position = ClientPosition()

  /// Reads a message that numbers its fields as Reserve's and Confirm's answers do.
  package init?(_ bytes: UnsafeRawBufferPointer) {
    let fine = unsafe ProtoReader.each(bytes) { field in
      switch field.number {
      case 1: requestID = field.text
      case 2: outcome = .init(rawValue: UInt8(clamping: field.number64)) ?? .unspecified
      case 3: reservation = field.message()
      case 4: if let line: ClientLineResult = field.message() { lines.append(line) }
      case 5: logTime = field.milliseconds()
      case 6: position = field.message() ?? position
      default: break
      }
    }
    guard fine else { return nil }
  }

  /// Reads the answer to Extend, Release or Fulfill, which has no outcome.
  package init?(withoutOutcome bytes: [UInt8]) {
    outcome = .full
    let fine = unsafe bytes.withUnsafeBytes { bytes in
      unsafe ProtoReader.each(bytes) { field in
        switch field.number {
        case 1: requestID = field.text
        case 2: reservation = field.message()
        case 3: logTime = field.milliseconds()
        case 4: position = field.message() ?? position
        default: break
        }
      }
    }
    guard fine else { return nil }
  }
}

/// The answer to BatchReserve: for each request an answer or why there is none.
package struct ClientBatchAnswer: ClientAnswer {
  package enum Item: Sendable {
    case answer(ClientReservationAnswer)
    case error(ClientStatus)
    case missing
  }

  package var items: [Item] = []

  package init?(_ bytes: UnsafeRawBufferPointer) {
    let fine = unsafe ProtoReader.each(bytes) { field in
      guard field.number == 1, field.wireType == 2 else { return }
      var item = Item.missing
      let inner = unsafe ProtoReader.each(field.content) { part in
        if part.number == 1, let answer: ClientReservationAnswer = part.message() {
          item = .answer(answer)
        } else if part.number == 2, let status: ClientStatus = part.message() {
          item = .error(status)
        }
      }
      if !inner { _ = field.fail() }
      items.append(item)
    }
    guard fine else { return nil }
  }
}

/// The answer to GetReservation.
package struct ClientGetReservationAnswer: ClientAnswer {
  package var reservation: ClientReservation?
  package var position = ClientPosition()

  package init?(_ bytes: UnsafeRawBufferPointer) {
    let fine = unsafe ProtoReader.each(bytes) { field in
      switch field.number {
      case 1: reservation = field.message()
      case 3: position = field.message() ?? position
      default: break
      }
    }
    guard fine else { return nil }
  }
}

/// A page of reservations.
package struct ClientReservationPage: ClientAnswer {
  package var reservations: [ClientReservation] = []
  package var nextPageToken = ""

  package init?(_ bytes: UnsafeRawBufferPointer) {
    let fine = unsafe ProtoReader.each(bytes) { field in
      switch field.number {
      case 1: if let item: ClientReservation = field.message() { reservations.append(item) }
      case 2: nextPageToken = field.text
      default: break
      }
    }
    guard fine else { return nil }
  }
}
