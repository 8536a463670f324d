import Dispatch
import Metrics
import Synchronization

/// A backend of metrics that stops the node that publishes to it, from `begin` to `end`: connections
/// stay open, and nothing is answered.
final class Hang: MetricsFactory, RecorderHandler {
  private enum State { case idle, wanted, hanging, over }

  private let state = Mutex(State.idle)
  private let begun = DispatchSemaphore(value: 0)
  private let over = DispatchSemaphore(value: 0)

  /// Returns when the node hangs.
  func begin() async {
    state.withLock { $0 = .wanted }
    await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
      DispatchQueue.global().async {
        self.begun.wait()
        done.resume()
      }
    }
  }

  func end() {
    let wasHanging = state.withLock { state in
      defer { state = .over }
      return state == .hanging
    }
    if wasHanging { over.signal() }
  }

  private func hang() {
    let isWanted = state.withLock { state in
      guard state == .wanted else { return false }
      state = .hanging
      return true
    }
    guard isWanted else { return }
    begun.signal()
    over.wait()
  }

  func record(_ value: Double) { hang() }

  func record(_ value: Int64) {}

  func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    NOOPMetricsHandler.instance
  }

  func makeRecorder(
    label: String, dimensions: [(String, String)], aggregate: Bool
  ) -> any RecorderHandler {
    // Written on the lane's own loop.
    label == "holdfast_turn_max_seconds" ? self : NOOPMetricsHandler.instance
  }
  func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    NOOPMetricsHandler.instance
  }

  func destroyCounter(_ handler: any CounterHandler) {}
  func destroyRecorder(_ handler: any RecorderHandler) {}
  func destroyTimer(_ handler: any TimerHandler) {}
}
