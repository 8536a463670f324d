import NIOCore

/// Runs many callback-style calls, so many at a time, on one loop.
final class CallWindow {
  private let eventLoop: any EventLoop
  private let total: Int
  private let call: (Int, @escaping () -> Void) -> Void
  private let completion: () -> Void
  private var next = 0
  private var ended = 0
  private(set) var isStopped = false

  /// `call` gets a number and what to run at its end; `completion` runs once, when all have ended
  /// or, after `stop()`, all that were begun.
  init(
    eventLoop: any EventLoop, total: Int, call: @escaping (Int, @escaping () -> Void) -> Void,
    completion: @escaping () -> Void
  ) {
    self.eventLoop = eventLoop
    self.total = total
    self.call = call
    self.completion = completion
  }

  func start(width: Int) {
    guard total > 0 else { return completion() }
    for _ in 0..<min(width, total) { beginNext() }
  }

  /// Begins nothing more.
  func stop() { isStopped = true }

  private func beginNext() {
    let number = next
    next += 1
    call(number) { self.endOne() }
  }

  private func endOne() {
    ended += 1
    if !isStopped, next < total {
      beginNext()
    } else if ended == next {
      completion()
    }
  }
}
