import Primitives
import RaftConsensus
import StockLedger

extension NodeCore {
  /// Makes this turn's entries of one group: the callers' commands as one entry, and what a leader
  /// owes by itself.
  mutating func propose(_ at: Int, now: ClockReading) {
    guard groups[at].isLeader else {
      groups[at].renewalIsDue = false
      return refuseQueue(of: at)
    }
    guard groups[at].isSound else { return refuseQueue(of: at) }
    if groups[at].isMeta && !proposeTopology(at, now: now) { return }
    proposeRules(at, now: now)
    while let (payload, tokens) = groups[at].queue.take(maxBytes: settings.entryBytesMax) {
      guard let place = propose(.command, payload, at: at, now: now) else {
        groups[at].queue.putBack(payload: payload, tokens: tokens)
        if !groups[at].isLeader { refuseQueue(of: at) }
        return
      }
      intake.left(commands: tokens.count, bytes: payload.count)
      groups[at].proposals.append(index: place.index, term: place.term, tokens: tokens)
    }
    proposePulse(at, now: now)
    proposeRenewal(at, now: now)
  }

  /// An empty entry renews the lease of a group that is read, unless what was just proposed, or is
  /// under way, does so too (rule L6).
  private mutating func proposeRenewal(_ at: Int, now: ClockReading) {
    guard groups[at].renewalIsDue else { return }
    groups[at].renewalIsDue = false
    guard groups[at].raft.leaseNeedsRenewal(now: now),
      propose(.empty, [], at: at, now: now) != nil
    else { return }
    counters.leaseRenewals += 1
  }

  /// Proposes one entry under the clock for stamps; nil if the group takes none now, or has no
  /// clock yet.
  mutating func propose(
    _ kind: EntryKind, _ payload: [UInt8], at: Int, now: ClockReading
  ) -> (index: LogIndex, term: Term)? {
    guard groups[at].isSound, let time = stamp(at, now: now) else { return nil }
    let result = groups[at].raft.propose(kind: kind, payload: payload, logTime: time, now: now)
    guard case .accepted(let index, let term) = result else { return nil }
    counters.entriesProposed += 1
    return (index, term)
  }

  /// The log time of an entry that is proposed now.
  mutating func stamp(_ at: Int, now: ClockReading) -> LogTime? {
    groups[at].clock.noted(groups[at].raft.lastLogTime, now: now)
    let isFirst = groups[at].clock.last == .zero
    #if HOLDFAST_MUTANTS
      let median =
        Mutant.ownClockStamps.isPlanted
        ? now.wall : clocks.median(of: groups[at].voters, now: now)
    #else
      let median = clocks.median(of: groups[at].voters, now: now)
    #endif
    // Without any log time to run on from, the first median has to come (rule T2): a round trip.
    guard median != nil || !isFirst else { return nil }
    let before = groups[at].clock
    let stamp = groups[at].clock.stamp(
      median: median, now: now, stepLimit: settings.clockStepMilliseconds)
    if let step = stamp.stepMilliseconds, !isFirst {
      // A jump of the clock stands in the journal by itself (rule T2): if it can't, nothing is
      // stamped with it.
      let result = groups[at].raft.propose(
        kind: .empty, payload: [], logTime: stamp.time, now: now)
      guard case .accepted = result else {
        groups[at].clock = before
        return nil
      }
      out.events.append(.clockStepped(groups[at].shard, byMilliseconds: step))
      counters.entriesProposed += 1
    }
    return stamp.time
  }

  /// Ends due holds when nothing else does (rule T3). Only a leader that has committed in its own
  /// term may (rule C6), and the pulse names that term, so a late one does nothing (rule C5).
  private mutating func proposePulse(_ at: Int, now: ClockReading) {
    guard let deadline = groups[at].deadlineForPulse(),
      deadline <= clockReading(of: at, now: now)
    else { return }
    var payload = ByteWriter()
    CommandWriter.pulse(term: groups[at].raft.term, into: &payload)
    if propose(.command, payload.bytes, at: at, now: now) != nil { counters.pulses += 1 }
  }

  /// What the clock for stamps says now.
  func clockReading(of at: Int, now: ClockReading) -> LogTime {
    groups[at].clock.reading(
      median: clocks.median(of: groups[at].voters, now: now), now: now)
  }

  /// Writes who has a seat in the meta group into the catalog before any caller's command, so that
  /// each PutPool finds founders for its shards: nodes that are there. False while it is under way, and
  /// where the catalog takes none of them: a pool would have no founders.
  private mutating func proposeTopology(_ at: Int, now: ClockReading) -> Bool {
    if groups[at].knowsTopology { return true }
    let version = groups[at].books.catalogVersion
    let known = groups[at].books.meta!.nodes
    if let proposed = groups[at].topologyProposed, proposed.term == groups[at].raft.term {
      guard proposed.index <= groups[at].books.index else { return false }
      // What changed nothing was refused, and would be again.
      if proposed.version == version { return !known.isEmpty }
    }
    var payload = ByteWriter()
    let members = groups[at].raft.configuration
    for seat in settings.nodes
    where members.contains(MemberID(of: seat.id)) && !known.contains(where: seat.isSaid) {
      let mark = CommandWriter.begin(.putNode, into: &payload)
      payload.put(seat.id.rawValue)
      payload.put(short: seat.region)
      payload.put(short: seat.zone)
      payload.put(short: seat.address)
      CommandWriter.end(mark, into: &payload)
    }
    for item in known where !members.contains(MemberID(of: item.node)) {
      let mark = CommandWriter.begin(.dropNode, into: &payload)
      payload.put(item.node.rawValue)
      CommandWriter.end(mark, into: &payload)
    }
    guard payload.count > 0 else {
      groups[at].topologyVersion = version
      return true
    }
    let place = propose(.command, payload.bytes, at: at, now: now)
    groups[at].topologyProposed = place.map { ($0.index, $0.term, version) }
    return false
  }
}

extension NodeSeat {
  fileprivate func isSaid(by item: NodeItem) -> Bool {
    item.node == id && item.region == region && item.zone == zone && item.address == address
  }
}
