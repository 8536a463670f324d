package import Primitives
package import RaftConsensus
package import StockLedger

/// What the shell has to do after a turn. The order of write and send is in the data.
package struct NodeEffects: Sendable {
  /// To be sent at once. An envelope to the own node is for another lane of it.
  package var sendNow: [Outgoing] = []
  /// Groups whose ledger proved wrong: storage gives up all their snapshots, those included that are
  /// being saved, before it does anything of what follows here.
  package var discards: [ShardID] = []
  /// To be written in one transaction; at most `persistsInFlightMax` are under way.
  package var persist: PersistWork?
  package var replies: [ReplyGroup] = []
  package var refusals: [Refused] = []
  /// Reads that may be made now, before the core's next input.
  package var reads: [ReadInstant] = []
  /// To be read from storage and given to `loaded`.
  package var loads: [LoadWork] = []
  /// To be read from storage and given to `snapshotRead`, or `snapshotUnavailable`.
  package var snapshotReads: [SnapshotReadWork] = []
  /// To be written to a file of its own, off the lane's thread, and confirmed by `snapshotSaved`.
  package var snapshotsToSave: [SnapshotWork] = []
  /// Storage may drop this part of a group's log.
  package var compactions: [Compaction] = []
  /// Groups that are new here. Those of this lane: storage must create them before `persist` is
  /// carried out. Those of another: its core must be told by `open`.
  package var openedShards: [OpenedShard] = []
  /// Groups that are closed: storage drops their rows and snapshots, and keeps descriptor and hard
  /// state (`RestoredShard.isClosed`). Opened again, they are written from the first entry on.
  package var closedShards: [ShardID] = []
  /// Applied entries in order per shard, for the digest chain. After a restart those behind the
  /// last snapshot come once more, with the same bytes.
  package var journal: [JournalRow] = []
  package var events: [NodeEvent] = []

  package init() {}

  package var isEmpty: Bool {
    sendNow.isEmpty && discards.isEmpty && persist == nil && replies.isEmpty && refusals.isEmpty
      && reads.isEmpty
      && loads.isEmpty && snapshotReads.isEmpty && snapshotsToSave.isEmpty && compactions.isEmpty
      && openedShards.isEmpty && closedShards.isEmpty
      && journal.isEmpty && events.isEmpty
  }

  /// Empties the lists and keeps their storage for the next turn.
  package mutating func clear() {
    sendNow.removeAll(keepingCapacity: true)
    discards.removeAll(keepingCapacity: true)
    persist = nil
    replies.removeAll(keepingCapacity: true)
    refusals.removeAll(keepingCapacity: true)
    reads.removeAll(keepingCapacity: true)
    loads.removeAll(keepingCapacity: true)
    snapshotReads.removeAll(keepingCapacity: true)
    snapshotsToSave.removeAll(keepingCapacity: true)
    compactions.removeAll(keepingCapacity: true)
    openedShards.removeAll(keepingCapacity: true)
    closedShards.removeAll(keepingCapacity: true)
    journal.removeAll(keepingCapacity: true)
    events.removeAll(keepingCapacity: true)
  }
}

package struct Outgoing: Sendable {
  package var to: NodeID
  package var envelope: PeerEnvelope
}

/// Names one `PersistWork`; they are done in order.
package struct PersistTicket: RawRepresentable, Hashable, Comparable, Sendable {
  package var rawValue: UInt64
  package init(rawValue: UInt64) { self.rawValue = rawValue }
  package static func < (a: PersistTicket, b: PersistTicket) -> Bool { a.rawValue < b.rawValue }
}

/// One durable commit for all groups of the lane.
package struct PersistWork: Sendable {
  package var ticket: PersistTicket
  package var writes: [LaneWrite]
  /// To be sent when the writes are durable, never before (rule C2).
  package var sendAfter: [Outgoing]
}

/// What one group has to write. A group may have several writes in one work: in order.
package struct LaneWrite: Sendable {
  package var shard: ShardID
  package var hardState: HardState?
  package var rows: PersistRequest.Rows?
}

/// The outcomes of those commands of one entry that this node proposed.
package struct ReplyGroup: Sendable {
  package var shard: ShardID
  package var index: LogIndex
  package var term: Term
  package var logTime: LogTime
  package var tokens: [UInt64]
  /// One outcome record per token, in order.
  package var outcomes: [UInt8]
}

package struct Refused: Sendable, Equatable {
  package var token: UInt64
  package var reason: RefusalReason
}

/// Why there is no outcome.
package enum RefusalReason: Sendable, Equatable {
  /// Not proposed. The hint is the leader as far as known, else a member if this node is none.
  case notLeader(hint: NodeID?)
  /// Not proposed: intake is full (rule Q5).
  case overloaded(retryAfterMilliseconds: Int)
  /// Not proposed, or not read: no leader or no majority in time.
  case unavailable
  /// Not proposed, or not read: the members' ledgers differ and none has a majority (rule C10).
  case ledgersDiffer
  /// Proposed, and perhaps committed: the caller has to ask again under the same request id.
  case unknownOutcome
  /// The read's `atLeast` was not applied in time.
  case positionNotReached(applied: LogIndex)
}

/// How a read's instant was found (rule L10).
package enum ReadBasis: Sendable, Equatable {
  /// The leader alone, under its lease.
  case lease
  case quorum
  /// The ledger's log time, and how long ago the leader was heard (nil: never since the start).
  case stale(asOf: LogTime, leaderHeardAgoMilliseconds: Int64?)
}

package struct ReadInstant: Sendable, Equatable {
  package var token: UInt64
  package var shard: ShardID
  /// What is applied now.
  package var index: LogIndex
  package var logTime: LogTime
  package var answered: ReadBasis
}

/// Entries of a group's log to be read for a follower that lags.
package struct LoadWork: Hashable, Sendable {
  package var shard: ShardID
  package var request: LoadRequest
}

/// A part of the saved snapshot of `request.mark` to be read for a follower that needs it: bytes
/// from `request.offset` in the concatenation of its chunks.
package struct SnapshotReadWork: Hashable, Sendable {
  package var shard: ShardID
  package var request: SnapshotRead
}

package struct SnapshotWork: Sendable {
  package var shard: ShardID
  package var mark: SnapshotMark
  package var snapshot: LedgerSnapshot
  /// It came from the group's leader and replaces the log: rows up to the mark go, and those
  /// behind it unless they continue it.
  package var isInstalled: Bool
}

package struct Compaction: Sendable, Equatable {
  package var shard: ShardID
  /// The last index that may go.
  package var through: LogIndex
}

/// A group that has a member on this node; or, of another lane, one that may have.
package struct OpenedShard: Sendable {
  package var shard: ShardID
  package var lane: Int
  /// What `RestoredShard` needs after a restart.
  package var descriptor: [UInt8]
}

package struct JournalRow: Sendable {
  package var shard: ShardID
  package var entry: Entry
  package var outcomes: [UInt8]
}
