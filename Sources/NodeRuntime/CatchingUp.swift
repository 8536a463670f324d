// Between the start of the lanes and SERVING: the ledgers come to where this node's own disk says
// that they were.

import Logging
import NIOCore
import NodeCore
import Primitives
import ServiceLifecycle

/// Waits for the ledgers of all lanes. It waits for no other node and for no new commit (see
/// `NodeCore.recoveryGaps`), so a cluster that starts cold, or one without a majority, gets through.
struct CatchingUp {
  let hub: Hub
  /// Told when nothing came of this long a wait.
  let stall: Duration

  private static let look = Duration.milliseconds(5)
  private static let tell = Duration.seconds(2)

  /// True when all is applied, or nothing moved for the length of `stall`: then shards that are
  /// whole must not suffer from one that is not. False when the node is to stop.
  func wait() async -> Bool {
    await cancelWhenGracefulShutdown {
      do {
        try await untilDone()
        return true
      } catch {
        return false
      }
    }
  }

  private func untilDone() async throws {
    var known: [RecoveryGap] = []
    var moved = ContinuousClock.now
    var told = moved
    while true {
      let gaps = try await gaps()
      guard !gaps.isEmpty else { return }
      let now = ContinuousClock.now
      if gaps != known { (known, moved) = (gaps, now) }
      guard now - moved < stall else { return tell(gaps, "serving without these entries", .error) }
      if now - told >= Self.tell {
        told = now
        tell(gaps, "applying the committed log before serving", .notice)
      }
      try await Task.sleep(for: Self.look)
    }
  }

  private func gaps() async throws -> [RecoveryGap] {
    var gaps: [RecoveryGap] = []
    for lane in hub.lanes {
      gaps += try await lane.loop.submit {
        // The first call after READY finds the catalog that was just applied.
        lane.noteRoutes()
        return lane.core.recoveryGaps
      }.get()
    }
    return gaps
  }

  private func tell(_ gaps: [RecoveryGap], _ message: Logger.Message, _ level: Logger.Level) {
    for gap in gaps {
      hub.events.logger.log(
        level: level, message,
        metadata: [
          "shard": "\(gap.shard.rawValue)", "applied": "\(gap.applied.rawValue)",
          "committed": "\(gap.goal.rawValue)",
        ])
    }
  }
}
