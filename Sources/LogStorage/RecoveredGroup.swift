package import Primitives
package import RaftConsensus

/// What a directory still knows about one group.
package struct RecoveredGroup: Sendable {
  package var shard: ShardID
  /// As given to `create`.
  package var descriptor: [UInt8]
  /// The newest durable one; nil if none was ever written, or if it is lost.
  package var hardState: HardState?
  /// The newest snapshot that is whole.
  package var snapshot: SnapshotMark?
  /// The first entry after the snapshot that `load` can give; equals `lastIndex + 1` if none.
  package var firstIndex: LogIndex
  /// The newest sound entries after the snapshot, without gaps and ending at the last sound one;
  /// bounded by `recoveredTailBytes`, so it may begin after `firstIndex`.
  package var entries: [Entry]
  /// The newest row of the journal's chain.
  package var chainHead: ChainRow?
  package var flaw: Flaw?
  /// It was closed: nothing is left but the hard state, which the group goes on from if it is created
  /// again.
  package var isClosed = false

  /// Rule C9: what this member lost of what it may have acknowledged.
  package enum Flaw: Equatable, Sendable {
    /// The hard state is gone: the member comes back under a new id, as a learner.
    case hardStateLost
    /// Rows from this index on are wrong or missing while the hard state is intact: the leader
    /// repairs them, and the member takes no part until its log reaches `hardState.acked…`.
    case rowsDamaged(from: LogIndex)
  }

  /// The last sound index: the snapshot's if there is no entry after it.
  package var lastIndex: LogIndex {
    entries.last?.index ?? snapshot?.index ?? .zero
  }
}
