// Where an order is sold from. The file knows countries, the cluster knows regions.

import Primitives

/// Maps countries to regions; United Kingdom orders, nine in ten, are spread over all of them.
package struct RegionTable: Sendable {
  /// The cluster's regions; an area's usual name decides, else its place in the list.
  package let regions: [String]
  package let seed: UInt64
  private let byArea: [Int]

  package init(regions: [String], seed: UInt64 = 1) {
    precondition(!regions.isEmpty, "a region table of 0 regions")
    self.regions = regions
    self.seed = seed
    byArea = Area.allCases.map { area in
      regions.firstIndex(of: area.rawValue) ?? area.position % regions.count
    }
  }

  /// The region, as an index, of an order of this country by this customer or, without one, with
  /// this invoice number.
  package func region(country: String, customer: String, invoice: String) -> Int {
    if let area = Self.area(of: country) { return byArea[area.position] }
    return spread(customer.isEmpty ? invoice : customer)
  }

  private func spread(_ key: String) -> Int {
    let hash = unsafe Array(key.utf8).withUnsafeBytes { unsafe Hash128($0, seed: seed) }
    return Int(hash.low.multipliedFullWidth(by: UInt64(regions.count)).high)
  }

  enum Area: String, CaseIterable {
    case europe = "eu"
    case americas = "us"
    case asiaPacific = "ap"

    var position: Int {
      switch self {
      case .europe: 0
      case .americas: 1
      case .asiaPacific: 2
      }
    }
  }

  /// Nothing for the United Kingdom and for countries that the table does not know: their orders
  /// are spread.
  static func area(of country: String) -> Area? {
    switch country {
    case "Austria", "Belgium", "Channel Islands", "Cyprus", "Czech Republic", "Denmark", "EIRE",
      "European Community", "Finland", "France", "Germany", "Greece", "Iceland", "Italy",
      "Lithuania", "Malta", "Netherlands", "Norway", "Poland", "Portugal", "Spain", "Sweden",
      "Switzerland":
      .europe
    case "Bermuda", "Brazil", "Canada", "USA", "West Indies":
      .americas
    case "Australia", "Bahrain", "Hong Kong", "Israel", "Japan", "Korea", "Lebanon", "Nigeria",
      "RSA", "Saudi Arabia", "Singapore", "Thailand", "United Arab Emirates":
      .asiaPacific
    default:
      nil
    }
  }
}
