// Whether the disk has room for more promises (rule Q5). What ends or settles promises is taken as
// long as anything can be written at all.

import Dispatch
import LogStorage
import Logging
import NIOCore
import Synchronization
import WireFormat

/// Written about once a second, read by all dispatchers.
final class DiskGauge: Sendable {
  private let freeBytesMin: Int64
  private let full = Atomic(false)

  init(freeBytesMin: Int64) { self.freeBytesMin = freeBytesMin }

  var isFull: Bool { full.load(ordering: .relaxed) }

  /// True if that changed.
  func measured(freeBytes: Int64) -> Bool {
    let isFull = freeBytes < freeBytesMin
    return full.exchange(isFull, ordering: .relaxed) != isFull
  }

  /// How often the disks are looked at.
  static let period = TimeAmount.seconds(1)
}

extension HoldfastMethod {
  /// Takes in what the disk then has to keep.
  var fillsDisk: Bool {
    switch self {
    case .reserve, .batchReserve, .streamReserve, .adjustSupply, .syncSupply, .putSku,
      .putLocation, .putPool, .putAccount:
      true
    default: false
    }
  }
}

extension Dispatcher {
  /// Asked where the shard is led; what goes elsewhere is judged there.
  func diskRefusal(_ method: HoldfastMethod) -> RequestRefusal? {
    guard method.fillsDisk, hub.disk.isFull else { return nil }
    return .retry(.diskFull, afterMilliseconds: 1_000)
  }
}

extension Hub {
  /// Looks at the disks now and then. Not on a loop: a sick disk may keep the caller waiting.
  func watchDisk() -> RepeatedTask {
    lanes[0].loop.scheduleRepeatedTask(initialDelay: .zero, delay: DiskGauge.period) {
      [self] _ in
      diskQueue.async { [self] in measureDisk() }
    }
  }

  /// Looks at them a last time, after whatever look is under way.
  func endOfDiskWatch() async {
    await withCheckedContinuation { continuation in
      diskQueue.async { [self] in
        measureDisk()
        continuation.resume()
      }
    }
  }

  /// Looks at every store once, for the gauge and for the metrics.
  private func measureDisk() {
    var free = Int64.max
    for (lane, metrics) in zip(lanes, storageMetrics) {
      let statistics = lane.store.statistics
      metrics.publish(statistics)
      lane.loop.execute { lane.tellKept(statistics.keptBytes) }
      free = min(free, statistics.freeBytes)
    }
    guard disk.measured(freeBytes: free) else { return }
    let details: Logger.Metadata = ["free_bytes": "\(free)"]
    if disk.isFull {
      events.logger.error("disk is nearly full: intake is refused", metadata: details)
    } else {
      events.logger.notice("disk has room again: intake is open", metadata: details)
    }
  }
}
