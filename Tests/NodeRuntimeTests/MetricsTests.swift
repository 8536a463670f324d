import GRPCTransport
import MetricsTestKit
import NodeRuntime
import Primitives
import ReservationClient
import Testing
import WireFormat

@Suite(.timeLimit(.minutes(1)))
struct MetricsTests {
  /// What a node did is in its metrics by the time that it has stopped.
  @Test func whatANodeDidIsInItsMetrics() async throws {
    let metrics = TestMetrics()
    try await NodeHarness.with({ $0.metrics = metrics }) { node in
      try await node.stock(units: 10)
      for number in 0..<5 { try await reserve(number, pool: "p", on: node) }
      await #expect(throws: (any Error).self) { try await reserve(9, pool: "q", on: node) }
    }
    let lane = [("lane", "0")]
    func total(_ name: String, _ labels: [(String, String)] = []) -> Int64 {
      metrics.counterTotal(label: name, dimensions: lane + labels)
    }
    // The catalog's five entries, the supply and the reservations.
    #expect(total("holdfast_commands_applied_total") >= 10)
    #expect(total("holdfast_entries_committed_total") >= 10)
    #expect(total("holdfast_calls_total") >= 11)
    #expect(total("holdfast_turns_total") > 10)
    #expect(total("holdfast_syncs_total") >= 10)
    #expect(total("holdfast_synced_bytes_total") > 500)
    #expect(total("holdfast_refusals_total", [("reason", "UNKNOWN_POOL")]) == 1)
    #expect(total("holdfast_leadership_total", [("event", "won")]) == 2)
    #expect(total("holdfast_loads_failed_total") == 0)
    func gauge(_ name: String, _ labels: [(String, String)] = []) throws -> [Double] {
      try metrics.expectGauge(name, lane + labels).values
    }
    #expect(try gauge("holdfast_live_reservations").last == 5)
    #expect(try gauge("holdfast_shards_led").last == 2)
    #expect(try gauge("holdfast_turn_max_seconds").contains { $0 > 0 })
    #expect(try gauge("holdfast_turn_p99_seconds").contains { $0 > 0 })
    #expect(try gauge("holdfast_dedupe_horizon_seconds").last == 86_400)
    #expect(try gauge("holdfast_disk_free_bytes").contains { $0 > 0 })
    #expect(try gauge("holdfast_queue_depth", [("queue", "mailbox")]).last == 0)
  }

  /// Their number follows from the code, and not from what callers do.
  @Test func labelsDoNotGrowWithShardsOrCallers() async throws {
    func names(pools: Int) async throws -> Set<String> {
      let metrics = TestMetrics()
      try await NodeHarness.with({ $0.metrics = metrics }) { node in
        try await node.stock(units: 10)
        for number in 0..<pools {
          try await node.put(
            API.PutPoolRequest(pool: "pool\(number)", regions: ["eu"], locations: []))
          try? await reserve(number, pool: "no-pool\(number)", on: node)
        }
      }
      return Set(
        metrics.counters.map { "\($0.label) \($0.dimensions)" }
          + metrics.recorders.map { "\($0.label) \($0.dimensions)" })
    }
    #expect(try await names(pools: 0) == names(pools: 6))
  }

  private func reserve(_ number: Int, pool: String, on node: NodeHarness) async throws {
    let request = API.ReserveRequest(
      pool: pool, region: "eu", orderID: "o\(number)",
      lines: [API.ReserveLine(sku: "s", quantity: 1)])
    _ = try await node.client.send(
      request.stamped(await node.client.stamp(now: node.wall())))
  }
}
