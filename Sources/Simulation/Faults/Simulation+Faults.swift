import NodeCore
import Primitives
import RaftConsensus

/// What is wrong at the moment.
struct FaultState {
  private(set) var begun = 0
  /// A machine was frozen with its clocks: leases promise nothing any more (rule L8).
  var clocksLied = false
  /// Groups whose rows on a node are spoiled and not repaired yet, or lost with its disk.
  private(set) var excused: [(node: Int, shard: ShardID)] = []
  /// Who is kept working in the liveness phase.
  var core: [Int] = []
  var eligible: [ShardID] = []
  var progressed: [ShardID] = []
  var healedAt: UInt64 = 0

  func isExcused(_ node: Int, _ shard: ShardID) -> Bool {
    excused.contains { $0.node == node && $0.shard == shard }
  }

  mutating func excuse(_ node: Int, _ shard: ShardID) {
    if !isExcused(node, shard) { excused.append((node, shard)) }
  }

  mutating func repaired(_ node: Int, _ shard: ShardID) {
    excused.removeAll { $0.node == node && $0.shard == shard }
  }

  var wrong = WrongLedgers()

  private var running: [(number: Int, fault: Fault)] = []

  mutating func begin(_ number: Int, _ fault: Fault) {
    begun += 1
    running.append((number, fault))
  }

  /// The fault as it was begun, when it is to end.
  mutating func underWay(_ number: Int) -> Fault? {
    guard let at = running.firstIndex(where: { $0.number == number }) else { return nil }
    return running.remove(at: at).fault
  }
}

extension Simulation {
  func beginFaults() {
    network.lossPercent = plan.lossPercent
    network.repeatPercent = plan.repeatPercent
    network.detourPercent = plan.detourPercent
    network.detourMax = plan.detourMax
    for at in nodes.indices { nodes[at].writeNanosecondsMax = plan.writeNanosecondsMax }
    for (number, fault) in plan.faults.enumerated() where !options.without.contains(number) {
      schedule(.fault(number), after: fault.at)
    }
  }

  func begin(fault number: Int) {
    guard phase == .safety else { return }
    var fault = plan.faults[number]
    if let aim = fault.aim, let leader = leader(of: shard(aim)) { fault.strike(leader.node) }
    faults.begin(number, fault)
    trace.mix(UInt64(number) | 0xFA << 32)
    switch fault.kind {
    case .partition(let shape, let oneWay, let pick): partition(shape, oneWay: oneWay, pick: pick)
    case .crash(let node): crash(node)
    case .crashAll: for node in nodes.indices { crash(node) }
    case .pause(let node): nodes[node].pausedUntil = now + fault.lasts
    case .stopInside(let node, let step): nodes[node].stopInside = (step, fault.lasts)
    case .slowDisk(let node, let most): nodes[node].writeNanosecondsMax = most
    case .slowDisks(let most): for node in nodes.indices { nodes[node].writeNanosecondsMax = most }
    case .failedSync(let node): nodes[node].failsNextWrite = nodes[node].isUp
    case .clog(let from, let to):
      marks.reach(.clogged)
      network.clog(from: from, to: to, until: now + fault.lasts)
    case .clogAll(let node):
      marks.reach(.clogged)
      for other in nodes.indices where other != node {
        network.clog(from: node, to: other, until: now + fault.lasts)
      }
    case .holdBack(let hold):
      marks.reach(.heldBack)
      network.holdBack(hold, number: number)
    case .stepWall(let node, let milliseconds): nodes[node].clock.stepWall(milliseconds, now: now)
    case .rate(let node, let ppm): nodes[node].clock.setRate(ppm, now: now)
    case .freeze(let node):
      marks.reach(.clockFrozen)
      faults.clocksLied = true
      nodes[node].clock.freeze(now: now)
      nodes[node].pausedUntil = now + fault.lasts
    case .spoil(let node, let pick): spoil(node, pick)
    case .spoilSnapshot(let node, let pick): spoilSnapshot(node, pick)
    case .misreadSnapshots(let node): nodes[node].misreadsSnapshots = true
    case .loseDisk(let node): loseDisk(node)
    case .stepAllWalls(let milliseconds):
      for node in nodes.indices { nodes[node].clock.stepWall(milliseconds, now: now) }
    case .transfer(let pick, let isHindered): orderTransfer(pick, isHindered: isHindered)
    case .bringHome(let pick): bringHome(pick)
    case .changeMembers(let change, let pick): orderChange(change, pick)
    case .mutiny(let pick): mutiny(pick)
    case .miscount(let node, let pick): miscount(node, pick)
    }
    schedule(.endOfFault(number), after: fault.lasts)
  }

  func end(fault number: Int) {
    guard phase == .safety else { return }
    guard let fault = faults.underWay(number) else { return }
    switch fault.kind {
    case .partition, .transfer(_, isHindered: true), .mutiny,
      .changeMembers(.removePartitioned, _):
      network.joinAll()
    case .crash(let node): restartLater(node)
    case .crashAll: for node in nodes.indices { restartLater(node) }
    case .slowDisk(let node, _): nodes[node].writeNanosecondsMax = plan.writeNanosecondsMax
    case .slowDisks:
      for node in nodes.indices { nodes[node].writeNanosecondsMax = plan.writeNanosecondsMax }
    case .holdBack: network.letGo(number: number)
    case .stepWall(let node, _): nodes[node].clock.setWallOffset(0, now: now)
    case .stepAllWalls:
      for node in nodes.indices { nodes[node].clock.setWallOffset(0, now: now) }
    case .freeze(let node): nodes[node].clock.thaw(now: now)
    case .misreadSnapshots(let node): nodes[node].misreadsSnapshots = false
    case .spoil(let node, _), .spoilSnapshot(let node, _): restartLater(node)
    case .pause, .stopInside, .failedSync, .clog, .clogAll, .rate, .loseDisk, .transfer, .bringHome,
      .changeMembers, .miscount:
      break
    }
  }
}
