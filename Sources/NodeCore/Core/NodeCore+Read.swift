package import Primitives
import RaftConsensus

extension NodeCore {
  /// Asks for an instant to read at; answered by `NodeEffects.reads` or a refusal.
  package mutating func read(_ request: ReadRequest, now: ClockReading) {
    guard let at = position(of: request.shard) else {
      return refuse([request.token], .notLeader(hint: hint(for: request.shard)))
    }
    guard groups[at].isSound else {
      return refuse([request.token], groups[at].refusalWhileUnsound)
    }
    guard readsWaiting < settings.readsMax else {
      return refuse(
        [request.token], .overloaded(retryAfterMilliseconds: settings.retryAfterMilliseconds))
    }
    readsWaiting += 1
    groups[at].reads.append(request, now: now)
    if request.consistency == .linearizable, !groups[at].renewalIsDue, clockWatch.agrees {
      groups[at].renewalIsDue = groups[at].raft.leaseNeedsRenewal(now: now)
    }
  }

  /// Answers the reads that arrived since the last turn by the leader's lease, or asks one question
  /// for a read index per group. `now` was read after they arrived (rules L2, L9).
  mutating func startReads(now: ClockReading) {
    for at in groups.indices where groups[at].reads.hasFresh {
      if clockWatch.agrees, let index = groups[at].raft.leaseRead(now: now) {
        groups[at].reads.grantByLease(at: index)
        continue
      }
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
      out.reads.append(
        ReadInstant(
          token: ready.token, shard: groups[at].shard, index: applied,
          logTime: groups[at].books.logTime,
          answered: basis(of: ready, at: at, now: now)))
    }
  }

  private mutating func basis(of ready: ReadQueue.Ready, at: Int, now: ClockReading) -> ReadBasis {
    switch ready.way {
    case .lease:
      counters.readsByLease += 1
      return .lease
    case .quorum:
      counters.readsByQuorum += 1
      return .quorum
    case .stale:
      counters.readsStale += 1
      return staleness(of: at, now: now)
    }
  }

  private func staleness(of at: Int, now: ClockReading) -> ReadBasis {
    let ago: Int64? =
      if groups[at].raft.role == .leader {
        0
      } else {
        groups[at].leaderHeard.map { Int64(clamping: now.aged(since: $0) / 1_000_000) }
      }
    return .stale(asOf: groups[at].books.logTime, leaderHeardAgoMilliseconds: ago)
  }
}
