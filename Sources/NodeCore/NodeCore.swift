package import Primitives
package import RaftConsensus
import StockLedger

/// All that one lane of a node decides: its Raft groups, a ledger for each, and who waits for what.
/// Inputs go in, and `endTurn` gives the effects; there is no clock, thread or logger in here.
///
/// - `Core/` has one file per input or duty: submit, propose, apply, read, catalog, snapshots.
/// - A turn is any number of inputs and one `endTurn`.
package struct NodeCore: Sendable {
  package let settings: NodeSettings
  package internal(set) var counters = NodeCounters()

  /// In order of shard; the meta group, if it is in this lane, comes first.
  var groups: [Group] = []
  /// All shards that this core knows of, in order.
  var placements: [GroupDescriptor] = []
  /// Seats that were taken away, and whose groups are closed.
  var dormant: [DormantSeat] = []
  var intake: Intake
  var clocks: ClockBoard
  var clockWatch: ClockWatch
  var rulesBoard: RulesBoard
  var outbox = Outbox()
  var persistence: PersistQueue
  var catalogDesk = CatalogDesk()
  /// How many of the catalog's shards were looked at.
  var shardsSeen = 0
  var clockAlarm = false
  /// Time passed in this turn: seats may be closed when all of its inputs are in. One that a leader's
  /// word opens again in the turn that closes it would be dropped by storage behind being created.
  private var closingIsDue = false
  var readsWaiting = 0
  var nextReadToken: UInt64 = 1
  /// What the inputs of this turn have brought about so far.
  var out = NodeEffects()
  /// Scratch space that keeps its storage between turns.
  var raftEffects = RaftEffects()

  /// Opens the groups that storage has, and the meta group in lane 0 of a founder without any.
  package init(settings: NodeSettings, restored: [RestoredShard], now: ClockReading) {
    self.settings = settings
    intake = Intake(settings)
    clocks = ClockBoard(
      own: settings.node, nodes: settings.nodes.map(\.id),
      freshNanoseconds: settings.clockFreshNanoseconds)
    clockWatch = ClockWatch(
      ratePPM: settings.raft.clockRatePPM, windowNanoseconds: settings.clockWatchNanoseconds,
      start: now)
    rulesBoard = RulesBoard(own: settings.node, rules: settings.ledger.rulesMax)
    persistence = PersistQueue(inFlightMax: settings.persistsInFlightMax)
    for shard in restored.sorted(by: { $0.shard < $1.shard }) { restore(shard, now: now) }
    if settings.lane == 0 {
      if position(of: .meta) == nil, dormantSeat(.meta) == nil {
        open(GroupDescriptor(metaOf: settings.foundingSeats), now: now)
      }
      openShardsOfCatalog(now: now)
    }
  }

  package mutating func tick(now: ClockReading) {
    var digestPages = settings.digestPagesPerTick
    for at in groups.indices {
      groups[at].raft.tick(now: now)
      expireWaiters(of: at, now: now)
      goOnWithDigest(of: at, &digestPages)
      takeQuietDigest(of: at, now: now, &digestPages)
    }
    closingIsDue = true
    watchOwnClock(now: now)
    comparePair(now: now)
  }

  /// A write is durable, and its `sendAfter` may leave.
  package mutating func persisted(_ ticket: PersistTicket, now: ClockReading) {
    for done in persistence.finished(ticket) {
      guard let at = position(of: done.shard) else { continue }
      groups[at].raft.persisted(done.receipt, now: now)
    }
  }

  /// Consecutive entries from `request.from`, perhaps fewer than asked for; none: not to be had.
  package mutating func loaded(_ work: LoadWork, entries: [Entry], now: ClockReading) {
    guard let at = position(of: work.shard) else { return }
    groups[at].raft.loaded(work.request, entries: entries, now: now)
  }

  /// Ends a turn: proposes one entry per shard from all that was submitted, and gives the effects
  /// of all inputs since the last turn. What `effects` held is replaced.
  package mutating func endTurn(now: ClockReading, into effects: inout NodeEffects) {
    for at in groups.indices { settleStanding(of: at, now: now) }
    if closingIsDue { closeRemoved(now: now) }
    closingIsDue = false
    if persistence.hasRoom {
      for at in groups.indices { propose(at, now: now) }
    }
    startReads(now: now)
    drainAll(now: now)
    let updates = counters.catalogUpdates
    tendCatalog(now: now)
    if counters.catalogUpdates != updates { drainAll(now: now) }
    emitPersist()
    emitEnvelopes(now: now)
    effects.clear()
    swap(&effects, &out)
  }

  /// Committed entries are left that the last turn did not apply: another turn is due soon, and not
  /// before other inputs were taken.
  package var hasMoreToApply: Bool {
    mutating get {
      for at in groups.indices where groups[at].hasMoreToApply { return true }
      return false
    }
  }

  private mutating func drainAll(now: ClockReading) {
    var at = 0
    // The meta group is first: what it opens is behind it and gets its turn too.
    while at < groups.count {
      drain(at, now: now)
      at += 1
    }
  }

  /// The position of a group in `groups`.
  package func position(of shard: ShardID) -> Int? {
    var low = 0
    var high = groups.count
    while low < high {
      let middle = (low + high) / 2
      if groups[middle].shard < shard { low = middle + 1 } else { high = middle }
    }
    return low < groups.count && groups[low].shard == shard ? low : nil
  }
}
