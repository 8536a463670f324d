import Dispatch
import Glibc
import Synchronization

/// Turns SIGINT and SIGTERM into one event that can be awaited and asked for.
final class StopSignals: Sendable {
  private let stream: AsyncStream<Void>
  private let continuation: AsyncStream<Void>.Continuation
  private let stopped = Atomic(false)
  private nonisolated(unsafe) let sources: [any DispatchSourceSignal]

  init() {
    (stream, continuation) = AsyncStream.makeStream(of: Void.self)
    let queue = DispatchQueue(label: "holdfast.signals")
    unsafe sources = [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      return DispatchSource.makeSignalSource(signal: number, queue: queue)
    }
    for source in unsafe sources {
      source.setEventHandler { [self] in stop() }
      source.resume()
    }
  }

  var isStopped: Bool { stopped.load(ordering: .acquiring) }

  /// As if a signal had come.
  func stop() {
    stopped.store(true, ordering: .releasing)
    continuation.finish()
  }

  /// Returns when a signal came.
  func wait() async {
    for await _ in stream {}
  }
}
