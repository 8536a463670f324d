package import Primitives
package import RaftConsensus

/// What one group is at this moment: cheap enough to be looked at after every turn.
package struct GroupGlance: Sendable, Equatable {
  package var shard: ShardID
  package var role: RoleKind
  package var term: Term
  /// Whom the member voted for in the term; `.none` for nobody.
  package var vote: MemberID
  package var leader: MemberID?
  package var commit: LogIndex
  package var last: LogIndex
  /// What the member takes for durable: it counts and acknowledges up to here.
  package var durable: LogIndex
  package var applied: LogIndex
  package var isEstablished: Bool
  package var isInService: Bool
}

// For checkers that watch a core from outside, as the simulator does after every turn. They are
// `mutating` so that a group, which is large, is looked at where it lies; nothing is changed.
extension NodeCore {
  package var groupCount: Int { groups.count }

  package mutating func glance(_ at: Int) -> GroupGlance { groups[at].glance() }

  /// The term of a log entry of the group at `at`; nil where it is compacted or beyond the end.
  package mutating func logTerm(_ index: LogIndex, of at: Int) -> Term? {
    Self.look(at: &groups[at]) { $0.raft.term(at: index) }
  }

  package mutating func configuration(of at: Int) -> Configuration {
    Self.look(at: &groups[at]) { $0.raft.configuration }
  }

  /// The group's leader would answer a read by its lease alone at this reading.
  package mutating func hasLease(_ at: Int, at reading: ClockReading) -> Bool {
    Self.look(at: &groups[at]) { $0.raft.leaseRead(now: reading) != nil }
  }

  /// Whether somebody else's lease may still run at this reading, by the group's barrier (rule L3).
  package mutating func waitsForLeases(_ at: Int, at reading: ClockReading) -> Bool {
    Self.look(at: &groups[at]) { $0.raft.waitsForLeases(at: reading) }
  }

  /// The lead was handed to this member in its term, so that it does not wait (rule L7).
  package mutating func isBarrierWaived(_ at: Int) -> Bool {
    Self.look(at: &groups[at]) { $0.raft.isBarrierWaived }
  }

  /// The ledger of the group at `at` goes wrong, as in bad memory; false where it has nothing yet.
  package mutating func miscount(of at: Int, pick: UInt64) -> Bool {
    groups[at].books.miscount(pick: pick)
  }

  private static func look<R>(at group: inout Group, _ body: (inout Group) -> R) -> R {
    body(&group)
  }
}

extension Group {
  fileprivate mutating func glance() -> GroupGlance {
    GroupGlance(
      shard: shard, role: raft.role, term: raft.term, vote: raft.hardState.vote,
      leader: raft.leader,
      commit: raft.commitIndex, last: raft.lastIndex, durable: raft.durableIndex,
      applied: books.index,
      isEstablished: raft.isEstablishedLeader, isInService: raft.isInService)
  }
}
