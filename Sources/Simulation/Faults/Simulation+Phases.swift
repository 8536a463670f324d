import NodeCore
import Primitives
import RaftConsensus
import StockLedger

// Setup without faults; safety with all of them; then a majority is healed and has to get on while
// the rest stays broken.

extension Simulation {
  func enter(_ next: Phase) {
    switch next {
    case .setup: break
    case .safety:
      guard phase == .setup else { return }
      guard load.setup.isDone else {
        return fail("liveness", "the setup got no further than stage \(load.setup.stage)")
      }
      phase = .safety
      safetyBegan = now
      beginHistories()
      beginFaults()
      for caller in 0..<load.clients { wakeLater(caller, after: random.below(300_000_000)) }
      schedule(.phase(.liveness), after: options.seconds * 1_000_000_000)
    case .liveness:
      guard phase == .safety else { return }
      phase = .liveness
      heal()
      schedule(.phase(.done), after: options.healSeconds * 1_000_000_000)
    case .done:
      guard phase == .liveness else { return }
      if isRebuilding, now < faults.healedAt + options.healSeconds * 1_000_000_000 {
        return schedule(.phase(.done), after: 500_000_000)
      }
      checkRebuilt()
      let stuck = faults.eligible.filter { !faults.progressed.contains($0) && !isUndecided($0) }
      if !stuck.isEmpty {
        fail(
          "liveness",
          "shards \(stuck.map(\.rawValue)) answered no new call within "
            + "\(options.healSeconds) s of healing nodes \(faults.core.map { $0 + 1 })")
      }
      phase = .done
    }
  }

  private func heal() {
    faults.healedAt = now
    network.lossPercent = 0
    network.repeatPercent = 0
    network.detourPercent = 0
    network.unclogAll()
    network.letAllGo()
    chooseCore()
    for from in faults.core {
      for to in faults.core { network.join(from: from, to: to) }
    }
    for at in nodes.indices {
      if faults.core.contains(at) { mend(at) } else { breakFurther(at) }
    }
    faults.eligible = load.shards.filter(hasMajorityInCore)
  }

  /// Whether every configuration that a node of the core may still go by has majorities in it.
  private func hasMajorityInCore(_ shard: ShardID) -> Bool {
    var isKnown = false
    for at in faults.core where nodes[at].isUp {
      guard let group = group(shard, at) else { continue }
      let configuration = nodes[at].core!.configuration(of: group)
      for half in [configuration.voters, configuration.outgoingVoters] where !half.isEmpty {
        let whole = half.filter { member in
          let node = Int(NodeID(of: member).rawValue) - 1
          // A seat that is closed has no vote (rule C9).
          return faults.core.contains(node) && !faults.isExcused(node, shard)
            && !nodes[node].disk.files.contains { $0.shard == shard && $0.isClosed }
        }
        if whole.count * 2 <= half.count { return false }
      }
      isKnown = true
    }
    return isKnown
  }

  private func chooseCore() {
    var order = nodes.indices.filter { !nodes[$0].isLost }
    for at in order.indices.reversed() where at > 0 {
      order.swapAt(at, Int(random.below(UInt64(at + 1))))
    }
    let majority = nodes.count / 2 + 1
    let size = min(order.count, majority + Int(random.below(UInt64(nodes.count - majority + 1))))
    faults.core = order.prefix(size).sorted()
    if size < nodes.count { marks.reach(.healedMinority) }
  }

  private func mend(_ at: Int) {
    nodes[at].pausedUntil = now
    nodes[at].stopInside = nil
    nodes[at].failsNextWrite = false
    nodes[at].misreadsSnapshots = false
    nodes[at].writeNanosecondsMax = 2_000_000
    nodes[at].clock.thaw(now: now)
    if !nodes[at].isUp { start(at) }
  }

  /// The others disturb as well as they can.
  private func breakFurther(_ at: Int) {
    guard nodes[at].isUp, plan.count > 0 else { return }
    switch random.below(4) {
    case 0: crash(at)
    case 1: for other in faults.core { network.cut(from: other, to: at) }
    case 2: for other in faults.core { network.cut(from: at, to: other) }
    default: break
    }
  }

  /// A call of the liveness phase was answered.
  func noteProgress(of shard: ShardID, begun: UInt64) {
    guard phase == .liveness, begun > faults.healedAt, faults.eligible.contains(shard),
      !faults.progressed.contains(shard)
    else { return }
    faults.progressed.append(shard)
    // Enough was seen; what is under way gets a moment to go wrong.
    if faults.progressed.count == faults.eligible.count {
      schedule(.phase(.done), after: 2_000_000_000)
    }
  }

  // MARK: The end

  /// Every ledger that has applied all there is agrees with the model to the last reservation.
  func checkEnd() {
    for shard in load.shards {
      let place = checks.place(shard)
      let last = LogIndex(UInt64(checks.shards[place].applied.count))
      for at in nodes.indices where nodes[at].isUp && !faults.wrong.contains(at, shard) {
        let wrong = nodes[at].core!.withShardLedger(shard) { ledger in
          ledger.appliedIndex == last
            ? checks.shards[place].model.difference(from: ledger) : nil
        }
        if let wrong = wrong ?? nil {
          return fail("R1", "shard \(shard.rawValue) on node \(at + 1): \(wrong)")
        }
      }
    }
  }
}
