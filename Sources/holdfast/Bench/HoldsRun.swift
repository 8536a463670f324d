// One shard on its way to many holds: filling, and samples of single calls on the way.

import NIOCore
import ReservationClient
import WireFormat

/// What the leader's node says between two loads.
struct HoldsReading {
  var live: UInt64 = 0
  var residentBytes: UInt64 = 0
  var cpuNanoseconds: Int64 = 0
}

/// A sample of unary calls.
struct HoldsSample {
  var counts = BenchCounts()
  var from: UInt64 = 0
  var cpuNanoseconds: Int64 = 0

  /// Processor time of the whole server, in microseconds a call.
  var cpuPerCall: Double {
    Double(cpuNanoseconds) / Double(max(1, counts.outcomes.reduce(0, +))) / 1_000
  }
}

struct HoldsFill {
  var counts = BenchCounts()
  var probe = BenchCounts()
  var seconds = 0.0
}

/// Used by one task.
final class HoldsRun {
  let target: BenchTarget
  /// Holds that were answered.
  private(set) var made: UInt64 = 0
  private let settings: ClusterSettings
  private let eventLoop: any EventLoop
  private let batch: Int

  init(
    _ target: BenchTarget, _ settings: ClusterSettings, _ eventLoop: any EventLoop, batch: Int
  ) {
    self.target = target
    var leaderOnly = settings
    leaderOnly.endpoints = [target.leader]
    self.settings = leaderOnly
    self.eventLoop = eventLoop
    self.batch = batch
  }

  func read() async throws -> HoldsReading {
    let (node, live) = try await target.inspectLeader()
    return HoldsReading(
      live: live, residentBytes: node.residentBytes, cpuNanoseconds: nanoseconds(node.cpuTime))
  }

  /// So many unary calls, once there are `from` holds.
  func sample(from: UInt64, calls: Int) async throws -> HoldsSample {
    if made < from {
      let missing = Int(from - made)
      add(await drive(load(batch: 1, calls: missing), inFlight: min(missing, 64)))
    }
    try await settle()
    let before = try await read()
    let counts = await drive(load(batch: 0, calls: calls), inFlight: 256)
    add(counts)
    let after = try await read()
    return HoldsSample(
      counts: counts, from: before.live,
      cpuNanoseconds: after.cpuNanoseconds - before.cpuNanoseconds)
  }

  /// Waits until the server rests: what a sample costs is not what a snapshot beside it costs, or
  /// the end of the filling. One that never rests is measured all the same.
  private func settle() async throws {
    var before = try await read()
    for _ in 0..<Self.settleSecondsMax {
      try await Task.sleep(for: .seconds(1))
      let after = try await read()
      if after.cpuNanoseconds - before.cpuNanoseconds < Self.restNanoseconds { return }
      before = after
    }
  }

  private static let settleSecondsMax = 60
  /// Processor time in a second: ticks and heartbeats take about a quarter of that.
  private static let restNanoseconds: Int64 = 40_000_000

  /// Fills the shard until `holds` were made, with single calls beside it.
  func fill(to holds: UInt64, inFlight: Int, probe pacer: BenchPacer) async -> HoldsFill {
    var probe = load(batch: 0, calls: .max)
    probe.pacer = pacer
    let calls = max(1, Int(holds - min(holds, made)) / batch)
    let clock = ContinuousClock()
    let start = clock.now
    let (counts, probed) = await runBenchLane(
      load(batch: batch, calls: calls), probe: probe, settings, eventLoop, inFlight: inFlight,
      probesInFlight: 64)
    let seconds = (clock.now - start) / .seconds(1)
    add(counts)
    add(probed)
    return HoldsFill(counts: counts, probe: probed, seconds: seconds)
  }

  private func add(_ counts: BenchCounts) { made += counts.outcomes[1] + counts.outcomes[2] }

  private func load(batch: Int, calls: Int) -> BenchLoad {
    BenchLoad(
      template: target.template(ttl: .seconds(86_400)), skus: 1, batch: batch,
      warmup: .zero, duration: .hours(1), callsMax: calls)
  }

  private func drive(_ load: BenchLoad, inFlight: Int) async -> BenchCounts {
    await runBenchLane(
      load, settings, eventLoop, connections: 1, inFlight: inFlight, seed: 0)
  }
}
