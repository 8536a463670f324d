import LogStorage
import Metrics
import Synchronization

/// One lane's store as metrics, published where the disks are looked at.
final class StorageMetrics: Sendable {
  private struct State {
    var syncs: Series
    var bytes: Series
    /// All syncs at the last publication: the difference is what happened since.
    var latencies = LatencyHistogram()
  }

  private let state: Mutex<State>
  private let syncP99: Gauge
  private let queued: Gauge
  private let segments: Gauge
  private let freeBytes: Gauge

  init(lane: Int, _ settings: RuntimeSettings) {
    let factory = settings.metrics ?? MetricsSystem.factory
    let labels = [("lane", "\(lane)")]
    func gauge(_ name: String) -> Gauge {
      Gauge(label: name, dimensions: labels, factory: factory)
    }
    state = Mutex(
      State(
        syncs: Series("holdfast_syncs_total", labels, factory),
        bytes: Series("holdfast_synced_bytes_total", labels, factory)))
    syncP99 = gauge("holdfast_sync_p99_seconds")
    queued = Gauge(
      label: "holdfast_queue_depth", dimensions: labels + [("queue", "storage")], factory: factory)
    segments = gauge("holdfast_segments")
    freeBytes = gauge("holdfast_disk_free_bytes")
  }

  func publish(_ statistics: StorageStatistics) {
    let since = state.withLock { state in
      state.syncs.publish(statistics.syncs)
      state.bytes.publish(statistics.bytes)
      defer { state.latencies = statistics.syncLatency }
      return statistics.syncLatency.since(state.latencies)
    }
    syncP99.record(Double(since.upperBound(ofPercent: 99)) / 1e6)
    queued.record(statistics.queued)
    segments.record(statistics.segments)
    freeBytes.record(statistics.freeBytes)
  }
}
