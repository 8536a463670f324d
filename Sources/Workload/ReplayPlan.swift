// What a replay will do, decided before it starts: the orders and cancellations in the file's
// order, the region of each, and the supply that makes some of them fail.

import Primitives

/// One order or cancellation to play.
package struct ReplayEvent: Sendable {
  package var kind: RetailDocument.Kind
  /// The invoice, unique within one round of the file.
  package var invoice: String
  package var customer: String
  /// Index into `ReplayPlan.regions`.
  package var region: Int
  package var lines: [RetailLine]
  /// The event of the same customer that must be over before this one starts, by index; so a
  /// cancellation finds the orders that were placed before it.
  package fileprivate(set) var previous: Int?
  /// The customer's next event, if there is one.
  package fileprivate(set) var next: Int?
}

/// Units to put on hand before the first order.
package struct PlannedSupply: Hashable, Sendable {
  package var sku: Int32
  package var region: Int
  /// 0 or 1: each region keeps its stock at two locations.
  package var location: Int
  package var units: Int64
}

/// How to turn a file into a plan.
package struct ReplaySettings: Sendable {
  /// Supply as a part of the demand, in millionths.
  package var supplyPartsPerMillion: Int64 = 600_000
  /// How often the file is played.
  package var rounds = 1
  package var seed: UInt64 = 1
  /// Requests carry no more lines; a longer order becomes several.
  package var linesMax = 2_000

  package init() {}
}

package struct ReplayPlan: Sendable {
  package static let locationsPerRegion = 2

  package let regions: [String]
  package let skus: [String]
  /// One round; round r plays them all again under new order ids.
  package private(set) var events: [ReplayEvent] = []
  package private(set) var supply: [PlannedSupply] = []
  package let settings: ReplaySettings

  package init(_ file: RetailFile, regions: [String], settings: ReplaySettings = .init()) {
    precondition(settings.rounds > 0, "a replay of \(settings.rounds) rounds")
    precondition(settings.supplyPartsPerMillion >= 0, "supply below zero")
    self.regions = regions
    self.settings = settings
    skus = file.skus
    addEvents(file, RegionTable(regions: regions, seed: settings.seed))
    chainCustomers()
    supply = plannedSupply(demand())
  }

  package var eventsInAll: Int { events.count * settings.rounds }

  private mutating func addEvents(_ file: RetailFile, _ table: RegionTable) {
    for document in file.documents {
      let region = table.region(
        country: document.country, customer: document.customer, invoice: document.invoice)
      var part = 0
      var start = 0
      while start < document.lines.count {
        let end = min(start + settings.linesMax, document.lines.count)
        events.append(
          ReplayEvent(
            kind: document.kind,
            invoice: part == 0 ? document.invoice : "\(document.invoice)-\(part)",
            customer: document.customer, region: region,
            lines: Array(document.lines[start..<end])))
        start = end
        part += 1
      }
    }
  }

  private mutating func chainCustomers() {
    var last: [String: Int] = [:]
    for index in events.indices where !events[index].customer.isEmpty {
      if let previous = last.updateValue(index, forKey: events[index].customer) {
        events[index].previous = previous
        events[previous].next = index
      }
    }
  }

  /// Units ordered in one round, by region and SKU.
  package func demand() -> [[Int64]] {
    var demand = [[Int64]](
      repeating: [Int64](repeating: 0, count: skus.count), count: regions.count)
    for event in events where event.kind == .order {
      for line in event.lines { demand[event.region][Int(line.sku)] += line.quantity }
    }
    return demand
  }

  private func plannedSupply(_ demand: [[Int64]]) -> [PlannedSupply] {
    var supply: [PlannedSupply] = []
    for region in demand.indices {
      for sku in demand[region].indices {
        let units = portion(of: demand[region][sku])
        let shares = [units - units / 2, units / 2]
        for (location, share) in shares.enumerated() where share > 0 {
          supply.append(
            PlannedSupply(sku: Int32(sku), region: region, location: location, units: share))
        }
      }
    }
    return supply
  }

  /// `floor(fraction × demand)` of all rounds together.
  private func portion(of demand: Int64) -> Int64 {
    let whole = demand * Int64(settings.rounds)
    let product = whole.multipliedFullWidth(by: settings.supplyPartsPerMillion)
    return Int64(1_000_000).dividingFullWidth(product).quotient
  }
}
