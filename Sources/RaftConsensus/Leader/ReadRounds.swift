import Primitives

/// Read index (Raft thesis, section 6.4; rule C8): a read is answered when a majority has answered
/// a round of heartbeats that began after the read came. Every attempt gets a round that begins
/// after it; those of one turn share it.
struct ReadRounds: Sendable {
  enum Origin: Sendable {
    case local(token: UInt64)
    case member(MemberID, attempt: UInt64)
  }

  private struct Read {
    var origin: Origin
    var index: LogIndex
    var round: UInt64
  }

  /// Came before an entry of the leader's own term was committed (rule C6).
  private var early: [Origin] = []
  /// In order of their rounds; the first `answered` are done.
  private var open: [Read] = []
  private var answered = 0
  /// The newest round that was sent.
  private(set) var started: UInt64 = 0
  private var needsRound = false

  var count: Int { early.count + open.count - answered }

  mutating func waitForFirstCommit(_ origin: Origin) { early.append(origin) }

  mutating func add(_ origin: Origin, commit: LogIndex) {
    #if HOLDFAST_MUTANTS
      if Mutant.readJoinsRound.isPlanted, started > 0 {
        open.append(Read(origin: origin, index: commit, round: started))
        return
      }
    #endif
    open.append(Read(origin: origin, index: commit, round: started + 1))
    needsRound = true
  }

  /// The leader's first entry is committed: what waited for it goes on.
  mutating func firstCommit(_ commit: LogIndex) {
    for origin in early { add(origin, commit: commit) }
    early = []
  }

  /// Begins a round if reads wait for one; true when it is to be sent.
  mutating func start() -> Bool {
    guard needsRound else { return false }
    needsRound = false
    started += 1
    return true
  }

  /// A majority answered `round`. The reads that this confirms, in order.
  mutating func confirm(_ round: UInt64) -> [(origin: Origin, index: LogIndex)] {
    var done: [(origin: Origin, index: LogIndex)] = []
    while answered < open.count, open[answered].round <= round {
      done.append((open[answered].origin, open[answered].index))
      answered += 1
    }
    if answered == open.count || answered >= 1_024 {
      open.removeFirst(answered)
      answered = 0
    }
    return done
  }

  /// Everything that is unanswered: the lead is lost.
  mutating func takeAll() -> [Origin] {
    let origins = open[answered...].map(\.origin) + early
    self = ReadRounds()
    return origins
  }
}
