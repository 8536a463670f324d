package import Primitives

/// What a group wants done after a turn. The shell performs it as it stands: `sendNow` at once,
/// also beside the write; `sendAfterPersist` when `persist` is durable and never before.
package struct RaftEffects: Sendable {
  package var sendNow: [Message] = []
  package var persist: PersistRequest?
  package var sendAfterPersist: [Message] = []
  /// Committed entries, in order, each once per start of the member.
  package var committed: [Entry] = []
  package var reads: [ReadAnswer] = []
  package var loads: [LoadRequest] = []
  package var snapshotReads: [SnapshotRead] = []
  /// Chunks of a snapshot that is being received, in order. One at offset 0 begins anew; after one
  /// that is last the shell makes the snapshot durable and says `snapshotInstalled`.
  package var snapshotChunks: [SnapshotChunk] = []
  package var events: [RaftEvent] = []

  package init() {}

  package var isEmpty: Bool {
    sendNow.isEmpty && persist == nil && sendAfterPersist.isEmpty && committed.isEmpty
      && reads.isEmpty && loads.isEmpty && snapshotReads.isEmpty && snapshotChunks.isEmpty
      && events.isEmpty
  }
}

/// What must become durable, all of it or nothing. Requests of one group are carried out in order.
package struct PersistRequest: Sendable {
  /// Rows from `firstIndex` on are replaced by `entries`, which may be none.
  package struct Rows: Sendable {
    package var firstIndex: LogIndex
    package var entries: [Entry]
  }

  package var hardState: HardState?
  package var rows: Rows?
  /// To be handed to `RaftGroup.persisted` when the request is durable.
  package var receipt: PersistReceipt
}

/// Names what a write made durable. The sequence tells apart two writes of one entry with another
/// in between, which (index, term) alone would confuse (trap 21).
package struct PersistReceipt: Hashable, Sendable {
  package var sequence: UInt64
  /// The end of the log as of this write.
  package var lastLog: LogPosition
  package var term: Term
  package var vote: MemberID
}

/// The answer to `readIndex`: a read that has applied `index` is linearizable, or the read failed
/// and may be tried again, here or at the new leader.
package enum ReadAnswer: Hashable, Sendable {
  case readable(token: UInt64, index: LogIndex)
  case failed(token: UInt64)
}

/// Entries that a follower lacks and memory no longer has. Answered by `loaded`.
package struct LoadRequest: Hashable, Sendable {
  package var member: MemberID
  package var term: Term
  package var from: LogIndex
  /// The last one wanted.
  package var upTo: LogIndex
  package var maxBytes: Int
}

/// A part of a snapshot that a follower needs. Answered by `snapshotChunk` or
/// `snapshotUnavailable`.
package struct SnapshotRead: Hashable, Sendable {
  package var member: MemberID
  package var term: Term
  package var mark: SnapshotMark
  package var offset: UInt64
  package var maxBytes: Int
}

/// What happened, for logs, metrics and scripts.
package enum RaftEvent: Hashable, Sendable {
  case becameLeader(term: Term)
  case steppedDown(term: Term, reason: StepDownReason)
  /// Nil: nobody is known to lead.
  case leaderChanged(term: Term, leader: MemberID?)
  case startedPreVote(term: Term)
  case startedElection(term: Term)
  case snapshotSendStarted(to: MemberID, index: LogIndex)
  case snapshotInstalled(index: LogIndex)
  /// Storage can't give a follower the entries that it lacks: only a snapshot that reaches `from`
  /// helps it, and none is there yet. Said again at each heartbeat until there is one.
  case entriesUnreadable(from: LogIndex, for: MemberID)
  /// Members changed with this entry, as this member's log has it; it may not be committed yet, and
  /// may be taken back.
  case configurationChanged(index: LogIndex, Configuration)
  /// The leader makes nothing more until the member has taken over, or didn't in time.
  case transferStarted(to: MemberID)
  case transferFailed(to: MemberID)
  /// Entries commit, one after the other, when the lease that they give is over: Δ is below a round
  /// trip and a sync, and reads go by read index (rule L5).
  case leaseTooShort
  /// The leader says that this member has acknowledged an entry, and its log ends before: its disk
  /// is older than it was (rules C9, C11).
  case rowsMissing(upTo: LogIndex)
  /// A flawed member's log reached what it had once acknowledged (rule C9).
  case repaired(index: LogIndex)
}

package enum StepDownReason: Hashable, Sendable {
  case higherTerm
  /// No majority was heard for an election time (check-quorum).
  case quorumLost
  /// The leader is no voter any more, and that is committed.
  case removed
  /// A majority has another ledger (rule C10).
  case ledgerWrong
}

/// What became of a proposal.
package enum ProposeResult: Hashable, Sendable {
  case accepted(index: LogIndex, term: Term)
  case notLeader(hint: MemberID?)
  /// Too much is uncommitted.
  case full
  /// The lead is being handed over.
  case transferring
  /// A change of members that may not be made, or not now.
  case refused(ChangeRefusal)
}

/// Why a leader doesn't propose a change of members. Tested in this order.
package enum ChangeRefusal: Hashable, Sendable {
  /// No entry of its own term is committed yet (rule C6), or it has yet to hear in this term from a
  /// majority of the new voters.
  case notEstablished
  /// The change with this entry isn't committed yet (rule C1).
  case pending(index: LogIndex)
  /// The members as they are don't allow it.
  case impossible(ConfigurationError)
  /// It would make a voter of a member that isn't a learner with a log close to the leader's.
  case notCaughtUp(MemberID)
  /// No majority of the new voters was in service lately: the change could not be committed, nor
  /// anything after it, and it could not be taken back.
  case noMajority
}

/// What became of a wish to hand over the lead.
package enum TransferResult: Hashable, Sendable {
  case started
  case notLeader(hint: MemberID?)
  /// The target isn't another voter, or wasn't in service for an election time.
  case targetUnfit
  /// Another transfer is under way.
  case alreadyTransferring
  /// The leader may not let go of its lease yet (rule L7); it can soon.
  case notYet
}
