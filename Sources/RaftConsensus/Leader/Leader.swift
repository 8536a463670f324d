import Primitives

/// A member that leads its term.
struct Leader: Sendable {
  let term: Term
  /// The empty entry that this leader began with: once it is committed, all before it is too, and
  /// the leader may answer reads (Raft paper, section 8; rule C6).
  let firstEntry: LogIndex
  /// Every other member, sorted.
  var others: [Progress]
  /// Members that were removed and have yet to be told.
  var departing: [Departing] = []
  /// Heartbeats since the leader itself is out.
  var heartbeatsOut = 0
  /// The lead is being handed over.
  var transfer: Transfer?
  var reads = ReadRounds()
  var lease: Lease
  #if HOLDFAST_MUTANTS
    var leaseBefore: Lease?
  #endif
  /// Uncommitted entries in bytes.
  private var uncommittedBytes = 0
  /// A heartbeat goes out with the next turn.
  var heartbeatIsDue = true
  private var heartbeatSlot: UInt64

  /// Takes the lead of the core's term: everybody is asked where the logs agree, beginning at the
  /// end (Raft paper, figure 2, nextIndex), and an empty entry is appended.
  init(core: inout GroupCore, now: UInt64) {
    term = core.hard.term
    let next = core.log.lastIndex.next
    firstEntry = next
    others = core.configuration.members.filter { $0 != core.member }
      .map { Progress(member: $0, next: next, now: now) }
    heartbeatSlot = now / core.settings.heartbeatNanoseconds
    lease = Lease(core.settings.leaseTerms)
    if core.isConfigurationPending { keepDeparting(now: now, core) }
    recountUncommitted(core)
    append(kind: .empty, payload: [], logTime: .zero, core: &core)
  }

  /// Appends to the leader's own log only; the turn's end sends and persists (rule T1: log time
  /// never goes back).
  @discardableResult
  mutating func append(
    kind: EntryKind, payload: [UInt8], logTime: LogTime, core: inout GroupCore
  ) -> LogIndex {
    let entry = Entry(
      term: term, index: core.log.lastIndex.next, kind: kind,
      logTime: Self.stamp(logTime, core),
      leaseMilliseconds: core.settings.leaseMilliseconds,
      clockRatePPM: core.settings.clockRatePPM, payload: payload)
    core.log.append(entry)
    lease.created(entry.index, at: core.now)
    uncommittedBytes += entry.weight
    return entry.index
  }

  /// Log time never goes back (rule T1).
  private static func stamp(_ logTime: LogTime, _ core: GroupCore) -> LogTime {
    #if HOLDFAST_MUTANTS
      if Mutant.logTimePlusOne.isPlanted {
        return max(LogTime(milliseconds: core.log.lastLogTime.milliseconds + 1), logTime)
      }
    #endif
    return max(core.log.lastLogTime, logTime)
  }

  /// Too much is uncommitted to take more (trap 28). A group that has nothing under way takes an
  /// entry of any size.
  func isFull(_ core: GroupCore) -> Bool {
    let entries = core.log.lastIndex.rawValue - core.log.committed.rawValue
    return uncommittedBytes >= core.settings.uncommittedBytesMax
      || entries >= UInt64(core.settings.uncommittedEntriesMax)
  }

  mutating func handedOut(_ entries: [Entry]) {
    for entry in entries { uncommittedBytes -= entry.weight }
  }

  mutating func recountUncommitted(_ core: GroupCore) {
    uncommittedBytes = core.log.bytesAfterHandedOut
  }

  func isEstablished(_ core: GroupCore) -> Bool { core.log.committed >= firstEntry }

  func progress(of member: MemberID) -> Int? { others.firstIndex { $0.member == member } }
}

// MARK: - Time

extension Leader {
  enum TickAction { case lead, stepDown }

  /// Heartbeats go out when the clock passes a multiple of their interval, which is at the same
  /// moment for all groups of a node.
  mutating func tick(now: UInt64, core: inout GroupCore) -> TickAction {
    tickTransfer(now: now, core: &core)
    let slot = now / core.settings.heartbeatNanoseconds
    if slot != heartbeatSlot {
      heartbeatSlot = slot
      heartbeatIsDue = true
      transfer?.isSent = false
      countDeparting(now: now, core)
      for at in others.indices { others[at].retry(isSilent: isSilent(others[at], now, core)) }
    }
    return hearsQuorum(now: now, core: core) ? .lead : .stepDown
  }

  /// Check-quorum (Raft thesis, section 6.2): a leader that no majority answers leads nobody. A
  /// refusal is no such answer, since members out of service refuse too (rule C7); those in service
  /// answer heartbeats besides.
  private func hearsQuorum(now: UInt64, core: GroupCore) -> Bool {
    if core.settings.plain.contains(.noCheckQuorum) { return true }
    return core.quorum.result { member in
      if member == core.member { return true }
      return progress(of: member).map { !isLong(since: others[$0].servedAt, now, core) } ?? false
    } == .won
  }

  func isSilent(_ other: Progress, _ now: UInt64, _ core: GroupCore) -> Bool {
    isLong(since: other.heardAt, now, core)
  }

  /// In service by its own word of late, in this term: one that is repaired or rebuilt (rules C9, C10)
  /// is heard too, and neither acknowledges nor leads. Nil: a new leader has yet to hear.
  func serves(_ other: Progress, _ now: UInt64, _ core: GroupCore) -> Bool? {
    if isLong(since: other.servedAt, now, core) { return false }
    return other.hasServed ? true : nil
  }

  private func isLong(since then: UInt64, _ now: UInt64, _ core: GroupCore) -> Bool {
    now > then + core.settings.electionNanoseconds.upperBound
  }
}

// MARK: - Commit

extension Leader {
  /// Commits what majorities hold durably, the leader counting like any other by its own disk
  /// (rules C2, C4), if it is of the leader's own term (Raft paper, section 5.4.2 and figure 8), and
  /// nothing at all while an earlier leader may have a lease (rule L4).
  mutating func advanceCommit(core: inout GroupCore) {
    #if HOLDFAST_MUTANTS
      if let index = wronglyCommitted(core) {
        core.log.commit(upTo: index)
        _ = lease.committed(upTo: index, now: core.now)
        if Mutant.leaseFromCommit.isPlanted { lease.countFromNow(core.now) }
        if isEstablished(core) { reads.firstCommit(core.log.committed) }
      }
    #endif
    let own = core.log.durable.rawValue
    let held = core.quorum.committed { member in
      if member == core.member { return own }
      return progress(of: member).map { others[$0].match.rawValue }
    }
    let index = LogIndex(min(held, core.log.lastIndex.rawValue))
    guard index > core.log.committed, core.log.term(at: index) == term,
      core.barrier.hasPassed(core.now, term: term)
    else { return }
    core.log.commit(upTo: index)
    if lease.committed(upTo: index, now: core.now) { core.outbox.events.append(.leaseTooShort) }
    if isEstablished(core) { reads.firstCommit(core.log.committed) }
  }
}

#if HOLDFAST_MUTANTS
  extension Leader {
    /// What a leader with a planted bug commits.
    private func wronglyCommitted(_ core: GroupCore) -> LogIndex? {
      let countsItself = Mutant.leaderCountsItself.isPlanted
      let ignoresTerm = Mutant.commitEarlierTerm.isPlanted
      let ignoresBarrier = Mutant.noBarrier.isPlanted
      guard countsItself || ignoresTerm || ignoresBarrier || Mutant.leaseFromCommit.isPlanted else {
        return nil
      }
      let own = countsItself ? core.log.lastIndex.rawValue : core.log.durable.rawValue
      let held = core.quorum.committed { member in
        if member == core.member { return own }
        return progress(of: member).map { others[$0].match.rawValue }
      }
      let index = LogIndex(min(held, core.log.lastIndex.rawValue))
      guard index > core.log.committed, ignoresTerm || core.log.term(at: index) == term,
        ignoresBarrier || core.barrier.hasPassed(core.now, term: term)
      else { return nil }
      return index
    }
  }
#endif

// MARK: - Reads

extension Leader {
  /// False when too many reads wait.
  mutating func read(_ origin: ReadRounds.Origin, core: GroupCore) -> Bool {
    guard reads.count < core.settings.readsWaitingMax else { return false }
    #if HOLDFAST_MUTANTS
      if Mutant.readBeforeOwnCommit.isPlanted {
        reads.add(origin, commit: core.log.committed)
        return true
      }
    #endif
    if isEstablished(core) {
      reads.add(origin, commit: core.log.committed)
    } else {
      reads.waitForFirstCommit(origin)
    }
    return true
  }

  /// Answers what majorities of both halves have confirmed; the leader confirms by itself.
  mutating func answerReads(core: inout GroupCore) {
    let round = core.quorum.committed { member in
      if member == core.member { return reads.started }
      return progress(of: member).map { others[$0].readRound }
    }
    for (origin, index) in reads.confirm(min(round, reads.started)) {
      switch origin {
      case .local(let token):
        core.outbox.reads.append(.readable(token: token, index: index))
      case .member(let member, let attempt):
        core.send(.readIndexAnswer(attempt: attempt, index: index), to: member)
      }
    }
  }

  /// The lead is lost, and with it every read that wasn't answered (rule C8).
  mutating func failReads(core: inout GroupCore) {
    for origin in reads.takeAll() {
      switch origin {
      case .local(let token): core.outbox.reads.append(.failed(token: token))
      case .member(let member, let attempt):
        core.send(.readIndexAnswer(attempt: attempt, index: nil), to: member)
      }
    }
  }
}
