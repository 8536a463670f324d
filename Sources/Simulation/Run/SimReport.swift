/// What came of a run.
package struct SimReport: Sendable {
  package var options: SimOptions
  package var failure: SimFailure?
  package var traceHash: UInt64
  /// Virtual time, setup and liveness phase included.
  package var simulatedMilliseconds: UInt64
  package var steps: UInt64
  package var entries: Int
  package var answered: Int
  package var reads: Int
  package var staleReads: Int
  package var leaseReads: Int
  package var repeats: Int
  package var unknown: Int
  package var elections: Int
  package var faults: Int
  package var expired: Int
  package var digestsCompared: Int
  package var entriesCompared: Int
  package var marks: Marks
  /// Reads that were answered by a lease and were too old, where clocks were worse than promised.
  package var staleBeyondBound = 0
  /// Answers of members whose ledger had gone wrong; no client heard them.
  package var answersWithheld = 0
  package var undecidedHistories = 0
  package var judgedHistories = 0

  package var summary: [String] {
    [
      "seed \(options.seed): "
        + (failure.map { "FAILED, rule \($0.rule)" } ?? "nothing wrong")
        + ", \(simulatedMilliseconds / 1_000) s simulated, \(faults) faults",
      "  \(steps) steps, \(elections) elections, \(entries) entries (\(entriesCompared) compared, "
        + "\(digestsCompared) digests)",
      "  \(answered) calls answered, \(repeats) repeated, \(unknown) given up, \(reads) reads "
        + "(\(leaseReads) by lease, \(staleReads) stale ones), \(expired) holds expired, "
        + "\(judgedHistories) histories linearizable"
        + (undecidedHistories > 0 ? ", \(undecidedHistories) undecided" : "")
        + (answersWithheld > 0 ? ", \(answersWithheld) answers of wrong ledgers" : "")
        + (staleBeyondBound > 0 ? ", \(staleBeyondBound) stale by clocks beyond the bound" : ""),
    ]
  }
}

extension Simulation {
  func report() -> SimReport {
    var marks = marks
    var expired = 0
    var entries = 0
    for track in checks.shards {
      expired += track.model.expired
      entries += track.applied.count
      if track.model.expired > 0 { marks.reach(.holdExpired) }
      if track.model.repeated > 0 { marks.reach(.requestRepeated) }
      if track.model.reacquired > 0 { marks.reach(.reacquired) }
      marks.add(track.model.marks)
    }
    return SimReport(
      options: options, failure: checks.failure, traceHash: trace.value,
      simulatedMilliseconds: (now - 1_000_000_000) / 1_000_000, steps: trace.steps,
      entries: entries, answered: load.answered, reads: load.reads,
      staleReads: checks.staleReads, leaseReads: checks.leaseReads, repeats: load.repeats,
      unknown: load.unknown,
      elections: checks.elections, faults: faults.begun, expired: expired,
      digestsCompared: checks.digestsCompared, entriesCompared: checks.entriesCompared,
      marks: marks, staleBeyondBound: checks.staleBeyondBound,
      answersWithheld: checks.answersWithheld,
      undecidedHistories: load.undecided, judgedHistories: load.judged)
  }
}
