import Primitives

/// A member's log: a snapshot's mark, the entries behind it (in memory, or only on disk), and how
/// far they are durable, committed and handed out.
struct RaftLog: Sendable {
  /// The newest durable snapshot.
  private(set) var mark: SnapshotMark
  private var tail: LogTail
  private var terms: TermRuns
  private(set) var writes: WriteTracker
  private(set) var configurations: ConfigurationLog
  private(set) var committed: LogIndex
  /// Committed entries up to here were given to the application.
  private(set) var handedOut: LogIndex

  /// Takes the entries that continue the snapshot. Rows that don't (left behind when the process
  /// died between a snapshot's install and their deletion) are dropped.
  init(snapshot: SnapshotMark, entries: [Entry], commit: LogIndex) {
    mark = snapshot
    tail = LogTail(after: snapshot.index, logTime: snapshot.logTime)
    terms = TermRuns(floor: snapshot.position)
    configurations = ConfigurationLog(snapshot)
    writes = WriteTracker(durable: snapshot.index)
    committed = snapshot.index
    handedOut = snapshot.index
    for entry in entries where entry.index > snapshot.index {
      guard entry.index == tail.lastIndex.next, entry.term >= terms.lastTerm,
        entry.isReadable
      else { break }
      tail.append(entry)
      terms.append(entry.term)
      note(entry)
    }
    writes = WriteTracker(durable: tail.lastIndex)
    committed = max(snapshot.index, min(commit, tail.lastIndex))
    // Rows that were dropped here must go from the disk as well.
    if let last = entries.last, last.index > tail.lastIndex { writes.reset(to: tail.lastIndex) }
  }

  var lastIndex: LogIndex { tail.lastIndex }
  var lastLogTime: LogTime { tail.lastLogTime }
  var last: LogPosition { LogPosition(term: terms.lastTerm, index: lastIndex) }
  /// The first entry in memory.
  var memoryFirst: LogIndex { tail.firstIndex }
  var memoryBytes: Int { tail.bytes }

  func term(at index: LogIndex) -> Term? { terms.term(at: index) }

  /// The entry's identity; the entry must be known.
  func position(at index: LogIndex) -> LogPosition {
    guard let term = terms.term(at: index) else {
      preconditionFailure(
        "term of \(index.rawValue) outside \(terms.floor.rawValue)...\(lastIndex.rawValue)")
    }
    return LogPosition(term: term, index: index)
  }

  func contains(_ position: LogPosition) -> Bool { terms.term(at: position.index) == position.term }

  /// The lowest entry whose term is known; it is committed.
  var floor: LogPosition { position(at: terms.floor) }

  /// The newest entry that can agree with a log that has `other`; nil when it is compacted.
  func newest(agreeingWith other: LogPosition) -> LogPosition? {
    terms.highest(atOrBelow: other.index, withTermAtMost: other.term)
  }

  mutating func append(_ entry: Entry) {
    tail.append(entry)
    terms.append(entry.term)
    note(entry)
  }

  /// A configuration is in use from here on.
  private mutating func note(_ entry: Entry) {
    guard entry.kind == .configuration else { return }
    guard let configuration = Configuration(decoding: entry.payload) else {
      preconditionFailure("configuration at \(entry.index.rawValue) was not checked at the border")
    }
    configurations.append(configuration, at: entry.index)
  }

  /// Takes a leader's entries behind an entry that is there; what is there already stays, what
  /// contradicts them goes (Raft paper, figure 2, AppendEntries 3 and 4). The answer is what was new.
  mutating func merge(_ entries: [Entry]) -> ArraySlice<Entry> {
    var known = 0
    for entry in entries {
      if let term = terms.term(at: entry.index) {
        if term == entry.term {
          known += 1
          continue
        }
        #if HOLDFAST_MUTANTS
          if Mutant.conflictKept.isPlanted { continue }
        #endif
        truncate(from: entry.index)
      }
      append(entry)
    }
    return entries[known...]
  }

  mutating func commit(upTo index: LogIndex) {
    precondition(
      index <= lastIndex, "commit \(index.rawValue) beyond the log's end \(lastIndex.rawValue)")
    committed = max(committed, index)
  }

  /// Committed entries that were not handed out before: as many as fit into `maxBytes`, but one at
  /// least.
  mutating func handOut(maxBytes: Int) -> [Entry] {
    guard committed > handedOut else { return [] }
    var last = handedOut.next
    var bytes = tail[last].weight
    while last < committed {
      bytes += tail[last.next].weight
      if bytes > maxBytes { break }
      last = last.next
    }
    let entries = tail.slice(handedOut.next, last)
    handedOut = last
    return entries
  }

  /// What is in the log and not handed out, in bytes.
  var bytesAfterHandedOut: Int {
    tail.slice(handedOut.next, lastIndex).reduce(0) { $0 + $1.weight }
  }

  private mutating func truncate(from index: LogIndex) {
    precondition(
      index > committed,
      "entry \(index.rawValue) is committed (up to \(committed.rawValue)) and can't be replaced")
    tail.truncate(from: index)
    terms.truncate(from: index)
    configurations.truncate(from: index)
    writes.rewrite(from: index)
  }
}

// MARK: - Disk

extension RaftLog {
  var durable: LogIndex { writes.durable }

  /// Whether rows have to be written or deleted.
  var needsWrite: Bool { writes.mustClear || lastIndex > writes.requested }

  /// What has to be written, and the sequence under which it will be confirmed.
  mutating func requestWrite() -> (rows: PersistRequest.Rows?, sequence: UInt64) {
    var rows: PersistRequest.Rows?
    if needsWrite {
      let first = writes.requested.next
      rows = PersistRequest.Rows(firstIndex: first, entries: tail.slice(first, lastIndex))
    }
    return (rows, writes.request(upTo: lastIndex))
  }

  mutating func confirmWrite(_ sequence: UInt64) { writes.confirm(sequence) }

  /// Lets go of entries that were handed out and are durable, beyond what memory may hold.
  mutating func trimMemory(toBytes maxBytes: Int, upTo index: LogIndex? = nil) {
    tail.trim(toBytes: maxBytes, upTo: min(handedOut, durable, index ?? handedOut))
    terms.raiseFloor(to: min(mark.index, tail.firstIndex.previous))
  }
}

// MARK: - Snapshots

extension RaftLog {
  /// A durable snapshot stands for everything up to `newer`. Entries that are in memory stay there.
  mutating func compact(to newer: SnapshotMark) {
    guard newer.index > mark.index else { return }
    precondition(
      newer.index <= handedOut,
      "snapshot at \(newer.index.rawValue), handed out up to \(handedOut.rawValue)")
    precondition(
      term(at: newer.index) == newer.term,
      "snapshot at \(newer.index.rawValue) says term \(newer.term.rawValue)")
    mark = newer
    configurations.compact(to: newer)
    terms.raiseFloor(to: min(mark.index, tail.firstIndex.previous))
  }

  /// A durable snapshot takes the place of entries that were not handed out. A log that has the
  /// snapshot's last entry keeps what follows it; any other becomes the snapshot and nothing else
  /// (Raft paper, figure 13, steps 6 and 7).
  mutating func install(_ newer: SnapshotMark) {
    precondition(newer.index > handedOut, "snapshot at \(newer.index.rawValue) is behind")
    mark = newer
    handedOut = newer.index
    if contains(newer.position) {
      configurations.restart(from: newer)
      commit(upTo: newer.index)
      return
    }
    precondition(
      newer.index > committed,
      "snapshot at \(newer.index.rawValue) contradicts what is committed to \(committed.rawValue)"
    )
    tail = LogTail(after: newer.index, logTime: newer.logTime)
    terms = TermRuns(floor: newer.position)
    configurations.reset(to: newer)
    writes.reset(to: newer.index)
    committed = newer.index
  }
}

extension RaftLog {
  /// Nothing of it is to be trusted (rule C10): it becomes that of a member that is new, and only who
  /// the members are is kept. Rows go from the disk, and what is being written confirms nothing.
  mutating func discard() {
    mark = .initial(configurations.latest)
    tail = LogTail(after: mark.index, logTime: mark.logTime)
    terms = TermRuns(floor: mark.position)
    configurations.reset(to: mark)
    writes.reset(to: mark.index)
    committed = mark.index
    handedOut = mark.index
  }
}

// MARK: - Reading for followers

extension RaftLog {
  enum Batch {
    case entries(previous: LogPosition, [Entry])
    /// On disk only, up to and with this one.
    case onDisk(upTo: LogIndex)
    /// Gone: the follower needs the snapshot.
    case compacted
  }

  /// A follower that has everything before `next` can go on without a snapshot.
  func reaches(_ next: LogIndex) -> Bool {
    terms.term(at: next.previous) != nil
      && (next > lastIndex || tail.contains(next) || next > mark.index)
  }

  /// Entries from `next` on for a follower; none when it has all.
  func batch(from next: LogIndex, maxBytes: Int) -> Batch {
    guard let term = terms.term(at: next.previous) else { return .compacted }
    let previous = LogPosition(term: term, index: next.previous)
    if next > lastIndex { return .entries(previous: previous, []) }
    if tail.contains(next) {
      return .entries(previous: previous, tail.batch(from: next, maxBytes: maxBytes))
    }
    return next > mark.index ? .onDisk(upTo: tail.firstIndex.previous) : .compacted
  }
}
