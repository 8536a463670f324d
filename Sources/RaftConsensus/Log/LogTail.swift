import Primitives

/// The entries of a log that are in memory: a run without gaps up to the log's end, dropped from
/// the front when they are too many. Every operation costs what it moves.
struct LogTail: Sendable {
  private var entries: [Entry] = []
  /// How many at the front of `entries` are dropped; their payloads are released at once, their
  /// places when half of the array is waste.
  private var dropped = 0
  private(set) var firstIndex: LogIndex
  private(set) var bytes = 0
  /// The log time of the entry before the first.
  private var logTimeBefore: LogTime

  init(after index: LogIndex, logTime: LogTime) {
    firstIndex = index.next
    logTimeBefore = logTime
  }

  var count: Int { entries.count - dropped }
  var lastIndex: LogIndex { firstIndex.advanced(by: UInt64(count)).previous }

  subscript(index: LogIndex) -> Entry { entries[offset(index)] }

  func contains(_ index: LogIndex) -> Bool { index >= firstIndex && index <= lastIndex }

  var lastLogTime: LogTime { count == 0 ? logTimeBefore : entries[entries.count - 1].logTime }

  mutating func append(_ entry: Entry) {
    precondition(
      entry.index == lastIndex.next,
      "entry \(entry.index.rawValue) behind \(lastIndex.rawValue)")
    entries.append(entry)
    bytes += entry.weight
  }

  /// Everything from `first` to `last`.
  func slice(_ first: LogIndex, _ last: LogIndex) -> [Entry] {
    first > last ? [] : Array(entries[offset(first)...offset(last)])
  }

  /// From `first` on as many as fit into `maxBytes`, but one at least.
  func batch(from first: LogIndex, maxBytes: Int) -> [Entry] {
    var end = offset(first)
    var size = 0
    while end < entries.count {
      size += entries[end].weight
      if size > maxBytes, end > offset(first) { break }
      end += 1
    }
    return Array(entries[offset(first)..<end])
  }

  mutating func truncate(from index: LogIndex) {
    while count > 0, lastIndex >= index {
      bytes -= entries[entries.count - 1].weight
      entries.removeLast()
    }
  }

  /// Drops from the front until at most `maxBytes` are left, but nothing above `limit`.
  mutating func trim(toBytes maxBytes: Int, upTo limit: LogIndex) {
    while count > 0, bytes > maxBytes, firstIndex <= limit {
      bytes -= entries[dropped].weight
      logTimeBefore = entries[dropped].logTime
      entries[dropped].payload = []
      dropped += 1
      firstIndex = firstIndex.next
    }
    guard dropped > 64, dropped * 2 > entries.count else { return }
    entries.removeFirst(dropped)
    dropped = 0
  }

  private func offset(_ index: LogIndex) -> Int {
    precondition(
      index >= firstIndex && index <= lastIndex,
      "entry \(index.rawValue) of \(firstIndex.rawValue)...\(lastIndex.rawValue)")
    return dropped + Int(index.rawValue - firstIndex.rawValue)
  }
}
