package import Primitives
package import RaftConsensus
package import StockLedger

/// All that one lane of a node decides: its Raft groups, a ledger for each, and who waits for what.
/// Inputs go in, and `endTurn` gives the effects; there is no clock, thread or logger in here.
package struct NodeCore: Sendable {
  package let settings: NodeSettings
  package private(set) var counters = NodeCounters()

  /// Opens the groups that storage has, and the meta group in lane 0 of a new cluster.
  package init(settings: NodeSettings, restored: [RestoredShard], now: ClockReading) {
    fatalError("not built yet")
  }

  package mutating func tick(now: ClockReading) { fatalError("not built yet") }
  package mutating func receive(
    _ envelope: PeerEnvelope, from node: NodeID, now: ClockReading
  ) { fatalError("not built yet") }
  package mutating func submit(_ batch: consuming SubmitBatch, now: ClockReading) {
    fatalError("not built yet")
  }
  package mutating func read(_ request: ReadRequest, now: ClockReading) {
    fatalError("not built yet")
  }
  package mutating func persisted(_ ticket: PersistTicket, now: ClockReading) {
    fatalError("not built yet")
  }
  /// Consecutive entries from `request.from`, perhaps fewer than asked for; none: not to be had.
  package mutating func loaded(_ work: LoadWork, entries: [Entry], now: ClockReading) {
    fatalError("not built yet")
  }
  package mutating func snapshotRead(
    _ work: SnapshotReadWork, bytes: [UInt8], isLast: Bool, now: ClockReading
  ) { fatalError("not built yet") }
  package mutating func snapshotUnavailable(_ work: SnapshotReadWork, now: ClockReading) {
    fatalError("not built yet")
  }
  package mutating func snapshotSaved(
    shard: ShardID, mark: SnapshotMark, now: ClockReading
  ) { fatalError("not built yet") }
  /// A group that lane 0's core opened for this lane.
  package mutating func open(_ opened: OpenedShard, now: ClockReading) {
    fatalError("not built yet")
  }

  /// Ends a turn: proposes one entry per shard from all that was submitted, and collects the
  /// effects of all inputs since the last turn.
  package mutating func endTurn(now: ClockReading, into effects: inout NodeEffects) {
    fatalError("not built yet")
  }

  /// Calls `body` with the ledger of a shard that has a member here; nil otherwise.
  package func withShardLedger<R>(_ shard: ShardID, _ body: (borrowing ShardLedger) -> R) -> R? {
    fatalError("not built yet")
  }
  /// Calls `body` with the catalog; nil in another lane than 0.
  package func withMetaLedger<R>(_ body: (borrowing MetaLedger) -> R) -> R? {
    fatalError("not built yet")
  }

  /// All groups with a member here, in order of shard.
  package func status() -> [ShardStatus] { fatalError("not built yet") }
  /// The same with a digest of each ledger at its applied index.
  package mutating func statusWithDigests() -> [ShardStatus] { fatalError("not built yet") }
  /// Where a shard's members are; known for all shards in lane 0, for those here in other lanes.
  package func placement(of shard: ShardID) -> Placement? { fatalError("not built yet") }
}
