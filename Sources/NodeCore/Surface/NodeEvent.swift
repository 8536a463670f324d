package import Primitives
package import StockLedger

/// What a person who runs the node would want in its log.
package enum NodeEvent: Sendable, Equatable {
  case becameLeader(ShardID, Term)
  case steppedDown(ShardID, Term)
  /// Nil: nobody is known to lead.
  case leaderChanged(ShardID, Term, NodeID?)
  case electionStarted(ShardID, Term)
  /// The members as the log has them now; committed when the entry is.
  case membersChanged(ShardID, LogIndex, MembersView)
  case transferStarted(ShardID, to: NodeID)
  /// The target did not take over within an election time; this node leads on.
  case transferFailed(ShardID, to: NodeID)
  /// A flawed member has again all that it ever acknowledged (rule C9).
  case repaired(ShardID, LogIndex)
  case opened(ShardID, members: [NodeID])
  /// The seat was taken away, and no leader was heard for a while.
  case closed(ShardID)
  /// The clock for stamps went ahead by more than `clockStepMilliseconds` (rule T2).
  case clockStepped(ShardID, byMilliseconds: Int64)
  /// This node's wall clock is off the median of the nodes' clocks (rule T2).
  case ownClockOff(byMilliseconds: Int64)
  case ownClockGood
  /// The node's two clocks ran apart by more than the bound on their rates allows: it gives no lease
  /// reads until they agree again (rule L8).
  case clockPairDisagrees(byMicroseconds: Int64)
  case clockPairAgrees
  /// Entries take longer to commit than the lease that they give (rule L5).
  case leaseTooShort(ShardID, leaseMilliseconds: UInt32)
  /// Callers were told that they have to ask again.
  case outcomesUnknown(ShardID, count: Int)
  case snapshotTaken(ShardID, LogIndex)
  case snapshotSaved(ShardID, LogIndex)
  case snapshotSending(ShardID, to: NodeID, LogIndex)
  case snapshotInstalled(ShardID, LogIndex)
  case snapshotRefused(ShardID, mark: LogIndex)
  /// Two members differ at one index (rule C10).
  case digestMismatch(ShardID, LogIndex, with: NodeID)
  /// A majority has another ledger than this node at the index: its member is out of service, and is
  /// given log and ledger anew (rule C10).
  case takenOut(ShardID, LogIndex)
  /// No ledger has a majority at the index: the shard takes no commands and gives no reads here
  /// (rule C10).
  case shardStopped(ShardID, LogIndex)
  /// A majority of other voters than before has this node's ledger.
  case shardResumed(ShardID, LogIndex)
  /// The disk is older than what this member acknowledged: it is out of service until it has the
  /// entries up to there again (rules C9, C11).
  case rowsMissing(ShardID, upTo: LogIndex)
  /// An entry raised the ledger's rules to a version that this build does not know: nothing more is
  /// applied here until a newer build is started.
  case rulesUnknown(ShardID, RulesVersion, known: RulesVersion)
}
