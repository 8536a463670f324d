import Primitives

extension Leader {
  /// An answer of this term from a member of the group.
  mutating func step(
    _ body: Message.Body, from member: MemberID, now: UInt64, core: inout GroupCore
  ) {
    guard let at = progress(of: member) else { return }
    switch body {
    case .appendReply(let reply):
      others[at].heard(isInService: reply.isAcknowledgement, now: now)
      take(reply, at: at, core: &core)
    case .heartbeatReply(let round):
      others[at].heard(isInService: true, now: now)
      others[at].answered(round: min(round, reads.started))
      remind(at: at, core: &core)
    case .snapshotReply(let index, let received, let refused):
      others[at].heard(isInService: false, now: now)
      take(snapshotReply: index, received: received, refused: refused, at: at)
    case .readIndexAsk(let attempt):
      if !read(.member(member, attempt: attempt), core: core) {
        core.send(.readIndexAnswer(attempt: attempt, index: nil), to: member)
      }
    case .preVote, .preVoteReply, .vote, .voteReply, .append, .heartbeat, .snapshotChunk,
      .readIndexAnswer, .transfer, .voteFor:
      break  // late, or not for a leader
    }
  }

  /// An acknowledgement counts for the very entry that it names: if a later term has rewritten that
  /// index, the follower holds something else (trap 21).
  private mutating func take(_ reply: AppendReply, at: Int, core: inout GroupCore) {
    switch reply {
    case .matched(let position):
      // What is compacted is committed, so the same everywhere; its term is forgotten.
      let term = core.log.term(at: position.index)
      guard term == position.term || position.index < core.log.floor.index else { return }
      others[at].matched(position.index)
      if case .snapshot = others[at].flow, core.log.reaches(others[at].match.next) {
        others[at].overtakeSnapshot()
      }
    case .refused(let index, let hint):
      // Below what the leader's log still knows any answer is as good: it leads to the snapshot.
      let agreed =
        core.log.newest(agreeingWith: hint)?.index
        ?? min(hint.index, LogIndex(max(core.log.floor.index.rawValue, 1)).previous)
      others[at].refused(index, agreed: agreed)
    }
  }

  /// A follower that answers heartbeats but acknowledges nothing may have lost the last append: one
  /// without entries makes it say so. One whose log is being asked about is asked anew.
  private mutating func remind(at: Int, core: inout GroupCore) {
    guard others[at].mayBeReminded, others[at].loading == .idle else { return }
    switch others[at].flow {
    case .replicate(let window):
      guard others[at].seemsStuck || window.isFull(core.settings) else { return }
      others[at].reminded()
      sendEmpty(at: at, core: &core)
    case .probe:
      others[at].reminded()
      others[at].askAgain()
      if others[at].match >= core.log.lastIndex { sendEmpty(at: at, core: &core) }
    case .snapshot: break
    }
  }

  private mutating func take(
    snapshotReply index: LogIndex, received: UInt64, refused: Bool, at: Int
  ) {
    guard case .snapshot(var transfer) = others[at].flow, transfer.mark.index == index else {
      return
    }
    if refused {
      others[at].abandonSnapshot()
    } else {
      transfer.answered(received: received)
      others[at].update(transfer)
    }
  }
}
