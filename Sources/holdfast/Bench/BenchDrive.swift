// Runs lanes of load on their event loop, for whoever waits outside.

import NIOCore
import ReservationClient

/// One load over so many connections.
func runBenchLane(
  _ load: BenchLoad, _ settings: ClusterSettings, _ eventLoop: any EventLoop, connections: Int,
  inFlight: Int, seed: UInt64
) async -> BenchCounts {
  await withCheckedContinuation { continuation in
    eventLoop.execute {
      let lane = BenchLane.linked(load, settings, eventLoop, connections: connections, seed: seed) {
        continuation.resume(returning: $0)
      }
      lane.start(inFlight: inFlight)
    }
  }
}

/// A closed load with an open one beside it, which ends with the closed one. Each has a connection
/// of its own.
func runBenchLane(
  _ load: BenchLoad, probe: BenchLoad, _ settings: ClusterSettings, _ eventLoop: any EventLoop,
  inFlight: Int, probesInFlight: Int
) async -> (load: BenchCounts, probe: BenchCounts) {
  await withCheckedContinuation { continuation in
    eventLoop.execute {
      var loadCounts = BenchCounts()
      let prober = BenchLane.linked(probe, settings, eventLoop, connections: 1, seed: 1) {
        continuation.resume(returning: (loadCounts, $0))
      }
      let lane = BenchLane.linked(load, settings, eventLoop, connections: 1, seed: 2) {
        loadCounts = $0
        prober.end()
      }
      prober.start(inFlight: probesInFlight)
      lane.start(inFlight: inFlight)
    }
  }
}

extension BenchLane {
  /// A lane with links of its own, which it closes in the end. On the event loop.
  fileprivate static func linked(
    _ load: BenchLoad, _ settings: ClusterSettings, _ eventLoop: any EventLoop, connections: Int,
    seed: UInt64, completion: @escaping (BenchCounts) -> Void
  ) -> BenchLane {
    // A link has one connection to an endpoint, so each connection is a link of its own.
    let links = (0..<connections).map { _ in ClusterLink(settings, eventLoop: eventLoop) }
    let channels = links.map { $0.channel(to: settings.endpoints[0]) }
    return BenchLane(load, channels, eventLoop: eventLoop, seed: seed) { counts in
      for link in links { link.close() }
      completion(counts)
    }
  }
}
