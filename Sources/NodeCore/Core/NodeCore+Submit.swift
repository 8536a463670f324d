package import Primitives

extension NodeCore {
  /// Takes commands into the mailbox until the turn's end, or refuses them (rule Q5).
  package mutating func submit(_ batch: consuming SubmitBatch, now: ClockReading) {
    guard let at = position(of: batch.shard) else {
      return refuse(batch.tokens, .notLeader(hint: hint(for: batch.shard)))
    }
    guard groups[at].isSound else { return refuse(batch.tokens, groups[at].refusalWhileUnsound) }
    guard groups[at].isLeader else {
      return refuse(batch.tokens, .notLeader(hint: groups[at].leader))
    }
    let count = batch.tokens.count
    let refused = intake.admit(batch, into: &groups[at].queue)
    counters.commandsTaken += UInt64(count - refused.count)
    refuse(
      refused, .overloaded(retryAfterMilliseconds: settings.retryAfterMilliseconds))
  }

  /// A node that may know more of a shard that has no member here, or none any more. It may be wrong:
  /// after a restart a closed seat remembers the founders only.
  func hint(for shard: ShardID) -> NodeID? {
    if let seat = dormantSeat(shard) { return seat.members.first }
    return descriptor(of: shard)?.likelyLeader
  }

  mutating func refuse(_ tokens: [UInt64], _ reason: RefusalReason) {
    guard !tokens.isEmpty else { return }
    let count = UInt64(tokens.count)
    switch reason {
    case .notLeader: counters.refusedNotLeader += count
    case .overloaded: counters.refusedOverloaded += count
    case .unknownOutcome: counters.outcomesUnknown += count
    case .unavailable, .positionNotReached: counters.readsFailed += count
    case .ledgersDiffer: counters.refusedUnsound += count
    }
    for token in tokens { out.refusals.append(Refused(token: token, reason: reason)) }
  }

  /// Tells callers whose proposal may or may not have been committed to ask again under the same
  /// request id. It is never called a failure (trap 40).
  mutating func answerUnknown(_ tokens: [UInt64], shard: ShardID) {
    guard !tokens.isEmpty else { return }
    refuse(tokens, .unknownOutcome)
    out.events.append(.outcomesUnknown(shard, count: tokens.count))
  }

  /// Gives up on what waited too long.
  mutating func expireWaiters(of at: Int, now: ClockReading) {
    let shard = groups[at].shard
    answerUnknown(
      groups[at].proposals.takeOrphans(now: now, olderThan: settings.unknownAfterNanoseconds),
      shard: shard)
    let expired = groups[at].reads.tick(
      now: now, timeout: settings.readTimeoutNanoseconds, retry: settings.readRetryNanoseconds)
    readsWaiting -= expired.count
    for read in expired {
      refuse(
        [read.token],
        read.isBehind ? .positionNotReached(applied: groups[at].books.index) : .unavailable)
    }
  }

  /// Empties the mailbox of a shard that this node does not lead any more, or that takes no commands:
  /// nothing of it was proposed.
  mutating func refuseQueue(of at: Int) {
    guard !groups[at].queue.isEmpty else { return }
    intake.left(commands: groups[at].queue.count, bytes: groups[at].queue.byteCount)
    refuse(groups[at].queue.takeTokens(), groups[at].refusalWhileUnsound)
  }
}
