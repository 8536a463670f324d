package import Primitives
package import RaftConsensus

/// What one group is at this moment: cheap enough to be looked at after every turn.
package struct GroupGlance: Sendable, Equatable {
  package var shard: ShardID
  package var role: RoleKind
  package var term: Term
  package var commit: LogIndex
  package var last: LogIndex
  package var applied: LogIndex
  package var isEstablished: Bool
  package var isInService: Bool
}

// For checkers that watch a core from outside, as the simulator does after every turn.
extension NodeCore {
  package var groupCount: Int { groups.count }

  package func glance(_ at: Int) -> GroupGlance {
    GroupGlance(
      shard: groups[at].shard, role: groups[at].raft.role, term: groups[at].raft.term,
      commit: groups[at].raft.commitIndex, last: groups[at].raft.lastIndex,
      applied: groups[at].books.index, isEstablished: groups[at].raft.isEstablishedLeader,
      isInService: groups[at].raft.isInService)
  }

  /// The term of a log entry of the group at `at`; nil where it is compacted or beyond the end.
  package func logTerm(_ index: LogIndex, of at: Int) -> Term? { groups[at].raft.term(at: index) }

  package func configuration(of at: Int) -> Configuration { groups[at].raft.configuration }
}
