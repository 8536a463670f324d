import Workload

/// What a bench says in the end.
struct BenchReport: FieldReport {
  var counts: BenchCounts
  var before: BenchReading
  var after: BenchReading
  var seconds: Double
  var batch: Int
  var connections: Int
  var inFlight: Int
  /// Of an open load.
  var rate: Int?
  /// Of an open load: milliseconds of each bare append and sync, before and after it.
  var syncs: [Double]
  var isOfReads = false

  var fields: [(String, String)] {
    [
      ("ops_per_second", decimal(Double(counts.reservations) / seconds)),
      ("p50_ms", decimal(counts.latencies.milliseconds(perMille: 500))),
      ("p99_ms", decimal(counts.latencies.milliseconds(perMille: 990))),
      ("p999_ms", decimal(counts.latencies.milliseconds(perMille: 999))),
      ("cpu_us_per_call", decimal(cpuMicroseconds)),
      ("sync_ms", decimal(Double(after.syncNanoseconds) / 1e6)),
      ("connections", "\(connections)"), ("in_flight", "\(inFlight)"),
      ("seconds", decimal(seconds)), ("errors", "\(counts.errors)"),
      (
        "outcomes",
        "{\"FULL\":\(counts.outcomes[1]),\"PARTIAL\":\(counts.outcomes[2]),"
          + "\"NONE\":\(counts.outcomes[3])}"
      ),
    ] + readFields + openFields
  }

  private var readFields: [(String, String)] {
    guard isOfReads else { return [] }
    let by = counts.answeredBy
    return [("answered_by", "{\"LEASE\":\(by[1]),\"QUORUM\":\(by[2]),\"STALE\":\(by[3])}")]
  }

  private var openFields: [(String, String)] {
    guard let rate else { return [] }
    let sync = AppendSync.median(syncs)
    return [
      ("rate", "\(rate)"), ("late", "\(counts.late)"), ("missed", "\(counts.missed)"),
      ("append_sync_ms", decimal(sync)),
      ("p99_over_append_sync", decimal(counts.latencies.milliseconds(perMille: 990) / sync)),
    ]
  }

  private var cpuMicroseconds: Double {
    let all = (counts.outcomes + counts.answeredBy).reduce(0, +)
    let calls = max(1, all / UInt64(max(1, batch)))
    return Double(after.cpuNanoseconds - before.cpuNanoseconds) / Double(calls) / 1_000
  }
}
