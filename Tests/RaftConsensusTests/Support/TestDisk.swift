import Primitives

@testable import RaftConsensus

/// A disk that carries out writes in order, each whole or not at all, some time after they were
/// asked for.
struct TestDisk {
  struct Write {
    var request: PersistRequest
    var sendAfter: [Message]
  }

  var hardState = HardState()
  var snapshot: SnapshotMark
  var snapshotState = TestState()
  var rows: [Entry] = []
  /// Asked for, not durable yet.
  var waiting: [Write] = []

  private let initial: SnapshotMark

  init(configuration: Configuration) {
    initial = .initial(configuration)
    snapshot = initial
  }

  mutating func discardSnapshot() {
    snapshot = initial
    snapshotState = TestState()
  }

  mutating func apply(_ request: PersistRequest) {
    if let hard = request.hardState { hardState = hard }
    guard let change = request.rows else { return }
    while let last = rows.last, last.index >= change.firstIndex { rows.removeLast() }
    rows += change.entries
  }

  /// Power fails: of what waits, the first few writes may have made it.
  mutating func crash(keeping count: Int) {
    for write in waiting.prefix(count) { apply(write.request) }
    waiting = []
  }

  mutating func save(_ mark: SnapshotMark, _ state: TestState) {
    guard mark.index > snapshot.index else { return }
    snapshot = mark
    snapshotState = state
    rows.removeAll { $0.index <= mark.index }
  }

  func restored(isFlawed: Bool = false) -> RestoredGroup {
    RestoredGroup(hardState: hardState, snapshot: snapshot, entries: rows, isFlawed: isFlawed)
  }

  func holds(_ position: LogPosition) -> Bool {
    if position.index <= snapshot.index { return true }
    guard let first = rows.first, position.index >= first.index else { return false }
    let at = Int(position.index.rawValue - first.index.rawValue)
    return at < rows.count && rows[at].term == position.term
  }
}

/// What the test's application knows: how far it applied, and a running checksum of everything.
struct TestState: Equatable {
  var index = LogIndex.zero
  var checksum: UInt64 = 0
  var logTime = LogTime.zero

  mutating func apply(_ entry: Entry) {
    index = entry.index
    logTime = entry.logTime
    var crc = CRC32C(continuing: UInt32(truncatingIfNeeded: checksum))
    crc.update(entry.index.rawValue)
    crc.update(entry.term.rawValue)
    crc.update(entry.payload)
    checksum = checksum &* 31 &+ UInt64(crc.value)
  }

  /// As a snapshot: padded, so that it takes several chunks.
  var bytes: [UInt8] {
    var writer = ByteWriter()
    writer.put(index.rawValue)
    writer.put(checksum)
    writer.put(logTime.milliseconds)
    return writer.bytes + [UInt8](repeating: UInt8(truncatingIfNeeded: checksum), count: 40)
  }

  init() {}

  init?(bytes: [UInt8]) {
    guard bytes.count == 64 else { return nil }
    func number(_ at: Int) -> UInt64 {
      (0..<8).reduce(0) { $0 | UInt64(bytes[at + $1]) << UInt64(8 * $1) }
    }
    index = LogIndex(number(0))
    checksum = number(8)
    logTime = LogTime(milliseconds: Int64(bitPattern: number(16)))
    guard bytes[24...].allSatisfy({ $0 == UInt8(truncatingIfNeeded: checksum) }) else { return nil }
  }
}
