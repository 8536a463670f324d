import ArgumentParser
import ReservationClient
import WireFormat

/// One order line as people write it: `SKU=QUANTITY`, `SKU=QUANTITY:UNIT`, each with `@LOCATION`.
struct OrderLineText: ExpressibleByArgument {
  var line: API.ReserveLine

  init?(argument: String) {
    guard let equals = argument.lastIndex(of: "="), equals > argument.startIndex else {
      return nil
    }
    var rest = argument[argument.index(after: equals)...]
    var location = ""
    if let at = rest.firstIndex(of: "@") {
      location = String(rest[rest.index(after: at)...])
      rest = rest[..<at]
    }
    var unit = ""
    if let colon = rest.firstIndex(of: ":") {
      unit = String(rest[rest.index(after: colon)...])
      rest = rest[..<colon]
    }
    guard let quantity = Int64(rest), quantity > 0 else { return nil }
    line = API.ReserveLine(
      sku: String(argument[..<equals]), quantity: quantity, unit: unit, location: location)
  }
}

/// `SKU=QUANTITY`
struct SkuQuantityText: ExpressibleByArgument {
  var line: API.SkuQuantity

  init?(argument: String) {
    guard let equals = argument.lastIndex(of: "="), equals > argument.startIndex,
      let quantity = Int64(argument[argument.index(after: equals)...]), quantity > 0
    else { return nil }
    line = API.SkuQuantity(sku: String(argument[..<equals]), quantity: quantity)
  }
}

/// A count as people write it: `SKU@LOCATION/OWNER=UNITS`.
struct CountText: ExpressibleByArgument {
  var row: API.SyncSupplyRow

  init?(argument: String) {
    guard let equals = argument.lastIndex(of: "="),
      let units = Int64(argument[argument.index(after: equals)...]), units >= 0,
      let at = argument.firstIndex(of: "@"), at < equals
    else { return nil }
    let place = argument[argument.index(after: at)..<equals]
    guard let slash = place.firstIndex(of: "/") else { return nil }
    row = API.SyncSupplyRow(
      account: AccountKey(
        sku: String(argument[..<at]), location: String(place[..<slash]),
        owner: String(place[place.index(after: slash)...])),
      onHand: units)
  }
}

extension CivilDate: ExpressibleByArgument {
  package init?(argument: String) {
    let parts = argument.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 3, let year = Int32(parts[0]), let month = Int32(parts[1]),
      let day = Int32(parts[2])
    else { return nil }
    self.init(year: year, month: month, day: day)
    guard dayNumber != nil else { return nil }
  }
}
