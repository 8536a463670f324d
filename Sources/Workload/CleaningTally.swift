/// How much of each oddity a file held, so that nobody has to guess what was left out of it.
package struct CleaningTally: Sendable, Equatable {
  package var rows = 0
  package var orderLines = 0
  package var cancellationLines = 0
  package var duplicateRows = 0
  /// Rows whose stock code was written in other letter case than the code's first row.
  package var recasedCodes = 0
  package var nonStockRows = 0
  /// Each code that is no stock, in order of first appearance, with its rows.
  package var nonStockCodes: [(code: String, rows: Int)] = []
  package var missingCustomers = 0
  package var decimalCustomers = 0
  /// Rows of orders with a quantity of zero or less: corrections of the books, not sales.
  package var adjustments = 0
  /// Rows of documents that are neither orders nor cancellations, such as bad-debt entries.
  package var otherDocuments = 0
  package var badRows = 0
  /// The first of the bad rows, to look them up.
  package var badRowSamples: [CSVFault] = []
  package static let samplesMax = 20

  package init() {}

  package static func == (a: CleaningTally, b: CleaningTally) -> Bool {
    a.lines.elementsEqual(b.lines, by: { $0 == $1 }) && a.badRowSamples == b.badRowSamples
  }

  mutating func countBad(_ fault: CSVFault) {
    badRows += 1
    if badRowSamples.count < Self.samplesMax { badRowSamples.append(fault) }
  }

  /// What to tell people: a name and a number each.
  package var lines: [(name: String, value: Int)] {
    [
      ("rows", rows), ("order lines", orderLines), ("cancelled lines", cancellationLines),
      ("exact duplicate rows dropped", duplicateRows),
      ("stock codes folded by letter case", recasedCodes),
      ("rows that are no stock", nonStockRows), ("rows without a customer", missingCustomers),
      ("customers written with decimals", decimalCustomers),
      ("adjustments (zero or negative)", adjustments),
      ("rows of other documents", otherDocuments),
      ("bad rows", badRows),
    ]
  }
}
