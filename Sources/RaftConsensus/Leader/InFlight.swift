import Primitives

/// Appends that were sent to one follower and not acknowledged: bounded by number and bytes, so
/// that a slow follower costs a window and no more (trap 28).
struct InFlight: Sendable {
  private struct Sent {
    var last: LogIndex
    var bytes: Int
  }

  /// In order of `last`; the first `done` are acknowledged.
  private var sent: [Sent] = []
  private var done = 0
  private(set) var bytes = 0

  var count: Int { sent.count - done }

  func isFull(_ settings: RaftSettings) -> Bool {
    count >= settings.inFlightMessagesMax || bytes >= settings.inFlightBytesMax
  }

  mutating func add(last: LogIndex, bytes size: Int) {
    sent.append(Sent(last: last, bytes: size))
    bytes += size
  }

  /// Everything up to `index` arrived.
  mutating func free(upTo index: LogIndex) {
    while done < sent.count, sent[done].last <= index {
      bytes -= sent[done].bytes
      done += 1
    }
    guard done == sent.count || done >= 64 else { return }
    sent.removeFirst(done)
    done = 0
  }
}
