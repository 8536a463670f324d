package import Primitives

/// One member's word to another of the same group. Messages may be lost, repeated, reordered and
/// late; each is judged by what it says alone.
package struct Message: Hashable, Sendable {
  package var shard: ShardID
  package var from: MemberID
  package var to: MemberID
  /// The sender's term; of a pre-vote, and of its being granted, the term that would be stood in.
  package var term: Term
  package var body: Body

  package init(shard: ShardID, from: MemberID, to: MemberID, term: Term, body: Body) {
    self.shard = shard
    self.from = from
    self.to = to
    self.term = term
    self.body = body
  }

  package enum Body: Hashable, Sendable {
    /// Would you vote for me? Carries the end of the sender's log in memory (rule C3).
    case preVote(lastLog: LogPosition)
    case preVoteReply(granted: Bool)
    /// Vote for me. `byTransfer`: the leader of the term before asked me to stand, so that it is no
    /// reason against it that it is alive.
    case vote(lastLog: LogPosition, byTransfer: Bool = false)
    /// `asOf`: the vote was given on the leader's word (`voteFor`), to a candidate whose log reaches
    /// that entry and to no other.
    case voteReply(granted: Bool, asOf: LogPosition? = nil)
    case append(Append)
    case appendReply(AppendReply)
    /// I lead. `commit` is at most what the receiver has matched; `readRound` is the newest round
    /// of reads (rule C8).
    case heartbeat(commit: LogIndex, readRound: UInt64)
    case heartbeatReply(readRound: UInt64)
    case snapshotChunk(SnapshotChunk)
    /// What the receiver has of the snapshot at `index`; `refused`: it can't use it.
    case snapshotReply(index: LogIndex, received: UInt64, refused: Bool)
    /// At which index may I read? `attempt` is never used twice (trap 18).
    case readIndexAsk(attempt: UInt64)
    /// `index` nil: the asked member doesn't lead, or lost the lead meanwhile.
    case readIndexAnswer(attempt: UInt64, index: LogIndex?)
    /// Take over: the leader of the message's term has made nothing beyond this entry, and makes
    /// nothing more while it waits (rule L7).
    case transfer(lastLog: LogPosition)
    /// I hand over to this member, whose log ends like mine, at this entry: vote for it in the term
    /// after mine, as if it had asked. Saves the time in which it would.
    case voteFor(MemberID, lastLog: LogPosition)

    /// Says something that a member hears from anybody: whoever it comes from may belong to the group
    /// by an entry that this member doesn't have yet (Raft thesis, section 4.2.1).
    var isHeardFromAnybody: Bool {
      switch self {
      case .preVote, .vote, .append, .heartbeat, .snapshotChunk: true
      case .preVoteReply, .voteReply, .appendReply, .heartbeatReply, .snapshotReply,
        .readIndexAsk, .readIndexAnswer, .transfer, .voteFor:
        false
      }
    }
  }
}

/// Entries behind a known one; without entries, a question whether that one is there.
package struct Append: Hashable, Sendable {
  package var previous: LogPosition
  package var entries: [Entry]
  package var commit: LogIndex

  package init(previous: LogPosition, entries: [Entry], commit: LogIndex) {
    self.previous = previous
    self.entries = entries
    self.commit = commit
  }

  var lastIndex: LogIndex { previous.index.advanced(by: UInt64(entries.count)) }
}

/// The answer to an append.
package enum AppendReply: Hashable, Sendable {
  /// The follower's log is the leader's up to this entry, durably (rule C2).
  case matched(LogPosition)
  /// The entry before wasn't there, or the follower may not acknowledge (rule C9). `refusedIndex`
  /// is the `previous` that was refused, `hint` the entry to try behind.
  case refused(refusedIndex: LogIndex, hint: LogPosition)

  var isAcknowledgement: Bool { if case .matched = self { true } else { false } }
}

/// A part of a snapshot. The chunk at offset 0 begins a transfer anew.
package struct SnapshotChunk: Hashable, Sendable {
  package var mark: SnapshotMark
  package var offset: UInt64
  package var bytes: [UInt8]
  package var isLast: Bool

  package init(mark: SnapshotMark, offset: UInt64, bytes: [UInt8], isLast: Bool) {
    self.mark = mark
    self.offset = offset
    self.bytes = bytes
    self.isLast = isLast
  }

  var end: UInt64 { offset + UInt64(bytes.count) }
}
