package import Primitives
import RaftConsensus

extension NodeCore {
  /// Asks for an instant to read at; answered by `NodeEffects.reads` or a refusal.
  package mutating func read(_ request: ReadRequest, now: ClockReading) {
    guard let at = position(of: request.shard) else {
      return refuse([request.token], .notLeader(hint: hint(for: request.shard)))
    }
    guard readsWaiting < settings.readsMax else {
      return refuse(
        [request.token], .overloaded(retryAfterMilliseconds: settings.retryAfterMilliseconds))
    }
    readsWaiting += 1
    groups[at].reads.append(request, now: now)
  }

  /// One question for a read index per group, for all reads that arrived since the last turn.
  mutating func startReads(now: ClockReading) {
    for at in groups.indices where groups[at].reads.hasFresh {
      let token = nextReadToken
      nextReadToken += 1
      groups[at].reads.startRound(raftToken: token, now: now)
      groups[at].raft.readIndex(token: token, now: now)
    }
  }

  mutating func handle(_ answer: ReadAnswer, at: Int) {
    switch answer {
    case .readable(let token, let index):
      groups[at].reads.readable(raftToken: token, index: index)
    case .failed(let token):
      // Fail fast: the caller knows better how long it can wait (design, section 10).
      let tokens = groups[at].reads.failed(raftToken: token)
      readsWaiting -= tokens.count
      refuse(tokens, groups[at].leader == nil ? .unavailable : .notLeader(hint: groups[at].leader))
    }
  }

  /// Gives those their instant whose index is applied.
  mutating func answerReads(_ at: Int, now: ClockReading) {
    let applied = groups[at].books.index
    for ready in groups[at].reads.takeReady(applied: applied) {
      readsWaiting -= 1
      if ready.isStale { counters.readsStale += 1 } else { counters.readsByQuorum += 1 }
      out.reads.append(
        ReadInstant(
          token: ready.token, shard: groups[at].shard, index: applied,
          logTime: groups[at].books.logTime,
          answered: ready.isStale ? staleness(of: at, now: now) : .quorum))
    }
  }

  private func staleness(of at: Int, now: ClockReading) -> ReadBasis {
    let ago: Int64? =
      if groups[at].isLeader {
        0
      } else {
        groups[at].leaderHeard.map { Int64(clamping: now.aged(since: $0) / 1_000_000) }
      }
    return .stale(asOf: groups[at].books.logTime, leaderHeardAgoMilliseconds: ago)
  }
}
