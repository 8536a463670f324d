import Primitives

/// A member that follows: a voter, a learner, or one that is out of service.
struct Follower: Sendable {
  /// Who leads this term, once heard.
  private(set) var leader: MemberID?
  /// When the leader was last heard.
  private var heardAt: UInt64
  private(set) var electionDeadline: UInt64
  /// Since when it waits for that.
  private var waitsSince: UInt64
  /// The log agrees with this term's leader up to here; nil until it was seen to.
  private var matched: LogIndex?
  /// The leader has yet to be told.
  private var ackIsDue = false
  /// What was last acknowledged while a write was under way, since `matched` was last asked about.
  private var ackedSoFar: LogIndex?
  var incoming: IncomingSnapshot?
  var asks = ReadAsks()

  init(leader: MemberID? = nil, now: UInt64, electionDeadline: UInt64) {
    self.leader = leader
    heardAt = now
    waitsSince = now
    self.electionDeadline = electionDeadline
  }

  /// What stands in a role's place while the role is being changed; never acted upon.
  static let placeholder = Follower(now: 0, electionDeadline: .max)

  /// A leader was heard so recently that no other may be elected (Raft thesis, section 4.2.3).
  func hasLiveLeader(now: UInt64, settings: RaftSettings) -> Bool {
    leader != nil && now < heardAt + settings.electionNanoseconds.lowerBound
  }

  mutating func heard(_ leader: MemberID, now: UInt64, core: inout GroupCore) {
    self.leader = leader
    heardAt = now
    wait(core.randomElectionTimeout(), since: now)
  }

  /// Stands when nothing was heard for that long.
  mutating func wait(_ timeout: UInt64, since now: UInt64? = nil) {
    if let now { waitsSince = now }
    electionDeadline = waitsSince + timeout
  }
}

extension Follower {
  /// Reads that were asked of the leader fail with it. False where none is known.
  mutating func forgetLeader(core: inout GroupCore) -> Bool {
    guard leader != nil else { return false }
    failReads(core: &core)
    leader = nil
    return true
  }
}

// MARK: - Reads

extension Follower {
  /// A read whose answer is overdue fails; the caller may try again under a new attempt.
  mutating func expireReads(now: UInt64, core: inout GroupCore) {
    for token in asks.expire(now: now) { core.outbox.reads.append(.failed(token: token)) }
  }

  mutating func failReads(core: inout GroupCore) {
    for token in asks.takeAll() { core.outbox.reads.append(.failed(token: token)) }
  }
}

// MARK: - Entries

extension Follower {
  /// AppendEntries (Raft paper, figure 2). The answer waits for the end of the turn: several
  /// appends of one turn are one write and one acknowledgement.
  mutating func append(_ append: Append, term: Term, core: inout GroupCore) {
    guard append.isWellFormed(term: term) else { return }
    let previous = append.previous.index
    if previous < core.log.committed {
      agree(on: core.log.committed, asked: previous, core: &core)
    } else if core.log.contains(append.previous) {
      for entry in core.log.merge(append.entries) {
        #if HOLDFAST_MUTANTS
          if Mutant.lowerDeltaAtOnce.isPlanted {
            core.barrier.arrived(core.settings.leaseTerms, at: core.now)
            continue
          }
        #endif
        core.barrier.arrived(entry.lease, at: core.now)
      }
      core.adoptConfiguration()
      core.log.commit(upTo: min(append.commit, append.lastIndex))
      agree(on: append.lastIndex, asked: previous, core: &core)
    } else {
      let below = LogPosition(term: append.previous.term, index: previous.previous)
      let hint = core.log.newest(agreeingWith: below) ?? core.log.floor
      refuse(previous, hint: hint, core: &core)
    }
  }

  mutating func heartbeat(commit: LogIndex, readRound: UInt64, core: inout GroupCore) {
    // The leader says at most what this member has acknowledged to it; after a loss that is more
    // than there is (rule C9).
    if commit > core.log.lastIndex { core.noteMissingRows(upTo: commit) }
    core.log.commit(upTo: min(commit, core.log.lastIndex))
    guard let leader else { return }
    guard core.isInService else { return askForRepair(told: commit, core: &core) }
    core.send(.heartbeatReply(readRound: readRound), to: leader)
  }

  /// An idle leader has nothing to send to a member whose log it takes for whole: the member denies
  /// what it was told, until this leader's appends have brought its log there (rule C9). An old
  /// acknowledgement that comes late may end a repair half-way.
  private func askForRepair(told commit: LogIndex, core: inout GroupCore) {
    guard matched ?? .zero < commit, commit > core.log.floor.index else { return }
    let below = LogPosition(term: core.hard.term, index: min(commit.previous, core.log.lastIndex))
    refuse(commit, hint: core.log.newest(agreeingWith: below) ?? core.log.floor, core: &core)
  }

  /// The log is the leader's up to `index`, which is acknowledged as soon as it is durable. A
  /// member that may not acknowledge yet names it as the entry to go on behind instead, so that it
  /// is repaired without being counted (rule C9).
  mutating func agree(on index: LogIndex, asked: LogIndex, core: inout GroupCore) {
    matched = max(matched ?? .zero, index)
    ackIsDue = true
    ackedSoFar = nil
    guard !core.isInService else { return }
    refuse(asked, hint: core.log.position(at: index), core: &core)
  }

  private func refuse(_ index: LogIndex, hint: LogPosition, core: inout GroupCore) {
    guard let leader else { return }
    core.send(.appendReply(.refused(refusedIndex: index, hint: hint)), to: leader)
  }

  /// Acknowledges what is matched: with this turn's write, or at once where it is durable already.
  mutating func acknowledge(writing: Bool, core: inout GroupCore) {
    guard ackIsDue, core.isInService, let leader, let matched else { return }
    if writing {
      #if HOLDFAST_MUTANTS
        if Mutant.ackBeforeSync.isPlanted {
          ackIsDue = false
          return core.send(.appendReply(.matched(core.log.position(at: matched))), to: leader)
        }
      #endif
      let reply = AppendReply.matched(core.log.position(at: matched))
      core.sendAfterPersist(.appendReply(reply), to: leader)
      ackIsDue = false
      return
    }
    let durable = min(matched, core.log.durable)
    // While a write is under way this is looked at in every turn of the node, and acknowledgements
    // of one group are turns of the next: said again and again, they would breed.
    if let ackedSoFar, durable <= ackedSoFar { return }
    ackedSoFar = durable
    // Below the floor the term is forgotten; the leader will have it from the write under way.
    if let term = core.log.term(at: durable) {
      core.send(
        .appendReply(.matched(LogPosition(term: term, index: durable))), to: leader)
    }
    ackIsDue = durable < matched
  }

  /// Rule C9: back once what the current leader confirmed, durably, reaches what was acknowledged.
  /// A member that was rebuilt acknowledges when it is on the disk that it was (rule C10).
  func returnToService(core: inout GroupCore) {
    guard !core.isInService, let matched else { return }
    let durable = min(matched, core.log.durable)
    guard let term = core.log.term(at: durable),
      LogPosition(term: term, index: durable) >= core.hard.acked
    else { return }
    core.isInService = true
    if core.hard.standing == .rebuilding { core.hard.standing = .sound }
    core.outbox.events.append(.repaired(index: durable))
  }
}

extension Append {
  /// Consecutive entries whose terms don't fall, none of a later term than the sender's, and
  /// configurations that can be read.
  func isWellFormed(term: Term) -> Bool {
    var before = previous
    for entry in entries {
      guard entry.index == before.index.next, entry.term >= before.term,
        entry.isReadable
      else { return false }
      before = entry.position
    }
    return before.term <= term
  }
}
