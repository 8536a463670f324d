import NodeCore
import Primitives
import RaftConsensus
import StockLedger

/// Whose ledger has gone wrong (rule C10), by node and shard. At most one member of a shard at a
/// time, and less than half of those with a vote: a minority.
struct WrongLedgers {
  private struct Seat: Equatable {
    var node: Int
    var shard: ShardID
  }

  /// In memory, and not found yet.
  private var serving: [Seat] = []
  /// Found, and not rebuilt yet.
  private var rebuilding: [Seat] = []
  private var ever: [Seat] = []
  /// Set right by a count, and up to which index they were wrong.
  private var counted: [(seat: Seat, upTo: LogIndex)] = []
  /// Shards with too few members for a minority.
  private var spared: [ShardID] = []

  func contains(_ node: Int, _ shard: ShardID) -> Bool {
    serving.contains(Seat(node: node, shard: shard))
  }

  func isRebuilding(_ node: Int, _ shard: ShardID) -> Bool {
    rebuilding.contains(Seat(node: node, shard: shard))
  }

  func wasEver(_ node: Int, _ shard: ShardID) -> Bool {
    ever.contains(Seat(node: node, shard: shard))
  }

  func hasAny(_ shard: ShardID) -> Bool { (serving + rebuilding).contains { $0.shard == shard } }

  func isSpared(_ shard: ShardID) -> Bool { spared.contains(shard) }

  mutating func spare(_ shard: ShardID) { if !isSpared(shard) { spared.append(shard) } }

  mutating func goesWrong(_ node: Int, _ shard: ShardID) {
    let seat = Seat(node: node, shard: shard)
    if !serving.contains(seat) { serving.append(seat) }
    if !ever.contains(seat) { ever.append(seat) }
  }

  mutating func found(_ node: Int, _ shard: ShardID) {
    let seat = Seat(node: node, shard: shard)
    serving.removeAll { $0 == seat }
    if !rebuilding.contains(seat) { rebuilding.append(seat) }
  }

  /// True if it was being rebuilt.
  mutating func repaired(_ node: Int, _ shard: ShardID) -> Bool {
    guard isRebuilding(node, shard) else { return false }
    rebuilding.removeAll { $0 == Seat(node: node, shard: shard) }
    return true
  }

  /// The ledger was replaced by the leader's before anybody noticed.
  mutating func replaced(_ node: Int, _ shard: ShardID) {
    serving.removeAll { $0 == Seat(node: node, shard: shard) }
  }

  mutating func countedRight(_ node: Int, _ shard: ShardID, at index: LogIndex) {
    counted.append((Seat(node: node, shard: shard), index))
    replaced(node, shard)
  }

  /// It is wrong, or was at this index: members may hear late that they differed.
  func wasWrong(_ node: Int, _ shard: ShardID, at index: LogIndex) -> Bool {
    let seat = Seat(node: node, shard: shard)
    return serving.contains(seat) || counted.contains { $0.seat == seat && index <= $0.upTo }
  }

  /// What was wrong in memory is gone; what is wrong on the disk is there again. One that was found,
  /// and whose disk did not hear of it, is without a snapshot and goes by its log (rule C9).
  mutating func started(_ node: Int, _ disk: SimDisk) {
    serving.removeAll { $0.node == node }
    for file in disk.files where file.hardState.standing != .rebuilding {
      rebuilding.removeAll { $0 == Seat(node: node, shard: file.shard) }
      if file.isWrong { goesWrong(node, file.shard) }
    }
  }
}

extension Simulation {
  func miscount(_ node: Int, _ pick: UInt64) {
    let shard = load.shards[Int(pick % UInt64(load.shards.count))]
    let leader = pick >> 60 & 3 == 0 ? leader(of: shard)?.node : nil
    let node = leader ?? node
    guard nodes[node].isUp, nodes[node].isBetweenTurns, let group = group(shard, node),
      mayDamage(node, shard),
      !faults.wrong.isSpared(shard), !faults.wrong.hasAny(shard),
      !nodes.contains(where: { $0.hasWrongSnapshot(of: shard) }),
      nodes[node].core!.glance(group).isInService,
      withCore(node, { $0.miscount(of: group, pick: pick >> 8) })
    else { return }
    marks.reach(.ledgerWrong)
    if nodes[node].core!.glance(group).role == .leader { marks.reach(.leaderWrong) }
    faults.excuse(node, shard)
    faults.wrong.goesWrong(node, shard)
  }

  /// What a wrong ledger answers is counted and goes nowhere: its caller asks again, as after a lost
  /// packet. Nothing is said of what such an answer would have done to a caller that heard it.
  func keepFromClients(_ count: Int) { checks.answersWithheld += count }

  /// Nobody but a member that is wrong leaves the service, and no shard stops for a minority.
  func checkStanding(_ event: NodeEvent, _ at: Int) {
    switch event {
    case .digestMismatch(let shard, let index, let other):
      let other = Int(other.rawValue) - 1
      guard !faults.wrong.wasEver(at, shard), !faults.wrong.wasEver(other, shard) else { return }
      fail(
        "C10",
        "node \(at + 1) and node \(other + 1) differ at \(index.rawValue) of shard "
          + "\(shard.rawValue)")
    case .takenOut(let shard, let index):
      guard faults.wrong.wasWrong(at, shard, at: index) else {
        return fail(
          "C10",
          "node \(at + 1) leaves the service of shard \(shard.rawValue) at \(index.rawValue), and "
            + "its ledger is right")
      }
      marks.reach(.takenOut)
      faults.wrong.found(at, shard)
    case .shardStopped(let shard, let index):
      fail("C10", "shard \(shard.rawValue) stops on node \(at + 1) at \(index.rawValue)")
    case .rowsMissing(let shard, let index):
      guard !faults.isExcused(at, shard) else { return }
      fail(
        "C11",
        "node \(at + 1) is told that it acknowledged \(index.rawValue) of shard \(shard.rawValue), "
          + "which it does not have")
    default: break
    }
  }

  /// Healed members whose ledger went wrong, of shards that can get on without them.
  private var unsettled: [(node: Int, shard: ShardID)] {
    faults.eligible.flatMap { shard in faults.core.map { (node: $0, shard: shard) } }.filter {
      nodes[$0.node].isUp
        && (faults.wrong.contains($0.node, $0.shard) && isJudged($0.node, $0.shard)
          || faults.wrong.isRebuilding($0.node, $0.shard))
        && (voters(of: $0.shard) ?? []).contains($0.node)
    }
  }

  /// A majority of the voters is right, well, and needs nothing of this member's snapshot: two that
  /// differ, with a third that waits for one of their snapshots, stay as they are.
  private func isJudged(_ node: Int, _ shard: ShardID) -> Bool {
    guard let voters = voters(of: shard) else { return false }
    let file = nodes[node].disk.files.first { $0.shard == shard && $0.isWrong }
    let able = voters.filter { other in
      guard other != node, faults.core.contains(other), nodes[other].isUp,
        let group = group(shard, other)
      else { return false }
      return nodes[other].core!.glance(group).last >= file?.mark?.index ?? .zero
    }
    return able.count * 2 > voters.count
  }

  /// A member that is wrong, and that nobody can tell so, may lead: its answers are kept back. So may one
  /// outside the core that a member in it follows.
  func isUndecided(_ shard: ShardID) -> Bool {
    faults.core.contains { faults.wrong.contains($0, shard) && !isJudged($0, shard) }
      || faults.core.contains { at in
        guard nodes[at].isUp, let group = group(shard, at),
          let leader = nodes[at].core!.glance(group).leader
        else { return false }
        let node = Int(NodeID(of: leader).rawValue) - 1
        return !faults.core.contains(node) && faults.wrong.contains(node, shard)
      }
  }

  var isRebuilding: Bool { !unsettled.isEmpty }

  /// A count set the units that were wrong before anybody could compare them.
  func noteRight(_ node: Int, _ shard: ShardID) {
    guard faults.wrong.contains(node, shard), isRightAgain(node, shard) else { return }
    faults.wrong.countedRight(node, shard, at: lastApplied(shard))
    faults.repaired(node, shard)
  }

  private func lastApplied(_ shard: ShardID) -> LogIndex {
    LogIndex(UInt64(checks.shards[checks.place(shard)].applied.count))
  }

  /// It has the model's books and another member's digest. The model alone does not see all that came of
  /// the units that were wrong: who was refused for them stays refused.
  private func isRightAgain(_ node: Int, _ shard: ShardID) -> Bool {
    let place = checks.place(shard)
    let last = lastApplied(shard)
    let hasBooks = nodes[node].core!.withShardLedger(shard) { ledger in
      ledger.appliedIndex == last && checks.shards[place].model.difference(from: ledger) == nil
    }
    guard hasBooks == true else { return false }
    let digest = digest(node, shard)
    return nodes.indices.contains { other in
      other != node && nodes[other].isUp && !faults.wrong.contains(other, shard)
        && !faults.wrong.isRebuilding(other, shard)
        && nodes[other].core!.withShardLedger(shard, \.appliedIndex) == last
        && self.digest(other, shard) == digest
    }
  }

  private func digest(_ node: Int, _ shard: ShardID) -> Hash128? {
    var work = nodes[node].core!.withShardLedger(shard) { $0.startDigest() }
    var pages = Int.max
    return work?.step(pages: &pages)
  }

  func checkRebuilt() {
    for seat in unsettled { noteRight(seat.node, seat.shard) }
    guard let left = unsettled.first else { return }
    let how = faults.wrong.contains(left.node, left.shard) ? "still serves" : "is not rebuilt"
    fail(
      "C10",
      "node \(left.node + 1), whose ledger of shard \(left.shard.rawValue) went wrong, \(how) "
        + "\((now - faults.healedAt) / 1_000_000_000) s after the others are well")
  }
}

extension SimNode {
  /// Nothing that it decided has yet to leave it.
  fileprivate var isBetweenTurns: Bool {
    switch turn {
    case .none, .due: true
    case .taken, .timed, .decided: false
    }
  }

  func hasWrongSnapshot(of shard: ShardID) -> Bool {
    disk.files.contains { $0.shard == shard && $0.isWrong }
      || saving.contains {
        $0.shard == shard && $0.isWrong
      }
  }
}
