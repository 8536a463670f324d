import Primitives

/// What a member has whatever its role: identity, hard state, log, and what it wants done.
struct GroupCore: Sendable {
  let member: MemberID
  let shard: ShardID
  let settings: RaftSettings
  var hard: HardState
  var log: RaftLog
  /// The latest in the log.
  private(set) var configuration: Configuration
  private(set) var quorum: JointQuorum
  /// Which version of the log's configurations that is.
  private var configurationVersion: UInt64
  var random: SeededRandom
  var outbox = Outbox()
  /// False while rule C9 keeps the member from voting, standing and acknowledging.
  var isInService: Bool
  /// Term and vote as they are on disk.
  var durableBallot: (term: Term, vote: MemberID)
  /// Term, vote and acked as they were last asked to be written.
  private var writtenHard: HardState
  /// The clocks as they came with the input that is being worked on (rule L9).
  var now: ClockReading
  /// Until when this member commits nothing, should it lead (rules L3, L4).
  var barrier: Barrier

  init(
    member: MemberID, shard: ShardID, settings: RaftSettings, restored: RestoredGroup,
    now: ClockReading, seed: UInt64
  ) {
    self.member = member
    self.shard = shard
    self.settings = settings
    hard = restored.hardState
    writtenHard = restored.hardState
    durableBallot = (restored.hardState.term, restored.hardState.vote)
    log = RaftLog(
      snapshot: restored.snapshot, entries: restored.entries, commit: restored.hardState.commit)
    if hard.standing == .rebuilding { log.discard() }
    configuration = log.configurations.latest
    configurationVersion = log.configurations.version
    quorum = configuration.quorum
    random = SeededRandom(seed: seed)
    self.now = now
    barrier = Barrier(snapshot: restored.snapshot, entries: restored.entries, start: now)
    isInService =
      hard.standing != .rebuilding && !restored.isFlawed && log.last >= restored.hardState.acked
    #if HOLDFAST_MUTANTS
      if Mutant.voteForgotten.isPlanted { hard.vote = .none }
      if Mutant.flawedVotes.isPlanted { isInService = true }
      if Mutant.barrierForgotten.isPlanted { barrier = Barrier() }
    #endif
    // A received snapshot is saved beside the log's disk: it may be there when the term in which it
    // came isn't yet. The member gave no vote in that term, or it would be durable (rule C2).
    if restored.snapshot.term > hard.term {
      hard.term = restored.snapshot.term
      hard.vote = .none
    }
    // Rows can't be of a later term than their member: hard state is written with them, or before.
    precondition(
      log.last.term <= hard.term,
      "log ends in term \(log.last.term.rawValue), hard state is of \(hard.term.rawValue)")
  }

  var isVoter: Bool { configuration.isVoter(member) }

  #if HOLDFAST_MUTANTS
    var durableEnd: LogPosition {
      LogPosition(term: log.term(at: log.durable) ?? .zero, index: log.durable)
    }
  #endif

  /// May this member stand? Not as a learner, not when it lost what it once acknowledged. One that
  /// the latest configuration leaves out may as long as that isn't committed: it may be the only one
  /// whose log is long enough (Raft thesis, section 4.2.2). It does not vote for itself then.
  var mayStand: Bool { isInService && (isVoter || isVoterUntilCommit) }

  private var isVoterUntilCommit: Bool {
    isConfigurationPending
      && log.configurations.at(log.configurations.latestIndex.previous).isVoter(member)
  }

  /// Takes the latest configuration of the log into use; called whenever the log may have got or
  /// lost one. True if it is another than before.
  @discardableResult
  mutating func adoptConfiguration() -> Bool {
    guard configurationVersion != log.configurations.version else { return false }
    configurationVersion = log.configurations.version
    guard configuration != log.configurations.latest else { return false }
    configuration = log.configurations.latest
    quorum = configuration.quorum
    #if HOLDFAST_MUTANTS
      if Mutant.configOldQuorum.isPlanted, configuration.isJoint {
        quorum = JointQuorum(incoming: quorum.outgoing)
      }
    #endif
    outbox.events.append(
      .configurationChanged(index: log.configurations.latestIndex, configuration))
    return true
  }

  /// The latest configuration may yet be taken back: no other is proposed meanwhile (rule C1).
  var isConfigurationPending: Bool { log.configurations.latestIndex > log.committed }

  mutating func randomElectionTimeout() -> UInt64 {
    let range = settings.electionNanoseconds
    return range.lowerBound + random.below(range.upperBound - range.lowerBound + 1)
  }

  /// The wait after a start: shorter where the leader is wanted, longer elsewhere. In a group that
  /// never had a leader nobody can be disturbed, so there it is much shorter, also for the tries
  /// that follow when the others were not there yet.
  mutating func firstElectionTimeout() -> UInt64 {
    let usual = randomElectionTimeout()
    switch settings.preference {
    case .none: return usual
    case .preferred: return hard.term == .zero ? usual / 16 : usual / 2
    case .deferring: return usual * 3
    }
  }

  // MARK: Sending

  /// Sends under the member's own term; `term` where the message speaks of another.
  mutating func send(_ body: Message.Body, to: MemberID, term: Term? = nil) {
    outbox.sendNow.append(message(body, to: to, term: term))
  }

  mutating func sendAfterPersist(_ body: Message.Body, to: MemberID) {
    outbox.afterPersist.append(message(body, to: to, term: nil))
  }

  private func message(_ body: Message.Body, to: MemberID, term: Term?) -> Message {
    Message(shard: shard, from: member, to: to, term: term ?? hard.term, body: body)
  }

  // MARK: Persisting

  /// Term, vote, standing or the promise of rule C9 changed since the last write was asked for.
  var isHardStateDirty: Bool {
    hard.term != writtenHard.term || hard.vote != writtenHard.vote
      || hard.acked != writtenHard.acked || hard.standing != writtenHard.standing
  }

  var isBallotDurable: Bool { durableBallot == (hard.term, hard.vote) }

  /// Everything that has to become durable now, or nil. Whatever the request contains will have
  /// been acknowledged one way or another, so the newest acked entry moves along with it, in the
  /// same transaction; a member that lost entries keeps its old promise until its log has reached
  /// it.
  mutating func makePersistRequest() -> PersistRequest? {
    guard log.needsWrite || isHardStateDirty else { return nil }
    hard.acked = isInService ? log.last : max(hard.acked, log.last)
    hard.commit = max(hard.commit, log.committed)
    let write = log.requestWrite()
    writtenHard = hard
    return PersistRequest(
      hardState: hard, rows: write.rows,
      receipt: PersistReceipt(
        sequence: write.sequence, lastLog: log.last, term: hard.term, vote: hard.vote))
  }
}

/// What collects during a turn.
struct Outbox: Sendable {
  var sendNow: [Message] = []
  var afterPersist: [Message] = []
  var reads: [ReadAnswer] = []
  var loads: [LoadRequest] = []
  var snapshotReads: [SnapshotRead] = []
  var snapshotChunks: [SnapshotChunk] = []
  var events: [RaftEvent] = []
}
