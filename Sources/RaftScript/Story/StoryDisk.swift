import Primitives
import RaftConsensus

/// A write that is under way, and what waits for it.
struct StoryWrite {
  var due: UInt64
  var request: PersistRequest
  var after: [Message]
}

/// What the entries of a story do: keep their texts in order.
struct StoryApplication {
  private(set) var index = LogIndex.zero
  private(set) var logTime = LogTime.zero
  private var texts: [String] = []

  init() {}

  init(bytes: [UInt8], mark: SnapshotMark) {
    index = mark.index
    logTime = mark.logTime
    texts = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  var bytes: [UInt8] { Array(texts.joined(separator: "\n").utf8) }

  var text: String { "[" + texts.joined(separator: ", ") + "]" }

  mutating func apply(_ entry: Entry) {
    index = entry.index
    logTime = entry.logTime
    if entry.kind == .command { texts.append(String(decoding: entry.payload, as: UTF8.self)) }
  }
}

/// What is durable.
struct StoryDisk {
  private var hardState = HardState()
  private var snapshot: SnapshotMark
  private(set) var application = StoryApplication()
  private var rows: [Entry] = []
  /// Rows from here on can't be read.
  private var corruptFrom: LogIndex?

  init(_ mark: SnapshotMark) { snapshot = mark }

  mutating func apply(_ request: PersistRequest) {
    if let hard = request.hardState { hardState = hard }
    guard let change = request.rows else { return }
    rows.removeAll { $0.index >= change.firstIndex }
    rows += change.entries
  }

  mutating func save(_ mark: SnapshotMark, _ state: StoryApplication) {
    snapshot = mark
    application = state
    rows.removeAll { $0.index <= mark.index }
  }

  mutating func corrupt(from index: LogIndex) { corruptFrom = index }

  func entries(_ load: LoadRequest) -> [Entry] {
    rows.filter { $0.index >= load.from && $0.index <= load.upTo }
  }

  /// The readable rows; where one is corrupt the member is flawed (rule C9).
  var restored: RestoredGroup {
    RestoredGroup(
      hardState: hardState, snapshot: snapshot, entries: readable,
      isFlawed: readable.count < rows.count)
  }

  private var readable: [Entry] { rows.filter { $0.index < corruptFrom ?? LogIndex(.max) } }

  var text: String {
    var text = "term \(hardState.term.rawValue)"
    if hardState.vote != .none { text += ", vote for \(hardState.vote.rawValue)" }
    if snapshot.index > .zero { text += ", snapshot at \(snapshot.index.rawValue)" }
    return text + ", log to \((readable.last?.index ?? snapshot.index).rawValue)"
  }
}
