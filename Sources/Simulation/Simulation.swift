import NodeCore
import Primitives
import RaftConsensus
import StockLedger

/// A whole cluster on one thread and on virtual time: the real `NodeCore`s, a network that loses,
/// repeats and delays, disks that forget what was not synced, clocks that drift, and clients.
/// Everything follows from the options.
///
/// - `World/` is what the cores stand on; `Load/` the clients; `Checks/` what is looked at after
///   every turn; `Faults/` what goes wrong, and when.
package final class Simulation {
  let options: SimOptions
  let plan: FaultPlan
  var now: UInt64 = 1_000_000_000
  var events = EventQueue<Happening>()
  var nodes: [SimNode] = []
  let regionOf: [Int]
  var network: Network
  var phase = Phase.setup
  /// When the phase of faults began.
  var safetyBegan: UInt64 = 0
  var load: Load
  var checks: Checks
  var faults: FaultState
  var trace = TraceHash()
  var marks = Marks()
  var random: SeededRandom
  /// Scratch: a turn's effects.
  var effects = NodeEffects()

  static let tickNanoseconds: UInt64 = 50_000_000
  static let setupSecondsMax: UInt64 = 60

  package init(_ options: SimOptions) {
    self.options = options
    random = SeededRandom(seed: options.seed ^ 0x51D)
    regionOf = (0..<options.nodes).map { $0 * options.regions / options.nodes }
    network = Network(regions: regionOf, seed: options.seed ^ 0xE7)
    plan = FaultPlan(options)
    faults = FaultState()
    load = Load(options)
    checks = Checks()
    let seats = regionOf.enumerated().map { at, region in
      NodeSeat(
        id: NodeID(UInt64(at + 1)), region: Load.regionName(region), zone: Array("z\(at)".utf8),
        address: Array("n\(at + 1):1".utf8))
    }
    for seat in seats {
      nodes.append(
        SimNode(
          settings: Self.settings(of: seat, among: seats, plan, seed: options.seed),
          clock: SimClock(
            now: now, bootOffset: random.below(1_000_000_000_000), ratePPM: plan.rate(&random),
            wallOffset: Int64(random.below(100)) - 50)))
    }
  }

  private static func settings(
    of seat: NodeSeat, among seats: [NodeSeat], _ plan: FaultPlan, seed: UInt64
  ) -> NodeSettings {
    var settings = NodeSettings(node: seat.id, nodes: seats, raft: RaftSettings(), seed: seed)
    settings.raft.heartbeatNanoseconds = 100_000_000
    settings.raft.electionNanoseconds = 500_000_000...1_000_000_000
    settings.raft.leaseMilliseconds = plan.leaseMilliseconds
    settings.raft.clockRatePPM = UInt32(FaultPlan.boundPPM)
    settings.raft.inFlightMessagesMax = 8
    settings.raft.appendBytesMax = seed % 3 == 0 ? 100 : 2 << 10
    settings.raft.tailBytesMax = 2 << 10
    settings.raft.handOutBytesMax = 8 << 10
    settings.raft.snapshotChunkBytes = (1 << 10) << Int(seed % 5)
    settings.raft.snapshotChunksInFlightMax = 2
    settings.snapshotLogBytes = (4 << 10) << Int(seed % 4)
    settings.ledger.rulesMax = plan.beginsWithOldBuild ? .first : .newest
    settings.digestEveryMilliseconds = 2_000
    settings.checkEveryEntries = 64
    settings.closeAfterNanoseconds = 3_000_000_000
    settings.catalogResendNanoseconds = 1_000_000_000
    settings.catalogAnnounceNanoseconds = 2_000_000_000
    return settings
  }

  // MARK: Running

  /// Runs to the end, or to the first thing that is wrong.
  package func run() -> SimReport {
    for at in nodes.indices { start(at) }
    events.schedule(.phase(.safety), at: now + Self.setupSecondsMax * 1_000_000_000)
    load.beginSetup(&events, now: now)
    while checks.failure == nil, phase != .done, let event = events.pop(before: .max) {
      now = event.at
      perform(event.payload)
    }
    if checks.failure == nil { checkEnd() }
    if checks.failure == nil { judgeHistories() }
    return report()
  }

  func fail(_ rule: String, _ what: String) {
    guard checks.failure == nil else { return }
    checks.failure = SimFailure(rule: rule, what: what, atNanoseconds: now)
  }

  private func perform(_ happening: Happening) {
    trace.mix(now)
    switch happening {
    case .tick(let at, let life):
      guard nodes[at].life == life else { return }
      deliver(.tick, to: at)
      schedule(happening, after: Self.tickNanoseconds)
    case .turn(let at, let life):
      guard nodes[at].life == life, nodes[at].isUp else { return }
      beginTurn(at)
    case .goOn(let at, let life):
      guard nodes[at].life == life, nodes[at].isUp else { return }
      goOn(at)
    case .arrive(let envelope, let from, let to):
      guard nodes[to].isUp, !network.isCut(from: from, to: to) else { return }
      let arrived = nodes[to].clock.reading(now)
      deliver(.envelope(envelope, from: from, arrived: arrived), to: to)
    case .written(let work, let at, let life): written(work, at, life)
    case .saved(let work, let at, let life):
      guard nodes[at].life == life else { return }
      saved(work, at)
    case .loaded(let work, let at, let life):
      guard nodes[at].life == life else { return }
      deliver(.loaded(work), to: at)
    case .snapshotRead(let work, let at, let life):
      guard nodes[at].life == life else { return }
      deliver(.snapshotRead(work), to: at)
    case .start(let at): if !nodes[at].isUp { start(at) }
    case .wake(let caller, let serial): wake(caller, serial)
    case .ask(let ask, let at):
      guard nodes[at].isUp else { return }
      deliver(.ask(ask), to: at)
    case .answer(let answer, let caller, let token): take(answer, caller: caller, token: token)
    case .fault(let number): begin(fault: number)
    case .endOfFault(let number): end(fault: number)
    case .phase(let next): enter(next)
    case .isolate(let at, let oneWay): if phase == .safety { cut([at], oneWay: oneWay) }
    }
  }

  func schedule(_ happening: Happening, after delay: UInt64) {
    events.schedule(happening, at: now + delay)
  }
}
