import Workload

/// What a bench of many holds says in the end.
struct HoldsReport: FieldReport {
  var pool: String
  var batch: Int
  var empty = HoldsReading()
  var few = HoldsSample()
  var fill = HoldsFill()
  /// After the filling.
  var full = HoldsReading()
  var many = HoldsSample()
  var end = HoldsReading()
  /// Holds that were answered.
  var answered: UInt64 = 0

  /// Calls that failed.
  var errors: UInt64 {
    few.counts.errors + fill.counts.errors + fill.probe.errors + many.counts.errors
  }

  private var bytesPerHold: Double {
    let grown = Double(full.residentBytes) - Double(empty.residentBytes)
    return grown / Double(max(1, full.live))
  }

  var fields: [(String, String)] {
    [
      ("pool", "\"\(pool)\""), ("holds", "\(end.live)"), ("answered", "\(answered)"),
      ("resident_bytes_empty", "\(empty.residentBytes)"),
      ("resident_bytes_full", "\(full.residentBytes)"),
      ("resident_bytes_per_hold", decimal(bytesPerHold)),
    ] + fields(of: few, "few") + fields(of: many, "many") + [
      ("cpu_many_over_few", decimal(many.cpuPerCall / few.cpuPerCall)),
      ("fill_batch", "\(batch)"),
      ("fill_per_second", decimal(Double(fill.counts.reservations) / fill.seconds)),
    ] + latencies(of: fill.counts, "fill") + latencies(of: fill.probe, "probe")
      + [("errors", "\(errors)")]
  }

  private func fields(of sample: HoldsSample, _ name: String) -> [(String, String)] {
    [
      ("\(name)_from", "\(sample.from)"), ("\(name)_calls", "\(sample.counts.calls)"),
      ("\(name)_cpu_us_per_call", decimal(sample.cpuPerCall)),
    ] + latencies(of: sample.counts, name)
  }

  private func latencies(of counts: BenchCounts, _ name: String) -> [(String, String)] {
    [
      ("\(name)_p50_ms", decimal(counts.latencies.milliseconds(perMille: 500))),
      ("\(name)_p99_ms", decimal(counts.latencies.milliseconds(perMille: 990))),
      ("\(name)_max_ms", decimal(counts.latencies.milliseconds(perMille: 1_000))),
    ]
  }
}
