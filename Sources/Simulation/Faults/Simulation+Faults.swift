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
    case .failedSync(let node): nodes[node].failsNextWrite = nodes[node].isUp
    case .clog(let from, let to):
      marks.reach(.clogged)
      network.clog(from: from, to: to, until: now + fault.lasts)
    case .clogAll(let node):
      marks.reach(.clogged)
      for other in nodes.indices where other != node {
        network.clog(from: node, to: other, until: now + fault.lasts)
      }
    case .stepWall(let node, let milliseconds): nodes[node].clock.stepWall(milliseconds, now: now)
    case .rate(let node, let ppm): nodes[node].clock.setRate(ppm, now: now)
    case .freeze(let node):
      marks.reach(.clockFrozen)
      faults.clocksLied = true
      nodes[node].clock.freeze(now: now)
      nodes[node].pausedUntil = now + fault.lasts
    case .spoil(let node, let pick): spoil(node, pick)
    case .loseDisk(let node): loseDisk(node)
    case .stepAllWalls(let milliseconds):
      for node in nodes.indices { nodes[node].clock.stepWall(milliseconds, now: now) }
    case .transfer(let pick): orderTransfer(pick)
    case .changeMembers(let pick): orderChange(pick)
    case .mutiny(let pick): mutiny(pick)
    }
    schedule(.endOfFault(number), after: fault.lasts)
  }

  func end(fault number: Int) {
    guard phase == .safety else { return }
    guard let fault = faults.underWay(number) else { return }
    switch fault.kind {
    case .partition, .transfer, .mutiny: network.joinAll()
    case .crash(let node): restartLater(node)
    case .crashAll: for node in nodes.indices { restartLater(node) }
    case .slowDisk(let node, _): nodes[node].writeNanosecondsMax = plan.writeNanosecondsMax
    case .stepWall(let node, _): nodes[node].clock.setWallOffset(0, now: now)
    case .stepAllWalls:
      for node in nodes.indices { nodes[node].clock.setWallOffset(0, now: now) }
    case .freeze(let node): nodes[node].clock.thaw(now: now)
    case .spoil(let node, _): restartLater(node)
    case .pause, .stopInside, .failedSync, .clog, .clogAll, .rate, .loseDisk, .changeMembers:
      break
    }
  }

  // MARK: Partitions

  private func partition(_ shape: Fault.Shape, oneWay: Bool, pick: UInt64) {
    network.joinAll()
    if oneWay { marks.reach(.partitionedOneWay) }
    var random = SeededRandom(seed: pick)
    var order = Array(nodes.indices)
    for at in order.indices.reversed() where at > 0 {
      order.swapAt(at, Int(random.below(UInt64(at + 1))))
    }
    switch shape {
    case .majority: cut(Array(order.prefix(order.count / 2 + 1)), oneWay: oneWay)
    case .minority: cut(Array(order.prefix(order.count / 2)), oneWay: oneWay)
    case .single: cut([order[0]], oneWay: oneWay)
    case .only(let node): cut([node], oneWay: oneWay)
    case .region:
      marks.reach(.partitionedRegion)
      cut(nodes.indices.filter { regionOf[$0] == regionOf[order[0]] }, oneWay: oneWay)
    case .ring:
      marks.reach(.partitionedRing)
      ring(order, oneWay: oneWay)
    }
  }

  /// `side` hears nothing of the others, and, unless `oneWay`, they nothing of it.
  func cut(_ side: [Int], oneWay: Bool) {
    for node in side {
      for other in nodes.indices where !side.contains(other) {
        network.cut(from: other, to: node)
        if !oneWay { network.cut(from: node, to: other) }
      }
    }
  }

  /// Each node reaches its two neighbours in the ring, and no other.
  private func ring(_ order: [Int], oneWay: Bool) {
    for (at, node) in order.enumerated() {
      for (place, other) in order.enumerated() where other != node {
        let distance = (place - at + order.count) % order.count
        if distance == 1 || (distance == order.count - 1 && !oneWay) { continue }
        network.cut(from: node, to: other)
      }
    }
  }

  // MARK: Damage, bounded so that recovery stays possible

  /// A group may have less than half of its voters damaged at any time.
  private func mayDamage(_ node: Int, _ shard: ShardID) -> Bool {
    guard let voters = voters(of: shard) else { return false }
    guard voters.contains(node) else { return true }
    let damaged = voters.filter {
      $0 != node && (nodes[$0].isLost || isStillDamaged($0, shard))
    }.count
    return (damaged + 1) * 2 < voters.count
  }

  private func isStillDamaged(_ node: Int, _ shard: ShardID) -> Bool {
    guard faults.isExcused(node, shard) else { return false }
    if let file = nodes[node].disk.file(of: shard),
      nodes[node].disk.files[file].spoiledFrom == nil, nodes[node].isUp,
      let group = group(shard, node), nodes[node].core!.glance(group).isInService
    {
      faults.repaired(node, shard)
      return false
    }
    return true
  }

  /// The voters as the member of the highest term has them.
  func voters(of shard: ShardID) -> [Int]? {
    var best: (at: Int, group: Int, term: Term)?
    for at in nodes.indices where nodes[at].isUp {
      guard let group = group(shard, at) else { continue }
      let term = nodes[at].core!.glance(group).term
      if term > best?.term ?? .zero { best = (at, group, term) }
    }
    guard let best else { return nil }
    let configuration = nodes[best.at].core!.configuration(of: best.group)
    return (configuration.voters + configuration.outgoingVoters).map {
      Int(NodeID(of: $0).rawValue) - 1
    }
  }

  private func spoil(_ node: Int, _ pick: UInt64) {
    let files = nodes[node].disk.files
    guard !files.isEmpty, !nodes[node].isLost else { return }
    let file = files[Int(pick % UInt64(files.count))]
    let floor = file.mark?.index ?? .zero
    guard file.lastIndex > floor, !file.entries.isEmpty, mayDamage(node, file.shard) else { return }
    let first = max(floor.next, file.firstIndex)
    guard first <= file.lastIndex else { return }
    let span = file.lastIndex.rawValue - first.rawValue + 1
    faults.excuse(node, file.shard)
    nodes[node].disk.spoil(file.shard, from: first.advanced(by: (pick >> 16) % span))
    // Else it is found when a follower needs them, or at the next crash.
    if pick >> 8 & 1 == 0 { crash(node) }
  }

  private func loseDisk(_ node: Int) {
    let shards = nodes[node].disk.files.map(\.shard)
    guard !nodes.contains(where: \.isLost), shards.allSatisfy({ mayDamage(node, $0) }) else {
      return
    }
    marks.reach(.diskLost)
    crash(node)
    #if HOLDFAST_MUTANTS
      if Mutant.diskLostSameID.isPlanted {
        nodes[node].disk = SimDisk()
        return restartLater(node)
      }
    #endif
    nodes[node].isLost = true
    for shard in shards { faults.excuse(node, shard) }
    nodes[node].disk = SimDisk()
  }
}
