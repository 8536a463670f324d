import Logging
import NIOConcurrencyHelpers

/// A log whose lines a test reads.
final class RecordingLog: Sendable {
  struct Line {
    var message: String
    var metadata: Logger.Metadata
  }

  private let box = NIOLockedValueBox<[Line]>([])

  var lines: [Line] { box.withLockedValue { $0 } }

  var logger: Logger { Logger(label: "test") { _ in Handler(box: self.box) } }

  private struct Handler: LogHandler {
    let box: NIOLockedValueBox<[Line]>
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      let line = Line(message: "\(event.message)", metadata: event.metadata ?? [:])
      box.withLockedValue { $0.append(line) }
    }
  }
}
