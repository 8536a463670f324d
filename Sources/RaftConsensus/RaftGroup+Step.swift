package import Primitives

// A message comes in. First the terms are compared, as for every Raft message (Raft paper, section
// 5.1); then it goes to the role that it is for. What is for no one is dropped.

extension RaftGroup {
  /// Takes a message. Lost, repeated, reordered and late ones do no harm; those of other groups and
  /// of other receivers are ignored, and so is what somebody who doesn't belong to the group says
  /// about a later term (trap 20). Such a one is listened to as a leader or candidate: its own
  /// followers and voters decide whether it is one.
  package mutating func step(_ message: Message, now: ClockReading) {
    core.now = now
    guard message.shard == shard, message.to == member, message.from != member,
      message.body.isHeardFromAnybody || core.configuration.contains(message.from)
        || message.term <= term
    else { return }
    switch message.body {
    case .preVote(let lastLog): answerPreVote(message, lastLog: lastLog, now: now.boot)
    case .preVoteReply(let granted): takePreVote(message, granted: granted, now: now.boot)
    case .vote(let lastLog, let byTransfer):
      answerVote(message, lastLog: lastLog, byTransfer: byTransfer, now: now.boot)
    case .voteReply(let granted, let asOf):
      takeVote(message, granted: granted, asOf: asOf, now: now.boot)
    case .append, .heartbeat, .snapshotChunk: stepFromLeader(message, now: now.boot)
    case .appendReply, .heartbeatReply, .snapshotReply: stepToLeader(message, now: now.boot)
    case .readIndexAsk(let attempt): answerAsk(message, attempt: attempt, now: now.boot)
    case .readIndexAnswer(let attempt, let index):
      takeAnswer(message, attempt: attempt, index: index, now: now.boot)
    case .transfer(let lastLog): takeOver(message, lastLog: lastLog, now: now.boot)
    case .voteFor(let successor, let lastLog):
      vote(for: successor, lastLog: lastLog, message, now: now.boot)
    }
  }

  /// Follows a higher term. False: the message is of a term gone by.
  mutating func catchUp(with message: Message, now: UInt64) -> Bool {
    if message.term > term {
      becomeFollower(term: message.term, leader: nil, reason: .higherTerm, now: now)
    }
    return message.term == term
  }

  private mutating func stepFromLeader(_ message: Message, now: UInt64) {
    #if HOLDFAST_MUTANTS
      if Mutant.lowerTermAppend.isPlanted, message.term < term,
        case .append(let append) = message.body
      {
        changeFollower { $0.append(append, term: message.term, core: &$1) }
        return
      }
    #endif
    guard message.term >= term else {
      // Its sender leads a term gone by, or this member fell out with the others while it was cut
      // off: either way it must hear of the newer term, or neither gets on.
      core.send(
        .appendReply(.refused(refusedIndex: .zero, hint: .zero)), to: message.from)
      return
    }
    guard follows(message, now: now) else { return }
    changeFollower { follower, core in
      follower.heard(message.from, now: now, core: &core)
      switch message.body {
      case .append(let append): follower.append(append, term: message.term, core: &core)
      case .heartbeat(let commit, let round):
        follower.heartbeat(commit: commit, readRound: round, core: &core)
      case .snapshotChunk(let chunk): follower.snapshotChunk(chunk, core: &core)
      default: break
      }
    }
  }

  /// Becomes the sender's follower. False where that can't be: there is one leader a term, and a
  /// message that says otherwise is not believed.
  private mutating func follows(_ message: Message, now: UInt64) -> Bool {
    if message.term > term {
      becomeFollower(
        term: message.term, leader: message.from, reason: .higherTerm, now: now)
      return true
    }
    switch state {
    case .follower(let follower): return follower.leader == nil || follower.leader == message.from
    case .preCandidate, .candidate:
      becomeFollower(term: term, leader: message.from, reason: .higherTerm, now: now)
      return true
    case .leader: return false
    }
  }

  private mutating func stepToLeader(_ message: Message, now: UInt64) {
    guard catchUp(with: message, now: now) else { return }
    changeLeader { $0.step(message.body, from: message.from, now: now, core: &$1) }
  }

  private mutating func answerAsk(_ message: Message, attempt: UInt64, now: UInt64) {
    if catchUp(with: message, now: now), case .leader = state {
      changeLeader { $0.step(message.body, from: message.from, now: now, core: &$1) }
    } else {
      core.send(.readIndexAnswer(attempt: attempt, index: nil), to: message.from)
    }
  }

  private mutating func takeAnswer(
    _ message: Message, attempt: UInt64, index: LogIndex?, now: UInt64
  ) {
    guard catchUp(with: message, now: now) else { return }
    changeFollower { follower, core in
      guard follower.leader == message.from else { return }
      for token in follower.asks.take(attempt: attempt) {
        core.outbox.reads.append(
          index.map { .readable(token: token, index: $0) } ?? .failed(token: token))
      }
    }
  }
}
