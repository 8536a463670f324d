package import Primitives
package import RaftConsensus
package import StockLedger

/// A node of the cluster as the configuration names it.
package struct NodeSeat: Sendable, Equatable {
  package var id: NodeID
  package var region: [UInt8]
  package var zone: [UInt8]
  package var address: [UInt8]

  package init(id: NodeID, region: [UInt8], zone: [UInt8], address: [UInt8]) {
    self.id = id
    self.region = region
    self.zone = zone
    self.address = address
  }
}

/// Everything that one lane's core is told once, with every limit of its queues.
package struct NodeSettings: Sendable {
  /// This node; it must be one of `nodes`.
  package var node: NodeID
  /// All nodes of the cluster, this one included.
  package var nodes: [NodeSeat]
  /// The nodes that begin the meta group, when there is none on their disks yet: on every node the
  /// same ones for ever. Whoever comes later is no founder, and is added.
  package var founders: [NodeID]
  /// Which lane of the node this core is; lane 0 has the meta group.
  package var lane = 0
  package var lanes = 1
  package var raft: RaftSettings
  package var ledger = LedgerLimits()
  /// Election timeouts and the numbers of read-index questions are drawn from this, so that a
  /// simulation repeats. Another one for each start of a node: see trap 18.
  package var seed: UInt64

  /// Commands that wait for a turn (the contract's mailbox).
  package var mailboxCommandsMax = 8_192
  /// Room beyond that for Confirm, Extend, Release and Fulfill: overload must not strand holds.
  package var mailboxReservedCommands = 1_024
  package var mailboxBytesMax = 16 << 20
  /// What an overloaded caller is told to wait.
  package var retryAfterMilliseconds = 50
  /// A bigger batch is proposed as several entries, so that one append fits into a peer message.
  package var entryBytesMax = 1 << 20
  /// An envelope above this is sent as two.
  package var envelopeBytesMax = 3 << 20
  /// Writes of this lane under way at once. While they run the mailbox fills, so the batch grows
  /// with the load and latency stays near one disk sync.
  package var persistsInFlightMax = 1

  /// How long a proposal of a leader that stepped down may still prove committed before its
  /// callers are told that the outcome is unknown.
  package var unknownAfterNanoseconds: UInt64 = 2_000_000_000
  /// Reads that wait for an index.
  package var readsMax = 8_192
  package var readTimeoutNanoseconds: UInt64 = 5_000_000_000
  /// A read index that was asked for and not answered in this time is asked for anew.
  package var readRetryNanoseconds: UInt64 = 500_000_000

  /// A clock sample older than this says nothing about a node's clock (rule T2).
  package var clockFreshNanoseconds: UInt64 = 3_000_000_000
  /// A longer forward step of the clock is an entry of its own (rule T2).
  package var clockStepMilliseconds: Int64 = 5_000
  /// Own clock this far off the median: alarm (rule T2).
  package var clockAlarmMilliseconds: Int64 = 500
  /// Over how long a node's two clocks are compared with each other (rule L8).
  package var clockWatchNanoseconds: UInt64 = 10_000_000_000

  package var catalogPushBytesMax = 256 << 10
  package var catalogResendNanoseconds: UInt64 = 500_000_000
  package var catalogAnnounceNanoseconds: UInt64 = 1_000_000_000

  /// A snapshot is taken when the log since the last one outgrows this; nil: a quarter of the
  /// ledger, at least `snapshotLogBytesMin`.
  package var snapshotLogBytes: Int?
  package static let snapshotLogBytesMin = 64 << 20
  /// A group that is quiet keeps whole files of its lane for a few rows. When they are so many times as
  /// large as its log may grow, a snapshot lets them go.
  package static let keptFilesFactor = 8
  /// A seat that was taken away is closed when no leader was heard for so long.
  package var closeAfterNanoseconds: UInt64 = 60_000_000_000
  /// Digests are taken at the first entry of each such span of log time, hence at the same index
  /// on all members (rule C10); zero: only when a shard falls quiet or by request.
  package var digestEveryMilliseconds: Int64 = 10_000
  package var digestsKept = 8
  /// Pages of all ledgers together that are hashed in a turn of the clock: about a millisecond's work.
  package var digestPagesPerTick = 100
  /// Whole-ledger checks each so many entries while the ledger is small; zero: never.
  package var checkEveryEntries: UInt64 = 4_096
  package var checkRowsMax = 10_000

  /// Without `founders`, all nodes are.
  package init(
    node: NodeID, nodes: [NodeSeat], founders: [NodeID]? = nil, raft: RaftSettings, seed: UInt64
  ) {
    self.node = node
    self.nodes = nodes.sorted { $0.id < $1.id }
    self.founders = (founders ?? nodes.map(\.id)).sorted()
    self.raft = raft
    self.seed = seed
    precondition(
      self.nodes.contains { $0.id == node }, "node \(node.rawValue) is not in its own cluster")
    precondition(
      !foundingSeats.isEmpty && foundingSeats.count == self.founders.count,
      "founders \(self.founders.map(\.rawValue)) are not nodes of the cluster")
  }

  var foundingSeats: [NodeSeat] { nodes.filter { founders.contains($0.id) } }

  /// How far the log may grow behind a snapshot.
  func snapshotDistance(ledgerBytes: Int) -> Int {
    snapshotLogBytes ?? max(Self.snapshotLogBytesMin, ledgerBytes / 4)
  }

  /// The lane whose core owns a shard, on every node that has as many lanes.
  package func lane(of shard: ShardID) -> Int {
    shard == .meta ? 0 : Int(shard.rawValue) % lanes
  }
}
