/// Makes a failing run small: a shorter time, fewer faults, fewer clients, as long as the same rule is
/// broken. Each try is a whole run, so their number is bounded.
package struct Shrinking {
  package private(set) var best: SimReport
  package private(set) var runs = 0

  private static let runsMax = 400

  /// `began` is told the options before each run, for the case that it traps.
  package init(_ failed: SimReport, began: (SimOptions) -> Void) {
    best = failed
    shorten(began)
    dropFaults(began)
    shorten(began)
    for clients in [1, 2, 3, 5] where clients < best.options.clients {
      var fewer = best.options
      fewer.clients = clients
      if take(fewer, began) { break }
    }
  }

  /// Keeps what still breaks the same rule.
  private mutating func take(_ options: SimOptions, _ began: (SimOptions) -> Void) -> Bool {
    guard runs < Self.runsMax else { return false }
    runs += 1
    began(options)
    let report = Simulation(options).run()
    guard let failure = report.failure, failure.rule == best.failure?.rule else { return false }
    best = report
    return true
  }

  /// The failure's own time is enough, where it came before the end of the faults.
  private mutating func shorten(_ began: (SimOptions) -> Void) {
    guard let failure = best.failure else { return }
    var shorter = best.options
    shorter.seconds = max(1, failure.atNanoseconds / 1_000_000_000)
    if shorter.seconds < best.options.seconds { _ = take(shorter, began) }
  }

  /// Leaves out halves of what is left, then quarters, down to single faults.
  private mutating func dropFaults(_ began: (SimOptions) -> Void) {
    let count = FaultPlan(best.options).count
    var kept = (0..<count).filter { !best.options.without.contains($0) }
    var size = max(1, kept.count / 2)
    while !kept.isEmpty, runs < Self.runsMax {
      var at = 0
      while at < kept.count {
        let end = min(kept.count, at + size)
        let rest = Array(kept[..<at] + kept[end...])
        var fewer = best.options
        fewer.without = (0..<count).filter { !rest.contains($0) }
        if take(fewer, began) { kept = rest } else { at = end }
      }
      if size == 1 { return }
      size = max(1, size / 2)
    }
  }
}
