package import Primitives

extension RaftGroup {
  /// Ends a turn: everything that the inputs since the last one led to. Replaces what `effects`
  /// held.
  package mutating func takeEffects(now: ClockReading, into effects: inout RaftEffects) {
    core.now = now
    let isRemoved = changeLeader { leader, core -> Bool in
      leader.endTurn(core: &core)
      guard leader.isRemoved(core) else { return false }
      leader.nameSuccessor(core: &core)
      return true
    }
    if isRemoved == true { stepDown(.removed, now: now.boot) }
    sendReads(now: now.boot)
    changeFollower { $0.returnToService(core: &$1) }
    let request = core.makePersistRequest()
    changeFollower { $0.acknowledge(writing: request != nil, core: &$1) }
    precondition(
      request != nil || core.outbox.afterPersist.isEmpty,
      "\(core.outbox.afterPersist.count) messages wait for a write that isn't asked for")
    effects.persist = request
    effects.committed = core.log.handOut(maxBytes: core.settings.handOutBytesMax)
    let committed = effects.committed
    changeLeader { leader, _ in leader.handedOut(committed) }
    core.log.trimMemory(toBytes: core.settings.tailBytesMax)
    announceLeader()
    core.outbox.move(into: &effects)
  }

  /// All reads that came to a follower in this turn are one question to the leader.
  private mutating func sendReads(now: UInt64) {
    let attempt = nextAttempt
    let sent = changeFollower { follower, core -> Bool in
      guard follower.asks.hasFresh, let leader = follower.leader else { return false }
      follower.asks.send(
        attempt: attempt, deadline: now + core.settings.electionNanoseconds.upperBound)
      core.send(.readIndexAsk(attempt: attempt), to: leader)
      return true
    }
    #if HOLDFAST_MUTANTS
      if Mutant.readAttemptReused.isPlanted { return }
    #endif
    if sent == true { nextAttempt &+= 1 }
  }

  private mutating func announceLeader() {
    let now = (term: term, leader: leader)
    guard now.leader != announced.leader || (now.leader != nil && now.term != announced.term)
    else { return }
    announced = now
    core.outbox.events.append(.leaderChanged(term: now.term, leader: now.leader))
  }
}

extension Outbox {
  /// Exchanges arrays with `effects`, whose old ones are emptied and used again.
  mutating func move(into effects: inout RaftEffects) {
    Self.exchange(&sendNow, &effects.sendNow)
    Self.exchange(&afterPersist, &effects.sendAfterPersist)
    Self.exchange(&reads, &effects.reads)
    Self.exchange(&loads, &effects.loads)
    Self.exchange(&snapshotReads, &effects.snapshotReads)
    Self.exchange(&snapshotChunks, &effects.snapshotChunks)
    Self.exchange(&events, &effects.events)
  }

  private static func exchange<T>(_ mine: inout [T], _ theirs: inout [T]) {
    if !theirs.isEmpty { theirs.removeAll(keepingCapacity: true) }
    swap(&mine, &theirs)
  }
}
