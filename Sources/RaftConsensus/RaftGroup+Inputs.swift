package import Primitives

// What a group is told. Each changes the group; `takeEffects` says what follows.

extension RaftGroup {
  /// Time passed. Call it a few times per heartbeat interval.
  package mutating func tick(now: ClockReading) {
    core.now = now
    switch state {
    case .follower(let follower):
      changeFollower { $0.expireReads(now: now.boot, core: &$1) }
      if now.boot >= follower.electionDeadline { electionTimeout(now: now.boot) }
    case .preCandidate(let ballot), .candidate(let ballot):
      if now.boot >= ballot.deadline { electionTimeout(now: now.boot) }
    case .leader:
      let action = changeLeader { $0.tick(now: now.boot, core: &$1) }
      if action == .stepDown { stepDown(.quorumLost, now: now.boot) }
    }
  }

  /// Appends an entry to a leader's log. One entry a turn and group is the way to be fast.
  package mutating func propose(
    kind: EntryKind = .command, payload: [UInt8], logTime: LogTime, now: ClockReading
  ) -> ProposeResult {
    precondition(kind != .configuration, "configurations are not proposed")
    core.now = now
    guard case .leader = state else { return .notLeader(hint: leader) }
    let result = changeLeader { leader, core -> ProposeResult in
      guard leader.transfer == nil else { return .transferring }
      guard !leader.isOut(core) else { return .notLeader(hint: nil) }
      guard !leader.isFull(core) else { return .full }
      let index = leader.append(kind: kind, payload: payload, logTime: logTime, core: &core)
      return .accepted(index: index, term: leader.term)
    }
    return result ?? .notLeader(hint: nil)
  }

  /// A write is durable, and all writes of this group that were asked for before it.
  package mutating func persisted(_ receipt: PersistReceipt, now: ClockReading) {
    core.now = now
    core.log.confirmWrite(receipt.sequence)
    if (receipt.term, receipt.vote.rawValue)
      >= (core.durableBallot.term, core.durableBallot.vote.rawValue)
    {
      core.durableBallot = (receipt.term, receipt.vote)
    }
    ownVoteIsDurable(now: now.boot)
  }

  /// Asks for an index at which a read is linearizable. Answered in `RaftEffects.reads` exactly
  /// once; a failed one may be tried again. The token is the caller's own.
  package mutating func readIndex(token: UInt64, now: ClockReading) {
    var isTaken = false
    switch state {
    case .follower:
      let limit = core.settings.readsWaitingMax
      isTaken =
        changeFollower { follower, _ in
          follower.leader != nil && follower.asks.add(token, max: limit)
        } ?? false
    case .leader: isTaken = changeLeader { $0.read(.local(token: token), core: $1) } ?? false
    case .preCandidate, .candidate: break
    }
    if !isTaken { core.outbox.reads.append(.failed(token: token)) }
  }

  /// A durable snapshot stands for everything up to `mark`; rows up to it may go from the disk, and
  /// entries beyond what memory holds are forgotten.
  package mutating func compact(to mark: SnapshotMark) { core.log.compact(to: mark) }

  /// Lets go of entries that a snapshot stands for, up to `index`, however few there are in memory:
  /// a follower that lacks them gets the snapshot.
  package mutating func dropEntries(upTo index: LogIndex) {
    core.log.trimMemory(toBytes: 0, upTo: min(index, core.log.mark.index))
  }

  /// Answers a load. Fewer entries than asked for are good; none means that they could not be had
  /// (`RaftEvent.entriesUnreadable`).
  package mutating func loaded(_ request: LoadRequest, entries: [Entry], now: ClockReading) {
    changeLeader { $0.loaded(request, entries: entries, core: &$1) }
  }

  /// Answers a snapshot read with bytes from `request.offset` on.
  package mutating func snapshotChunk(
    _ request: SnapshotRead, bytes: [UInt8], isLast: Bool, now: ClockReading
  ) {
    changeLeader { $0.snapshotRead(request, bytes: bytes, isLast: isLast, core: &$1) }
  }

  /// The snapshot is gone, most likely for a newer one: the group begins with that.
  package mutating func snapshotUnavailable(_ request: SnapshotRead, now: ClockReading) {
    changeLeader { $0.snapshotRead(request, bytes: nil, isLast: false, core: &$1) }
  }

  /// A received snapshot is durable. True: the group goes on from it, and the application's state
  /// is that of `mark`. False: everything up to `mark` was handed out meanwhile, and the
  /// application stays as it is.
  @discardableResult
  package mutating func snapshotInstalled(_ mark: SnapshotMark, now: ClockReading) -> Bool {
    changeFollower { follower, _ in
      if follower.incoming?.mark == mark { follower.incoming = nil }
    }
    guard mark.index > core.log.handedOut else { return false }
    core.now = now
    core.log.install(mark)
    core.barrier.arrived(core.log.mark.lease, at: now)
    core.adoptConfiguration()
    appliedIndex = mark.index
    core.outbox.events.append(.snapshotInstalled(index: mark.index))
    changeFollower { $0.agree(on: mark.index, asked: mark.index, core: &$1) }
    changeLeader { $0.recountUncommitted($1) }
    return true
  }

  /// A received snapshot was no good: it is fetched anew.
  package mutating func snapshotRefused(_ mark: SnapshotMark, now: ClockReading) {
    changeFollower { $0.snapshotRefused(mark, core: &$1) }
  }
}

// MARK: - Changing a role in place

extension RaftGroup {
  /// The role is taken out of the enum while it changes, so that its arrays have one owner and are
  /// not copied.
  @discardableResult
  mutating func changeLeader<R>(_ body: (inout Leader, inout GroupCore) -> R) -> R? {
    guard case .leader(var leader) = state else { return nil }
    state = .follower(.placeholder)
    defer { state = .leader(leader) }
    return body(&leader, &core)
  }

  @discardableResult
  mutating func changeFollower<R>(_ body: (inout Follower, inout GroupCore) -> R) -> R? {
    guard case .follower(var follower) = state else { return nil }
    state = .follower(.placeholder)
    defer { state = .follower(follower) }
    return body(&follower, &core)
  }
}
