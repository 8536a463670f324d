import NodeCore
import Primitives
import RaftConsensus

// What is lost on disks, bounded so that recovery stays possible.

extension Simulation {
  /// A group may have less than half of its voters damaged at any time.
  func mayDamage(_ node: Int, _ shard: ShardID) -> Bool {
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
      !nodes[node].disk.files[file].isDamaged, nodes[node].isUp,
      !faults.wrong.contains(node, shard), !nodes[node].hasWrongSnapshot(of: shard),
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

  func spoil(_ node: Int, _ pick: UInt64) {
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

  /// The newest snapshot of a group can't be read any more: a follower that gets it refuses it, and a
  /// start finds neither it nor the rows that it stands for.
  func spoilSnapshot(_ node: Int, _ pick: UInt64) {
    let files = nodes[node].disk.files.filter { $0.mark != nil }
    guard !files.isEmpty, !nodes[node].isLost else { return }
    let shard = files[Int(pick % UInt64(files.count))].shard
    guard mayDamage(node, shard) else { return }
    marks.reach(.snapshotSpoiled)
    faults.excuse(node, shard)
    nodes[node].disk.spoilSnapshot(shard)
    if pick >> 8 & 1 == 0 { crash(node) }
  }

  func loseDisk(_ node: Int) {
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
