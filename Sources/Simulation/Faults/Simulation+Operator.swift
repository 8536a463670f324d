import NodeCore
import Primitives
import RaftConsensus

// What operators do in the middle of everything: hand leads over, and change members.

extension Simulation {
  /// Who leads a shard by its own word, in the highest term.
  func leader(of shard: ShardID) -> (node: Int, members: MembersView)? {
    var best: (at: Int, term: Term)?
    for at in nodes.indices where nodes[at].isUp {
      guard let group = group(shard, at) else { continue }
      let glance = nodes[at].core!.glance(group)
      if glance.role == .leader, glance.term > best?.term ?? .zero { best = (at, glance.term) }
    }
    guard let best, let members = nodes[best.at].core!.members(of: shard) else { return nil }
    return (best.at, members)
  }

  func shard(_ pick: UInt64) -> ShardID {
    pick % 8 == 0 ? .meta : load.shards[Int(pick / 8 % UInt64(load.shards.count))]
  }

  func orderTransfer(_ pick: UInt64, isHindered: Bool) {
    let shard = shard(pick)
    guard let (node, members) = leader(of: shard) else { return }
    let others = members.voters.filter { $0 != NodeID(UInt64(node + 1)) }
    guard !others.isEmpty else { return }
    marks.reach(.transferred)
    let to = Int(others[Int((pick >> 20) % UInt64(others.count))].rawValue) - 1
    deliver(.transfer(shard, to: to), to: node)
    guard isHindered else { return }
    // The old leader may not hear that its lead is gone, or its word may come when it has given up.
    if pick >> 40 & 1 == 0 {
      schedule(.isolate(node: node, oneWay: true), after: 1_000_000 + (pick >> 44) % 60_000_000)
    }
    if pick >> 41 & 3 == 0 {
      network.clog(from: node, to: to, until: now + 400_000_000 + (pick >> 30) % 900_000_000)
    }
  }

  /// A leader is cut off while its lease runs, and the others have a reason to elect another at once:
  /// they restart and know of no leader, or wake up from a pause.
  func mutiny(_ pick: UInt64) {
    guard let (node, members) = leader(of: shard(pick)) else { return }
    marks.reach(.mutiny)
    let others = members.voters.map { Int($0.rawValue) - 1 }.filter { $0 != node }
    var isolation: UInt64 = 1
    switch (pick >> 40) % 4 {
    case 0, 1:
      for other in others where nodes[other].isUp {
        crash(other)
        nodes[other].isStarting = true
        schedule(.start(node: other), after: 20_000_000 + random.below(200_000_000))
      }
    case 2:
      let pause = 200_000_000 + (pick >> 20) % 1_500_000_000
      for other in others { nodes[other].pausedUntil = now + pause }
      isolation = pause + 50_000_000 + (pick >> 8) % 300_000_000
    default: nodes[node].pausedUntil = now + 500_000_000 + (pick >> 20) % 4_000_000_000
    }
    schedule(.isolate(node: node, oneWay: pick >> 50 & 1 == 0), after: isolation)
  }

  /// After a failover a lead may be far from its shard's customers: it is handed to a voter in the
  /// shard's own region.
  func bringHome(_ pick: UInt64) {
    let shard = load.shards[Int(pick % UInt64(load.shards.count))]
    let region = load.region(of: shard) % options.regions
    guard let (node, members) = leader(of: shard), regionOf[node] != region,
      let home = members.voters.map({ Int($0.rawValue) - 1 }).first(where: {
        regionOf[$0] == region
      })
    else { return }
    marks.reach(.broughtHome)
    deliver(.transfer(shard, to: home), to: node)
  }
}
