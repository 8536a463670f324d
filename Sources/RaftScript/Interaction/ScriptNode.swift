import Primitives
import RaftConsensus

/// One member of a script's cluster, with a disk and an application that keep everything. A command
/// ends in a turn of the group; what the turn asks for waits until the script lets the member work
/// (`process-ready`), and with asynchronous storage until it lets the disk and the application work.
struct ScriptNode {
  let id: MemberID
  let options: NodeOptions
  var group: RaftGroup
  private(set) var disk: ScriptDisk
  /// The script's own clock for this member: nanoseconds.
  private(set) var now: UInt64 = NodeOptions.tick
  private var waiting: [RaftEffects] = []
  private(set) var appends: [Append] = []
  private(set) var applies: [[Entry]] = []
  /// All that was committed here, as the script prints it.
  private(set) var committed: [LogIndex: Entry] = [:]
  private(set) var applied: LogIndex
  /// A change of members that this leader may not make yet.
  private var change: (wish: ConfigurationChange, text: String)?
  /// What the script called the changes that were made here.
  private(set) var made: [(position: LogPosition, text: String)] = []

  /// A write that waits for the disk.
  struct Append {
    var requests: [PersistRequest]
    var after: [Message]
  }

  init(id: MemberID, options: NodeOptions) {
    self.id = id
    self.options = options
    disk = ScriptDisk(options.mark)
    applied = options.mark.index
    group = RaftGroup(
      member: id, shard: ShardID(1), settings: options.settings,
      restored: RestoredGroup(snapshot: options.mark),
      now: ClockReading(boot: now, raw: now, wall: 0), seed: id.rawValue)
  }

  var reading: ClockReading {
    ClockReading(boot: now, raw: now, wall: Int64(now / NodeOptions.tick))
  }

  // MARK: Inputs; each ends a turn

  mutating func tick() {
    now += NodeOptions.tick
    group.tick(now: reading)
    turn()
  }

  mutating func step(_ message: Message) {
    group.step(message, now: reading)
    turn()
  }

  mutating func campaign() {
    group.campaign(now: reading)
    turn()
  }

  mutating func perform(_ body: (inout RaftGroup, ClockReading) -> Void) {
    body(&group, reading)
    turn()
  }

  /// False: dropped.
  mutating func propose(_ text: String) -> Bool {
    defer { turn() }
    let result = group.propose(payload: Array(text.utf8), logTime: .zero, now: reading)
    if case .accepted = result { return true }
    return false
  }

  /// A change that is refused for good is an empty entry, as in the suite. One that waits for the
  /// leader's first commit (rule C6) is wished for again each turn.
  mutating func propose(_ wish: ConfigurationChange, text: String) {
    change = (wish, text)
    tryChange()
    turn()
  }

  private mutating func tryChange() {
    guard let (wish, text) = change else { return }
    switch group.propose(change: wish, now: reading) {
    case .accepted(let index, let term): made.append((LogPosition(term: term, index: index), text))
    case .refused(.notEstablished): return
    case .refused:
      _ = group.propose(kind: .empty, payload: [], logTime: .zero, now: reading)
    case .notLeader, .full, .transferring: break
    }
    change = nil
  }

  private mutating func turn() {
    tryChange()
    var effects = RaftEffects()
    group.takeEffects(now: reading, into: &effects)
    if !effects.isEmpty { waiting.append(effects) }
  }

  // MARK: Work

  var isReady: Bool { !waiting.isEmpty || group.hasMoreToHandOut }

  /// Does all that the turns so far have asked for; what may be sent.
  mutating func processReady() -> [Message] {
    if waiting.isEmpty { turn() }
    var messages: [Message] = []
    var write = Append(requests: [], after: [])
    for effects in take(&waiting) {
      messages += effects.sendNow
      if let request = effects.persist { write.requests.append(request) }
      write.after += effects.sendAfterPersist
      for entry in effects.committed { committed[entry.index] = entry }
      if !effects.committed.isEmpty { applies.append(effects.committed) }
      for chunk in effects.snapshotChunks { install(chunk) }
      for load in effects.loads { group.loaded(load, entries: disk.entries(load), now: reading) }
    }
    if !write.requests.isEmpty || !write.after.isEmpty { appends.append(write) }
    guard !options.isAsynchronous else { return messages }
    while !appends.isEmpty { messages += processAppend() }
    while !applies.isEmpty { processApply() }
    return messages
  }

  /// The disk finishes its oldest work.
  mutating func processAppend() -> [Message] {
    guard !appends.isEmpty else { return [] }
    let work = appends.removeFirst()
    for request in work.requests {
      disk.apply(request)
      group.persisted(request.receipt, now: reading)
    }
    turn()
    return work.after
  }

  /// The application finishes its oldest work. The newest snapshot is always at what is applied.
  mutating func processApply() {
    guard !applies.isEmpty, let last = applies.removeFirst().last else { return }
    applied = last.index
    group.applied(upTo: applied)
    let mark = SnapshotMark(
      index: last.index, term: last.term, logTime: last.logTime,
      configuration: group.configuration(at: last.index), lease: .none)
    disk.snapshot = mark
    if last.index <= group.durableIndex { group.compact(to: mark) }
    turn()
  }

  mutating func compact(to index: LogIndex) {
    group.dropEntries(upTo: index)
    disk.drop(upTo: index)
  }

  private mutating func install(_ chunk: SnapshotChunk) {
    disk.install(chunk.mark)
    applied = max(applied, chunk.mark.index)
    group.snapshotInstalled(chunk.mark, now: reading)
    turn()
  }
}

/// Empties a list and gives what was in it.
func take<T>(_ list: inout [T]) -> [T] {
  defer { list = [] }
  return list
}

/// What is durable.
struct ScriptDisk {
  var snapshot: SnapshotMark
  private(set) var hardState = HardState()
  /// Rows behind what was dropped.
  private(set) var rows: [Entry] = []
  private(set) var firstIndex: LogIndex

  init(_ mark: SnapshotMark) {
    snapshot = mark
    firstIndex = mark.index.next
  }

  mutating func apply(_ request: PersistRequest) {
    if let hard = request.hardState { hardState = hard }
    guard let change = request.rows else { return }
    rows.removeAll { $0.index >= change.firstIndex }
    rows += change.entries
  }

  mutating func install(_ mark: SnapshotMark) {
    snapshot = mark
    rows.removeAll()
    firstIndex = mark.index.next
  }

  mutating func drop(upTo index: LogIndex) {
    rows.removeAll { $0.index <= index }
    firstIndex = index.next
  }

  func entries(_ load: LoadRequest) -> [Entry] {
    rows.filter { $0.index >= load.from && $0.index <= load.upTo }
  }
}
