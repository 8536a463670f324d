import Primitives
import RaftConsensus

/// The members of a story, the messages between them, and the one clock that all of them see.
/// Milliseconds; a message takes `delay`, a write `sync`, and members look at the clock each tick.
struct StoryWorld {
  private static let tick: UInt64 = 10
  /// When a story begins: no clock reads zero.
  static let start: UInt64 = 1_000
  /// The longest `run`.
  static let runMax: UInt64 = 600_000

  private(set) var members: [StoryMember] = []
  private var underWay: [(due: UInt64, message: Message)] = []
  private var cuts: [(from: MemberID, to: MemberID)] = []
  private var delay: UInt64 = 5
  private var sync: UInt64 = 1
  private var now = Self.start
  private var trace = ""
  var showsHeartbeats = false

  init() {}

  init(_ stanza: Stanza) throws(ScriptError) {
    func numbers(_ key: String) throws(ScriptError) -> [UInt64] {
      var list: [UInt64] = []
      for word in stanza.values(key) ?? [] { list.append(try number(word, stanza)) }
      return list
    }
    func option(_ key: String, _ usual: UInt64) throws(ScriptError) -> UInt64 {
      try numbers(key).first ?? usual
    }
    delay = try option("delay", delay)
    sync = try option("sync", sync)
    var settings = RaftSettings()
    settings.electionNanoseconds = 1_000_000_000...2_000_000_000
    settings.leaseMilliseconds = UInt32(clamping: try option("lease", 0))
    settings.snapshotChunkBytes = Int(clamping: try option("chunk", 1 << 18))
    let founders = Configuration(
      voters: try numbers("voters").map { MemberID($0) },
      learners: try numbers("learners").map { MemberID($0) })
    let strangers = try numbers("strangers").map { MemberID($0) }
    for member in founders.members + strangers {
      members.append(
        StoryMember(id: member, founders: founders, settings: settings, sync: sync, now: now))
    }
  }

  func position(_ member: MemberID) -> Int? { members.firstIndex { $0.id == member } }

  // MARK: Time

  /// Does something to a member, and lets it end its turn.
  mutating func perform(_ at: Int, _ body: (inout StoryMember) -> Void) {
    guard members[at].works else {
      return members[at].say(members[at].isUp ? "stands still" : "is down")
    }
    members[at].now = now
    body(&members[at])
    endTurn(at)
  }

  mutating func run(milliseconds: UInt64) {
    let end = now + milliseconds
    while now < end {
      now += 1
      deliver()
      for at in members.indices where members[at].works {
        members[at].now = now
        members[at].finishWrites()
        if now % Self.tick == 0 { members[at].tick() }
        endTurn(at)
      }
    }
  }

  private mutating func deliver() {
    let due = underWay.filter { $0.due <= now }
    underWay.removeAll { $0.due <= now }
    for (_, message) in due {
      guard let at = position(message.to), members[at].isUp else { continue }
      if members[at].isPaused { members[at].mailbox.append(message) } else { hear(message, at) }
    }
  }

  private mutating func hear(_ message: Message, _ at: Int) {
    if showsHeartbeats || !message.isHeartbeat { say(message.storyText) }
    members[at].now = now
    members[at].step(message)
    endTurn(at)
  }

  /// What the turn decided is told, and what it sends leaves.
  private mutating func endTurn(_ at: Int) {
    members[at].endTurn()
    for line in take(&members[at].said) { say(line) }
    for message in take(&members[at].outgoing) where !isCut(message) {
      underWay.append((now + delay, message))
    }
  }

  // MARK: Disturbances

  mutating func pause(_ at: Int) {
    members[at].isPaused = true
    say("\(members[at].id.rawValue) stands still")
  }

  mutating func resume(_ at: Int) {
    members[at].isPaused = false
    say("\(members[at].id.rawValue) goes on")
    for message in take(&members[at].mailbox) { hear(message, at) }
  }

  mutating func crash(_ at: Int) {
    members[at].crash()
    say("\(members[at].id.rawValue) crashes")
  }

  mutating func restart(_ at: Int) {
    members[at].now = now
    members[at].restart()
    say("\(members[at].id.rawValue) starts with \(members[at].diskText)")
    endTurn(at)
  }

  mutating func corrupt(_ at: Int, from index: UInt64) {
    members[at].corrupt(from: LogIndex(index))
    say("\(members[at].id.rawValue) cannot read its rows from \(index) on")
  }

  mutating func cut(from: MemberID, to: MemberID) { cuts.append((from, to)) }

  mutating func isolate(_ member: MemberID) {
    for other in members where other.id != member {
      cut(from: member, to: other.id)
      cut(from: other.id, to: member)
    }
  }

  mutating func heal() { cuts = [] }

  private func isCut(_ message: Message) -> Bool {
    cuts.contains { $0.from == message.from && $0.to == message.to }
  }

  // MARK: The trace

  private mutating func say(_ text: String) {
    let time = "\(now - Self.start)"
    trace += String(repeating: " ", count: max(0, 6 - time.count)) + time + "  " + text + "\n"
  }

  /// What happened since it was last asked for.
  mutating func takeTrace() -> String {
    for at in members.indices { for line in take(&members[at].said) { say(line) } }
    defer { trace = "" }
    return trace
  }

  var stateText: String { members.map { $0.stateText(now: now) + "\n" }.joined() }
}
