// One lane's numbers as metrics, whatever backend the process has. Labels are lanes, peers and the
// cases of enums: their number does not grow with shards, callers or load.

import LogStorage
import Metrics
import NodeCore
import Primitives
import StockLedger
import WireFormat

/// Used on the lane's loop only.
final class LaneMetrics {
  private let factory: any MetricsFactory
  private let labels: [(String, String)]
  private var core: [(total: (NodeCounters) -> UInt64, series: Series)] = []
  private var events: [Series] = []
  private var refusals: [(reason: ErrorReason, series: Series)] = []
  private var peers: [Series] = []
  private var turns: Series
  private var calls: Series
  private var loadsFailed: Series
  private var peersRefused: Series
  private let turnMax: Gauge
  private let turnP99: Gauge
  private var queues: [(depth: (Lane) -> Int, gauge: Gauge)] = []
  private let shardsLed: Gauge
  private let seatsOut: Gauge
  private let liveReservations: Gauge
  private let logTimeAhead: Gauge
  private let dedupeHorizon: Gauge

  /// Ticks between two publications, and those that are left.
  private let period: Int
  private var ticksLeft: Int

  init(lane: Int, _ settings: RuntimeSettings) {
    let factory = settings.metrics ?? MetricsSystem.factory
    let labels = [("lane", "\(lane)")]
    self.factory = factory
    self.labels = labels
    func series(_ name: String, _ more: (String, String)...) -> Series {
      Series(name, labels + more, factory)
    }
    func gauge(_ name: String, _ more: (String, String)...) -> Gauge {
      Gauge(label: name, dimensions: labels + more, factory: factory)
    }
    turns = series("holdfast_turns_total")
    calls = series("holdfast_calls_total")
    loadsFailed = series("holdfast_loads_failed_total")
    peersRefused = series("holdfast_peers_refused_total")
    turnMax = gauge("holdfast_turn_max_seconds")
    turnP99 = gauge("holdfast_turn_p99_seconds")
    shardsLed = gauge("holdfast_shards_led")
    seatsOut = gauge("holdfast_seats_out_of_service")
    liveReservations = gauge("holdfast_live_reservations")
    logTimeAhead = gauge("holdfast_log_time_ahead_seconds")
    dedupeHorizon = gauge("holdfast_dedupe_horizon_seconds")
    period = max(1, Int(settings.metricsMilliseconds / settings.tickMilliseconds))
    ticksLeft = period
    core = Self.counted.map { ($0.total, series($0.name)) }
    core += Self.reads.map { ($0.total, series("holdfast_reads_total", ("answered", $0.name))) }
    queues = Self.waiting.map { ($0.depth, gauge("holdfast_queue_depth", ("queue", $0.name))) }
    events = CountedEvent.allCases.map { series($0.name.metric, ("event", $0.name.event)) }
    refusals = ErrorReason.allCases.map {
      ($0, series("holdfast_refusals_total", ("reason", $0.name)))
    }
  }

  func ticked(_ lane: Lane) {
    ticksLeft -= 1
    guard ticksLeft <= 0 else { return }
    ticksLeft = period
    publish(lane)
  }

  func publish(_ lane: Lane) {
    let counters = lane.core.counters
    for at in core.indices { core[at].series.publish(core[at].total(counters)) }
    for at in events.indices { events[at].publish(lane.tally.events[at]) }
    let dispatcher = lane.hub.dispatchers[lane.index]
    for at in refusals.indices {
      refusals[at].series.publish(dispatcher.refusals[refusals[at].reason])
    }
    calls.publish(dispatcher.callsAnswered)
    loadsFailed.publish(lane.tally.loadsFailed)
    publishTurns(&lane.tally)
    for queue in queues { queue.gauge.record(queue.depth(lane)) }
    publishLedgers(lane)
    publishPeers(lane)
  }

  /// The longest turn, and a bound that all but one in a hundred kept, since the last time.
  private func publishTurns(_ tally: inout LaneTally) {
    turns.publish(tally.turnsInAll)
    turnMax.record(Double(tally.turns.maxMicroseconds) / 1e6)
    turnP99.record(Double(tally.turns.upperBound(ofPercent: 99)) / 1e6)
    tally.turns = LatencyHistogram()
  }

  private func publishLedgers(_ lane: Lane) {
    let shards = lane.core.status(now: SystemClock.now())
    shardsLed.record(shards.count { $0.role == .leader })
    seatsOut.record(shards.count { $0.standing != .serving })
    let ahead = shards.map(\.logTimeAheadMilliseconds).max() ?? 0
    logTimeAhead.record(Double(ahead) / 1e3)
    var live = 0
    var horizon = lane.core.settings.ledger.dedupeHorizonMilliseconds
    for shard in shards {
      guard let view = lane.ledgerView(shard.shard) else { continue }
      live += view.live
      horizon = min(horizon, view.dedupeHorizonMilliseconds)
    }
    liveReservations.record(live)
    dedupeHorizon.record(Double(horizon) / 1e3)
  }

  /// The links live on lane 0's loop, which speaks for the node.
  private func publishPeers(_ lane: Lane) {
    guard lane.index == 0 else { return }
    peersRefused.publish(lane.hub.introductions.refused)
    let links = lane.hub.links
    if peers.isEmpty {
      peers = links.map {
        Series("holdfast_envelopes_dropped_total", [("peer", "\($0.node.rawValue)")], factory)
      }
    }
    for (at, link) in links.enumerated() { peers[at].publish(link.envelopesDropped) }
  }
}

extension LaneMetrics {
  private static var counted: [(name: String, total: (NodeCounters) -> UInt64)] {
    [
      ("holdfast_commands_taken_total", { $0.commandsTaken }),
      ("holdfast_commands_applied_total", { $0.commandsApplied }),
      ("holdfast_entries_proposed_total", { $0.entriesProposed }),
      ("holdfast_entries_committed_total", { $0.entriesApplied }),
      ("holdfast_pulses_total", { $0.pulses }),
      ("holdfast_lease_renewals_total", { $0.leaseRenewals }),
      ("holdfast_catalog_updates_total", { $0.catalogUpdates }),
      ("holdfast_outcomes_unknown_total", { $0.outcomesUnknown }),
      ("holdfast_messages_received_total", { $0.messagesIn }),
      ("holdfast_messages_sent_total", { $0.messagesOut }),
      ("holdfast_messages_dropped_total", { $0.messagesDropped }),
      ("holdfast_digest_mismatches_total", { $0.digestMismatches }),
    ]
  }

  private static var reads: [(name: String, total: (NodeCounters) -> UInt64)] {
    [
      ("lease", { $0.readsByLease }), ("quorum", { $0.readsByQuorum }),
      ("stale", { $0.readsStale }),
      ("failed", { $0.readsFailed }),
    ]
  }

  /// Everything that may queue up, by what it waits for.
  private static var waiting: [(name: String, depth: (Lane) -> Int)] {
    [
      ("mailbox", { $0.core.load.mailboxCommands }),
      ("mailbox_bytes", { $0.core.load.mailboxBytes }),
      ("proposed", { $0.core.load.proposedCommands }),
      ("reads", { $0.core.load.waitingReads }),
      ("writes", { $0.core.load.persistsUnderWay }),
      ("calls", { $0.hub.dispatchers[$0.index].calls.count }),
      ("streams", { $0.hub.dispatchers[$0.index].streams.count }),
      ("watchers", { $0.watches.watches.count }),
    ]
  }
}
