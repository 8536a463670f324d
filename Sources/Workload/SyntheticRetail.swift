// Orders for a machine that has none: a seeded file of the same shape as the real one, with its
// oddities, so that it goes through the same reader.

import Primitives

package struct SyntheticRetail {
  /// Orders in the file; about one document in six more is a cancellation.
  package var orders = 1_500
  package var seed: UInt64 = 1
  /// Articles on offer.
  package var skus = 2_500

  package init() {}

  /// The file's bytes; the same settings give the same bytes.
  package func csv() -> [UInt8] {
    var writer = SyntheticWriter(self)
    return writer.write()
  }
}

private struct SyntheticWriter {
  private let settings: SyntheticRetail
  private var random: SeededRandom
  private var out: [UInt8] = []
  private var popularity: [UInt64] = []
  private var minute = 8 * 60
  private var invoice = 536_365
  /// Lines of recent orders that a cancellation may take back.
  private var recent: [(customer: String, country: String, sku: Int, quantity: UInt64)] = []

  init(_ settings: SyntheticRetail) {
    precondition(settings.orders > 0 && settings.skus > 0, "a synthetic file of nothing")
    self.settings = settings
    random = SeededRandom(seed: settings.seed)
    // Zipf with exponent one: article k is asked for in proportion to 1/(k + 10).
    var sum: UInt64 = 0
    for rank in 0..<settings.skus {
      sum += 1_000_000_000 / UInt64(rank + 10)
      popularity.append(sum)
    }
  }

  mutating func write() -> [UInt8] {
    put("InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\r\n")
    for _ in 0..<settings.orders {
      writeOrder()
      if random.chance(1, in: 6) { writeCancellation() }
      if random.chance(1, in: 50) { writeAdjustment() }
    }
    return out
  }

  private mutating func writeOrder() {
    advance()
    let number = "\(invoice)"
    let country = self.country()
    let customer = random.chance(1, in: 12) ? "" : "\(12_346 + random.below(2_000))"
    for _ in 0..<orderLength() {
      let sku = article()
      let quantity = self.quantity()
      let start = out.count
      row(number, code(sku), description(sku), "\(quantity)", customer, country)
      if random.chance(1, in: 120) { out.append(contentsOf: out[start...]) }
      if recent.count < 4_096 { recent.append((customer, country, sku, quantity)) }
    }
    if random.chance(1, in: 25) { row(number, "POST", "POSTAGE", "1", customer, country) }
  }

  private mutating func writeCancellation() {
    advance()
    let number = "C\(invoice)"
    for _ in 0..<(1 + random.below(4)) where !recent.isEmpty {
      let index = Int(random.below(UInt64(recent.count)))
      let line = recent.remove(at: index)
      let quantity = 1 + random.below(line.quantity)
      row(
        number, code(line.sku), description(line.sku), "-\(quantity)", line.customer, line.country)
    }
  }

  private mutating func writeAdjustment() {
    advance()
    row("\(invoice)", code(article()), "damaged", "-\(1 + random.below(40))", "", "United Kingdom")
  }

  private mutating func row(
    _ invoice: String, _ code: String, _ description: String, _ quantity: String,
    _ customer: String, _ country: String
  ) {
    let date =
      "2010-12-\(two(1 + minute / 1_440 % 28)) \(two(minute / 60 % 24)):\(two(minute % 60)):00"
    let decimals = customer.isEmpty ? "" : ".0"
    put(
      "\(invoice),\(code),\(description),\(quantity),\(date),2.55,\(customer)\(decimals),\(country)\r\n"
    )
  }

  private mutating func advance() {
    invoice += 1
    minute += random.chance(1, in: 3) ? 0 : Int(random.below(9))
  }

  /// Mean about 18 lines; one order in two hundred is very large, up to 700.
  private mutating func orderLength() -> UInt64 {
    if random.chance(1, in: 200) { return 100 + random.below(600) }
    var length: UInt64 = 1
    while length < 90 && random.chance(15, in: 16) { length += 1 }
    return length
  }

  private mutating func quantity() -> UInt64 {
    if random.chance(1, in: 400) { return 500 + random.below(2_000) }
    return [1, 1, 2, 3, 4, 6, 6, 8, 12, 12, 24, 48][Int(random.below(12))]
  }

  private mutating func article() -> Int {
    let draw = random.below(popularity[popularity.count - 1])
    var low = 0
    var high = popularity.count - 1
    while low < high {
      let middle = (low + high) / 2
      if popularity[middle] > draw { high = middle } else { low = middle + 1 }
    }
    return low
  }

  /// Some articles are written in either letter case.
  private mutating func code(_ sku: Int) -> String {
    guard sku % 5 == 0 else { return "\(20_000 + sku)" }
    return "\(20_000 + sku)\(random.chance(1, in: 30) ? "a" : "A")"
  }

  private func description(_ sku: Int) -> String {
    sku % 7 == 0 ? "\"ARTICLE \(sku), \"\"BOXED\"\"\"" : "ARTICLE \(sku)"
  }

  private mutating func country() -> String {
    guard random.chance(1, in: 10) else { return "United Kingdom" }
    let others = ["Germany", "France", "EIRE", "Australia", "USA", "Japan", "Unspecified"]
    return others[Int(random.below(UInt64(others.count)))]
  }

  private func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }

  private mutating func put(_ text: String) { out.append(contentsOf: text.utf8) }
}
