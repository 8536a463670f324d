import Primitives
import RaftConsensus
import StockLedger

/// One Raft group's member on this node, with its ledger and everybody who waits for it.
struct Group: Sendable {
  let descriptor: GroupDescriptor
  var raft: RaftGroup
  /// Whose clocks stamp log time (rule T2).
  private(set) var voters: [NodeID]
  var books: Books
  var queue = CommandQueue()
  var proposals = ProposalQueue()
  var reads = ReadQueue()
  /// A read found little of the leader's lease left (rule L6).
  var renewalIsDue = false
  var clock: LogClock
  var catalog = CatalogSeat()
  var snapshots = SnapshotSeat()
  var digests = DigestLog()
  /// The digest that is being worked out.
  var digesting: (point: DigestPoint, work: DigestWork)?
  var board = DigestBoard()
  /// No ledger had a majority at this index or before. After a restart, as far as the log was known to
  /// be committed when that was written down.
  var stoppedAt: LogIndex
  /// When a message of the current leader came last.
  var leaderHeard: ClockReading?
  private let openedAt: ClockReading
  /// Rows or a snapshot were found wrong at the start: the files stay until a leader has repaired the
  /// member, in case that none can.
  private let isFlawed: Bool
  var lastApplied: ClockReading
  /// Where the log was known to be committed to when the member started.
  let recoveryGoal: LogIndex
  /// The entry with which this leader raises the version of the ledger's rules.
  var rulesProposed: (rules: RulesVersion, index: LogIndex, term: Term)?
  /// An entry raised the rules to a version that this build does not know.
  var waitsForRules = false
  /// The entry with which the leader of the meta group wrote the topology into the catalog, and the
  /// catalog's version before it.
  var topologyProposed: (index: LogIndex, term: Term, version: UInt64)?
  /// The catalog's version that was seen to have all of the topology.
  var topologyVersion: UInt64?

  init(
    descriptor: GroupDescriptor, raft: RaftGroup, books: Books, isFlawed: Bool, now: ClockReading
  ) {
    self.descriptor = descriptor
    self.raft = raft
    self.books = books
    voters = raft.configuration.voters.map(NodeID.init(of:))
    clock = LogClock(last: raft.lastLogTime, now: now)
    stoppedAt = raft.standing == .stopped ? raft.hardState.commit : .zero
    lastApplied = now
    openedAt = now
    self.isFlawed = isFlawed
    recoveryGoal = raft.recoveryGoal
  }

  /// Members changed.
  mutating func adopt(_ configuration: Configuration) {
    voters = configuration.voters.map(NodeID.init(of:))
    // Who has a seat in the meta group is what the catalog has to say.
    topologyVersion = nil
    topologyProposed = nil
  }

  var shard: ShardID { descriptor.shard }
  var isMeta: Bool { descriptor.shard == .meta }
  var leader: NodeID? { raft.leader.map(NodeID.init(of:)) }
}

// Asked in every turn, of every group. A group is large: `mutating`, it is looked at where it lies and
// not copied; nothing is changed.
extension Group {
  var isLeader: Bool { mutating get { raft.role == .leader } }

  var hasMoreToApply: Bool { mutating get { raft.hasMoreToHandOut } }

  var isDigesting: Bool { mutating get { digesting != nil } }

  /// When the earliest hold is due, if this member may end it (rule C6) and nothing else will: nobody
  /// waits to get in, and nothing is in the log that was not applied.
  mutating func deadlineForPulse() -> LogTime? {
    guard raft.isEstablishedLeader, queue.isEmpty, proposals.isEmpty,
      raft.lastIndex == raft.commitIndex, raft.commitIndex == books.index
    else { return nil }
    return books.nextDeadline
  }

  var knowsTopology: Bool { mutating get { topologyVersion == books.catalogVersion } }

  /// Something was applied since the last digest.
  var hasNewBooks: Bool { mutating get { books.index > digests.last ?? .zero } }

  /// Nobody needs what is here: no leader was heard for so long, and nothing is under way.
  mutating func mayClose(afterNanoseconds: UInt64, now: ClockReading) -> Bool {
    guard isRemoved || isHollow, now.waited(since: leaderHeard ?? openedAt) >= afterNanoseconds
    else { return false }
    return !isLeader && queue.isEmpty && proposals.isEmpty && reads.count == 0
      && snapshots.isAtRest && raft.durableIndex == raft.lastIndex
  }

  /// Its seat was taken away: that is committed and applied. Who is in no configuration because the log
  /// with its seat has yet to come is not removed.
  private var isRemoved: Bool {
    mutating get {
      !raft.configuration.contains(raft.member) && raft.configurationIndex > .zero
        && !raft.isConfigurationPending && books.index >= raft.configurationIndex
    }
  }

  /// Nothing is here but a promise (rule C9), which is kept. So it is with a closed seat that was woken
  /// by a word of long ago, or for an entry that was then truncated. A leader's next word opens it again.
  private var isHollow: Bool {
    mutating get { !raft.isInService && raft.lastIndex == .zero && !isFlawed }
  }
}

extension NodeID {
  /// The node whose seat a member is. Seats carry their node's number as long as no member was
  /// replaced (rule C9).
  init(of member: MemberID) { self.init(member.rawValue) }
}

extension MemberID {
  /// The first seat of a node in any group.
  init(of node: NodeID) { self.init(node.rawValue) }
}
