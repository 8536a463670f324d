/// What a run ended with, as it was printed: runs of a shrinking are processes of their own, so that
/// one which traps ends nothing but itself.
struct Finding {
  /// The rule that was broken, or the trap.
  var breaks: String
  /// Virtual time; nil for a trap.
  var milliseconds: UInt64?
  var what: String

  /// Nil where nothing was found.
  init?(_ lines: [String]) {
    guard let head = lines.first(where: { $0.contains(": FAILED") || $0.contains(": TRAPPED") })
    else { return nil }
    guard head.contains(": FAILED, "), let rule = head.split(separator: ",").dropFirst().first
    else {
      (breaks, milliseconds, what) = ("trap", nil, "")
      return
    }
    breaks = String(rule.dropFirst())
    let detail = lines.first { $0.hasPrefix("  at ") } ?? ""
    milliseconds = detail.split(separator: " ").dropFirst().first.flatMap { UInt64($0) }
    what = detail
  }
}

/// Makes a failing run small: a shorter time, fewer faults, fewer clients, as long as the same rule is
/// broken, or it traps. Each try is a whole run, so their number is bounded.
struct Shrinking {
  private(set) var options: SimOptions
  private(set) var finding: Finding
  private(set) var runs = 0
  private let play: (SimOptions) -> Finding?

  private static let runsMax = 400

  init(_ failed: SimOptions, _ finding: Finding, play: @escaping (SimOptions) -> Finding?) {
    options = failed
    self.finding = finding
    self.play = play
    shorten()
    dropFaults()
    shorten()
    for clients in [1, 2, 3, 5] where clients < options.clients {
      var fewer = options
      fewer.clients = clients
      if take(fewer) { break }
    }
  }

  /// Keeps what still breaks the same.
  private mutating func take(_ smaller: SimOptions) -> Bool {
    guard runs < Self.runsMax else { return false }
    runs += 1
    guard let found = play(smaller), found.breaks == finding.breaks else { return false }
    options = smaller
    finding = found
    return true
  }

  /// The failure's own time is enough, where it came before the end of the faults; of a trap the time
  /// is not known, so it is halved as long as that goes.
  private mutating func shorten() {
    while options.seconds > 1 {
      var shorter = options
      shorter.seconds = max(1, finding.milliseconds.map { $0 / 1_000 } ?? options.seconds / 2)
      guard shorter.seconds < options.seconds, take(shorter) else { return }
    }
  }

  /// Leaves out halves of what is left, then quarters, down to single faults.
  private mutating func dropFaults() {
    let count = FaultPlan(options).count
    var kept = (0..<count).filter { !options.without.contains($0) }
    var size = max(1, kept.count / 2)
    while !kept.isEmpty, runs < Self.runsMax {
      var at = 0
      while at < kept.count {
        let end = min(kept.count, at + size)
        let rest = Array(kept[..<at] + kept[end...])
        var fewer = options
        fewer.without = (0..<count).filter { !rest.contains($0) }
        if take(fewer) { kept = rest } else { at = end }
      }
      if size == 1 { return }
      size = max(1, size / 2)
    }
  }
}
