/// Finds, for each cancelled line, the newest confirmed order of that customer that still has units
/// of that SKU.
package struct CancellationMatcher: Sendable {
  /// What to release from one order.
  package struct Match: Hashable, Sendable {
    /// The order's number in the history.
    package var order: Int
    package var sku: Int32
    package var quantity: Int64
  }

  private struct Key: Hashable {
    var customer: String
    var sku: Int32
  }

  private struct Open {
    var order: Int
    var left: Int64
  }

  private var open: [Key: [Open]] = [:]
  /// Cancelled lines for which there was no confirmed order with units left.
  package private(set) var unmatchedLines = 0
  /// Cancelled units beyond what the matching order had left.
  package private(set) var unmatchedUnits: Int64 = 0

  package init() {}

  /// A confirmed order now holds these units of one SKU.
  package mutating func confirmed(order: Int, customer: String, sku: Int32, units: Int64) {
    guard !customer.isEmpty, units > 0 else { return }
    open[Key(customer: customer, sku: sku), default: []].append(Open(order: order, left: units))
  }

  /// Takes the units to release out of the newest matching order; nothing when there is none.
  package mutating func match(customer: String, _ line: RetailLine) -> Match? {
    let key = Key(customer: customer, sku: line.sku)
    guard !customer.isEmpty, var orders = open[key], let newest = orders.popLast() else {
      unmatchedLines += 1
      unmatchedUnits += line.quantity
      return nil
    }
    let quantity = min(newest.left, line.quantity)
    unmatchedUnits += line.quantity - quantity
    if newest.left > quantity {
      orders.append(Open(order: newest.order, left: newest.left - quantity))
    }
    open[key] = orders.isEmpty ? nil : orders
    return Match(order: newest.order, sku: line.sku, quantity: quantity)
  }
}
