package import Primitives

/// What a member must not forget. Durable before a message that depends on it leaves (rule C2).
package struct HardState: Hashable, Sendable {
  /// The newest term that the member has seen.
  package var term: Term
  /// Whom it voted for in that term; `.none` for nobody.
  package var vote: MemberID
  /// Term of the newest entry that this member ever acknowledged (rule C9).
  package var ackedTerm: Term
  /// Index of that entry.
  package var ackedIndex: LogIndex
  /// A commit index that was true once. Written along with other changes, never for itself: losing
  /// it costs a heartbeat, not safety.
  package var commit: LogIndex
  package var standing: Standing

  package init(
    term: Term = .zero, vote: MemberID = .none, ackedTerm: Term = .zero,
    ackedIndex: LogIndex = .zero, commit: LogIndex = .zero, standing: Standing = .sound
  ) {
    self.term = term
    self.vote = vote
    self.ackedTerm = ackedTerm
    self.ackedIndex = ackedIndex
    self.commit = commit
    self.standing = standing
  }

  /// The newest entry ever acknowledged, as votes order logs.
  var acked: LogPosition {
    get { LogPosition(term: ackedTerm, index: ackedIndex) }
    set {
      ackedTerm = newValue.term
      ackedIndex = newValue.index
    }
  }
}

/// What the members' digests said of this one's ledger (rule C10).
package enum Standing: UInt8, Hashable, Sendable {
  case sound = 0
  /// A majority has another ledger. Whatever this member's disk has of log and snapshots is thrown
  /// away, also after a restart, until a leader has given it both anew.
  case rebuilding = 1
  /// No majority has one ledger: the shard takes no commands and gives no reads.
  case stopped = 2
}

/// What a snapshot stands for: everything up to and with the entry (index, term).
package struct SnapshotMark: Hashable, Sendable {
  package var index: LogIndex
  package var term: Term
  /// The log time of that entry (trap 27).
  package var logTime: LogTime
  /// The members as of that entry.
  package var configuration: Configuration
  /// The longest wait for a lease that any entry up to it may ask for (rule L3);
  /// `RaftGroup.leaseToRemember` when the snapshot was taken.
  package var lease: LeaseTerms

  package init(
    index: LogIndex, term: Term, logTime: LogTime, configuration: Configuration, lease: LeaseTerms
  ) {
    self.index = index
    self.term = term
    self.logTime = logTime
    self.configuration = configuration
    self.lease = lease
  }

  /// The mark under an empty log: how a group begins.
  package static func initial(_ configuration: Configuration) -> SnapshotMark {
    SnapshotMark(
      index: .zero, term: .zero, logTime: .zero, configuration: configuration, lease: .none)
  }

  var position: LogPosition { LogPosition(term: term, index: index) }
}

/// What a member finds on its disk when it starts.
package struct RestoredGroup: Sendable {
  package var hardState: HardState
  /// The newest durable snapshot; `SnapshotMark.initial` for a group that has none.
  package var snapshot: SnapshotMark
  /// All that follows the snapshot, without gaps. Where a row is corrupt, only what is before it.
  package var entries: [Entry]
  /// Rows, a snapshot or a digest were found wrong: the member stays out of service until a leader
  /// has repaired it (rule C9). A log that is shorter than `hardState` says is treated the same.
  package var isFlawed: Bool

  package init(
    hardState: HardState = HardState(), snapshot: SnapshotMark, entries: [Entry] = [],
    isFlawed: Bool = false
  ) {
    self.hardState = hardState
    self.snapshot = snapshot
    self.entries = entries
    self.isFlawed = isFlawed
  }
}
