package import Primitives

package enum SeatRole: UInt8, Sendable {
  case follower = 1
  case candidate = 2
  case leader = 3
  case learner = 4
}

/// Whether a seat does its part.
package enum MemberStanding: UInt8, Sendable {
  case serving = 1
  /// It lost log rows, and follows until it has them again (rule C9).
  case repairing = 2
  /// Its ledger was wrong, and it is given another (rule C10).
  case rebuilding = 3
  /// No ledger of the shard has a majority (rule C10).
  case stopped = 4
}

package struct DigestAt: Sendable, Equatable {
  package var index: LogIndex
  package var digest: Hash128
}

package struct SeatStatus: Sendable, Equatable {
  package var node: NodeID
  package var isVoter: Bool
  /// The last index known to be on the member's disk; known to the leader only.
  package var match: LogIndex?
}

/// One group as this node sees it.
package struct ShardStatus: Sendable, Equatable {
  package var shard: ShardID
  /// Empty for the meta group.
  package var pool: [UInt8]
  package var region: [UInt8]
  package var role: SeatRole
  package var standing: MemberStanding
  package var term: Term
  package var leader: NodeID?
  package var commit: LogIndex
  package var applied: LogIndex
  package var last: LogIndex
  package var logTime: LogTime
  package var catalogVersion: UInt64
  /// Newest last; members take them at the same indexes.
  package var digests: [DigestAt]
  package var members: [SeatStatus]
  /// How far log time is ahead of the median (rule T2); only where this node leads.
  package var logTimeAheadMilliseconds: Int64
  package var waitingCommands: Int
  package var proposedCommands: Int
}

/// Where a shard is, also one without a member here.
package struct Placement: Sendable, Equatable {
  package var shard: ShardID
  package var pool: [UInt8]
  package var region: [UInt8]
  /// In order of id.
  package var members: [NodeID]
  package var leader: NodeID?
}

/// Counted since the start.
package struct NodeCounters: Sendable, Equatable {
  package var commandsTaken: UInt64 = 0
  package var commandsApplied: UInt64 = 0
  package var entriesProposed: UInt64 = 0
  package var entriesApplied: UInt64 = 0
  package var pulses: UInt64 = 0
  /// Empty entries, proposed because a read found little of a lease left (rule L6).
  package var leaseRenewals: UInt64 = 0
  package var catalogUpdates: UInt64 = 0
  package var refusedNotLeader: UInt64 = 0
  package var refusedOverloaded: UInt64 = 0
  package var outcomesUnknown: UInt64 = 0
  /// Commands and reads of shards that are stopped.
  package var refusedUnsound: UInt64 = 0
  package var readsByLease: UInt64 = 0
  package var readsByQuorum: UInt64 = 0
  package var readsStale: UInt64 = 0
  package var readsFailed: UInt64 = 0
  package var messagesIn: UInt64 = 0
  package var messagesOut: UInt64 = 0
  /// Messages for a group that is not open here (yet).
  package var messagesDropped: UInt64 = 0
  package var persists: UInt64 = 0
  package var snapshotsTaken: UInt64 = 0
  package var snapshotsInstalled: UInt64 = 0
  package var digestMismatches: UInt64 = 0
  package init() {}
}
