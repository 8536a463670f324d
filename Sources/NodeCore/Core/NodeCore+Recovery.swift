package import Primitives
import RaftConsensus

/// A shard whose ledger is behind what its log was known to have committed at the node's start.
package struct RecoveryGap: Sendable, Equatable {
  package var shard: ShardID
  package var applied: LogIndex
  package var goal: LogIndex
}

extension NodeCore {
  /// What is left to apply before this lane's ledgers are where they were known to be. It shrinks
  /// without any other node: goals are what this node's own disk says is committed, so nodes that
  /// start together never wait for each other.
  package var recoveryGaps: [RecoveryGap] {
    groups.indices.compactMap { at in
      let (applied, goal) = (groups[at].books.index, groups[at].recoveryGoal)
      // A ledger that is thrown away waits for others, and nobody waits for it.
      return applied < goal && groups[at].isSound
        ? RecoveryGap(shard: groups[at].shard, applied: applied, goal: goal) : nil
    }
  }
}

extension RaftGroup {
  /// How far the log of a member that just started is known to be committed. A sole voter commits
  /// by itself whatever is on its disk, as soon as it leads; a flawed one never does (rule C9).
  var recoveryGoal: LogIndex {
    let isAlone = configuration.voters == [member] && !configuration.isJoint
    return isAlone && isInService ? lastIndex : commitIndex
  }
}
