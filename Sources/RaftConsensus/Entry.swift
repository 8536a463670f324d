package import Primitives

/// What an entry is for. The raw values are those of the wire and of the log on disk.
package enum EntryKind: UInt8, Sendable {
  /// The payload is the application's; Raft never looks inside.
  case command = 1
  /// Exists only to be committed: a new leader's first entry, a pulse (rules C6, T3).
  case empty = 2
  /// The payload is a configuration.
  case configuration = 3
}

/// One entry of a group's log. (index, term) identifies it: equal pairs are equal entries behind
/// equal predecessors (Raft paper, figure 3, Log Matching).
package struct Entry: Hashable, Sendable {
  package var term: Term
  package var index: LogIndex
  package var kind: EntryKind
  /// Never lower than the log time of the entry before (rule T1).
  package var logTime: LogTime
  /// The lease length that the entry was made under (rule L3); 0 gives no lease.
  package var leaseMilliseconds: UInt32
  /// The bound on the clocks' rate error that it was made under, in millionths (rule L3).
  package var clockRatePPM: UInt32
  /// Shared, never copied, on its way from proposal to disk, peers and ledger.
  package var payload: [UInt8]

  package init(
    term: Term, index: LogIndex, kind: EntryKind, logTime: LogTime,
    leaseMilliseconds: UInt32 = 0, clockRatePPM: UInt32 = 0, payload: [UInt8] = []
  ) {
    self.term = term
    self.index = index
    self.kind = kind
    self.logTime = logTime
    self.leaseMilliseconds = leaseMilliseconds
    self.clockRatePPM = clockRatePPM
    self.payload = payload
  }

  /// What the entry counts in windows and batches: its payload and the fixed fields around it.
  var weight: Int { payload.count + Self.fixedBytes }

  /// Bytes of the fields beside the payload, so that a million empty entries are not free.
  static let fixedBytes = 48

  var position: LogPosition { LogPosition(term: term, index: index) }

  /// False for a configuration that can't be read.
  var isReadable: Bool { kind != .configuration || Configuration(decoding: payload) != nil }
}

/// The identity of an entry, ordered as votes compare logs (Raft paper, section 5.4.1): by term,
/// then by index.
package struct LogPosition: Hashable, Comparable, Sendable {
  package var term: Term
  package var index: LogIndex

  package init(term: Term, index: LogIndex) {
    self.term = term
    self.index = index
  }

  package static var zero: LogPosition { LogPosition(term: .zero, index: .zero) }

  package static func < (a: LogPosition, b: LogPosition) -> Bool {
    a.term != b.term ? a.term < b.term : a.index < b.index
  }
}
