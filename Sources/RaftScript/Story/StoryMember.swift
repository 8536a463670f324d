import Primitives
import RaftConsensus

/// One member of a story: the group, a disk that takes its time, and an application that keeps the
/// texts that were proposed.
struct StoryMember {
  let id: MemberID
  private let settings: RaftSettings
  private let sync: UInt64
  private var group: RaftGroup
  private var disk: StoryDisk
  private var writes: [StoryWrite] = []
  private var application: StoryApplication
  private var incoming: [UInt8] = []
  private var readsAsked: UInt64 = 0
  private(set) var isUp = true
  var isPaused = false
  var now: UInt64
  /// What arrived while it stood still.
  var mailbox: [Message] = []
  var outgoing: [Message] = []
  var said: [String] = []

  init(
    id: MemberID, founders: Configuration, settings: RaftSettings, sync: UInt64, now: UInt64
  ) {
    self.id = id
    self.settings = settings
    self.sync = sync
    self.now = now
    disk = StoryDisk(.initial(founders))
    application = StoryApplication()
    group = Self.group(id, settings, disk, now)
  }

  private static func group(
    _ id: MemberID, _ settings: RaftSettings, _ disk: StoryDisk, _ now: UInt64
  ) -> RaftGroup {
    RaftGroup(
      member: id, shard: ShardID(1), settings: settings, restored: disk.restored,
      now: reading(now), seed: id.rawValue)
  }

  private static func reading(_ now: UInt64) -> ClockReading {
    ClockReading(boot: now * 1_000_000, raw: now * 1_000_000, wall: Int64(now))
  }

  private var reading: ClockReading { Self.reading(now) }
  private var logTime: LogTime { LogTime(milliseconds: Int64(now)) }
  var works: Bool { isUp && !isPaused }

  mutating func say(_ text: String) { said.append("\(id.rawValue) \(text)") }

  // MARK: What happens to it

  mutating func tick() { group.tick(now: reading) }

  mutating func step(_ message: Message) { group.step(message, now: reading) }

  mutating func campaign() {
    if !group.campaign(now: reading) { say("may not stand") }
  }

  mutating func forgetLeader() { group.forgetLeader() }

  mutating func propose(_ text: String) {
    say(group.propose(payload: Array(text.utf8), logTime: logTime, now: reading).storyText)
  }

  mutating func change(_ steps: [ConfigurationChange.Step]) {
    let change = ConfigurationChange(steps)
    say(group.propose(change: change, logTime: logTime, now: reading).storyText)
  }

  mutating func transfer(to target: MemberID) {
    say(
      "asked to hand over to \(target.rawValue): \(group.transferLeadership(to: target, now: reading))"
    )
  }

  /// By the lease where there is one, else by asking a majority.
  mutating func read() {
    if let index = group.leaseRead(now: reading) {
      return say("reads at \(index.rawValue), LEASE")
    }
    readsAsked += 1
    say("asks for a read index")
    group.readIndex(token: readsAsked, now: reading)
  }

  /// Takes a snapshot of what is applied, and drops what it stands for.
  mutating func compact() {
    guard let term = group.term(at: application.index) else { return }
    let mark = SnapshotMark(
      index: application.index, term: term, logTime: application.logTime,
      configuration: group.configuration(at: application.index),
      lease: group.leaseToRemember(now: reading))
    disk.save(mark, application)
    group.compact(to: mark)
    group.dropEntries(upTo: mark.index)
    say("has a snapshot at \(mark.index.rawValue), and no entries before it")
  }

  // MARK: Life and death

  mutating func crash() {
    isUp = false
    isPaused = false
    writes = []
    mailbox = []
    outgoing = []
  }

  mutating func restart() {
    isUp = true
    application = disk.application
    group = Self.group(id, settings, disk, now)
  }

  mutating func corrupt(from index: LogIndex) { disk.corrupt(from: index) }

  var diskText: String { disk.text }

  // MARK: A turn

  mutating func finishWrites() {
    while let write = writes.first, write.due <= now {
      writes.removeFirst()
      disk.apply(write.request)
      group.persisted(write.request.receipt, now: reading)
      if let text = write.request.storyText { say(text) }
      outgoing += write.after
    }
  }

  mutating func endTurn() {
    guard works else { return }
    var effects = RaftEffects()
    group.takeEffects(now: reading, into: &effects)
    guard !effects.isEmpty else { return }
    outgoing += effects.sendNow
    if let request = effects.persist {
      writes.append(StoryWrite(due: now + sync, request: request, after: effects.sendAfterPersist))
    }
    for event in effects.events { if let text = event.storyText { say(text) } }
    for entry in effects.committed { apply(entry) }
    for read in effects.reads { say(read.storyText) }
    answer(effects)
    endTurn()
  }

  private mutating func apply(_ entry: Entry) {
    application.apply(entry)
    group.applied(upTo: entry.index)
    say("applies \(entry.storyText)")
  }

  private mutating func answer(_ effects: RaftEffects) {
    for load in effects.loads {
      group.loaded(load, entries: disk.entries(load), now: reading)
    }
    for read in effects.snapshotReads {
      let bytes = disk.application.bytes.dropFirst(Int(read.offset))
      let chunk = Array(bytes.prefix(read.maxBytes))
      group.snapshotChunk(read, bytes: chunk, isLast: chunk.count == bytes.count, now: reading)
    }
    for chunk in effects.snapshotChunks { take(chunk) }
  }

  private mutating func take(_ chunk: SnapshotChunk) {
    if chunk.offset == 0 { incoming = [] }
    incoming += chunk.bytes
    guard chunk.isLast else { return }
    let received = StoryApplication(bytes: incoming, mark: chunk.mark)
    disk.save(chunk.mark, received)
    if group.snapshotInstalled(chunk.mark, now: reading) { application = received }
  }

  // MARK: Text

  func stateText(now: UInt64) -> String {
    guard isUp else { return "\(id.rawValue): down; \(disk.text)" }
    var text = "\(id.rawValue): \(group.role) of term \(group.term.rawValue)"
    if let leader = group.leader, leader != id { text += " under \(leader.rawValue)" }
    text += ", log to \(group.lastIndex.rawValue), durable \(group.durableIndex.rawValue)"
    text += ", commit \(group.commitIndex.rawValue), \(configurationText(group.configuration))"
    if group.leaseRead(now: Self.reading(now)) != nil { text += ", lease" }
    if !group.isInService { text += ", out of service" }
    return text + "; \(application.text)"
  }
}
