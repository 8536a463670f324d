/// What a replay prints at its end; the JSON names are a contract.
package struct ReplayReport: Sendable {
  package var orders = 0
  package var lines = 0
  package var reservedUnits: Int64 = 0
  package var refusedUnits: Int64 = 0
  package var oversoldUnits: Int64 = 0
  package var lostAcknowledged = 0
  package var duplicateEffects = 0
  package var conservationOK = false
  package var cancellationsUnmatched = 0
  package var seconds = 0.0
  package var ordersPerSecond = 0.0
  package var p50Milliseconds = 0.0
  package var p99Milliseconds = 0.0
  package var unknownOutcomes = 0

  package init() {}

  /// Fills in what history and judge know.
  package init(_ history: History, _ verdict: Verdict) {
    orders = history.orders.count
    reservedUnits = history.reservedUnits
    refusedUnits = history.refusedUnits
    unknownOutcomes = history.unknownOutcomes
    oversoldUnits = verdict.oversoldUnits
    lostAcknowledged = verdict.lost.count
    duplicateEffects = verdict.duplicates.count
    conservationOK = verdict.conservation.isEmpty && verdict.unreadable.isEmpty
  }

  package var auditHolds: Bool {
    oversoldUnits == 0 && lostAcknowledged == 0 && duplicateEffects == 0 && conservationOK
  }

  package var json: String {
    let members = fields.map { "\"\($0.name)\":\($0.value)" }
    return "{" + members.joined(separator: ",") + "}"
  }

  package var fields: [(name: String, value: String)] {
    [
      ("orders", "\(orders)"), ("lines", "\(lines)"), ("reserved_units", "\(reservedUnits)"),
      ("refused_units", "\(refusedUnits)"), ("oversold_units", "\(oversoldUnits)"),
      ("lost_acknowledged", "\(lostAcknowledged)"), ("duplicate_effects", "\(duplicateEffects)"),
      ("conservation_ok", "\(conservationOK)"),
      ("cancellations_unmatched", "\(cancellationsUnmatched)"), ("seconds", decimal(seconds)),
      ("orders_per_second", decimal(ordersPerSecond)), ("p50_ms", decimal(p50Milliseconds)),
      ("p99_ms", decimal(p99Milliseconds)), ("unknown_outcomes", "\(unknownOutcomes)"),
    ]
  }
}

/// A number with three decimals, the same in every locale.
package func decimal(_ value: Double) -> String {
  guard value.isFinite, abs(value) < 1e15 else { return "0" }
  let thousandths = Int64((value * 1000).rounded())
  let digits = String(abs(thousandths % 1000))
  let sign = thousandths < 0 ? "-" : ""
  let padded = String(repeating: "0", count: 3 - digits.count) + digits
  return "\(sign)\(abs(thousandths / 1000)).\(padded)"
}
