import Primitives
import RaftConsensus
import StockLedger

@testable import NodeCore

extension VirtualCluster {
  /// Waits for a leader of the meta group that has the topology in its catalog.
  func elect(seconds: Double = 20) -> Bool {
    run(seconds: seconds) {
      guard let at = leader(of: .meta) else { return false }
      let founders = options.founders?.count ?? nodes.count
      return nodes[at].core!.withMetaLedger { $0.nodes.count } == founders
    }
  }

  /// Puts a catalog of one pool over all regions, with one location in each, and supply of each
  /// SKU there. Gives the pool's shards in order of region.
  func stock(
    skus: [String], units: Int64, shop: Shop, pool: String = "web"
  ) -> [ShardID]? {
    let regions = distinctRegions
    for sku in skus {
      shop.call("s-\(sku)", Commands.putSku(id: "s-\(sku)", sku: sku), to: .meta, at: 0)
    }
    for region in regions {
      shop.call(
        "l-\(region)",
        Commands.putLocation(id: "l-\(region)", location: "dc-\(region)", region: region),
        to: .meta, at: 0)
    }
    guard shop.settle() else { return nil }
    shop.call(
      "p-\(pool)",
      Commands.putPool(
        id: "p-\(pool)", pool: pool, regions: regions, locations: regions.map { "dc-\($0)" }),
      to: .meta, at: 0)
    guard shop.settle() else { return nil }
    for sku in skus {
      for region in regions {
        let id = "a-\(sku)-\(region)"
        shop.call(
          id, Commands.putAccount(id: id, sku: sku, location: "dc-\(region)", pool: pool),
          to: .meta, at: 0)
      }
    }
    guard shop.settle(), let shards = shards(of: pool), caughtUp(shards) else { return nil }
    for (at, shard) in shards.enumerated() {
      for (number, sku) in skus.enumerated() {
        let id = "f-\(sku)-\(at)"
        shop.call(
          id,
          Commands.adjustSupply(
            id: id, sequence: UInt64(number + 1), sku: sku, location: "dc-\(regions[at])",
            delta: units),
          to: shard, at: at % nodes.count)
      }
    }
    return shop.settle() ? shards : nil
  }

  /// Proposes a change of members to a group's leader until it is taken, and waits until it holds on
  /// the node that leads.
  func change(_ shard: ShardID, _ step: MemberStep, seconds: Double = 30) -> Bool {
    run(seconds: seconds) {
      guard let at = leader(of: shard) else { return false }
      if isDone(step, nodes[at].core!.members(of: shard)) {
        return nodes[at].core!.isMembershipCommitted(shard)
      }
      with(at) { core, now in _ = core.change(shard, [step], now: now) }
      return false
    }
  }

  private func isDone(_ step: MemberStep, _ members: MembersView?) -> Bool {
    guard let members, !members.isJoint else { return false }
    return switch step {
    case .learner(let node): members.learners.contains(node)
    case .voter(let node): members.voters.contains(node)
    case .remove(let node): !members.voters.contains(node) && !members.learners.contains(node)
    }
  }

  var distinctRegions: [String] {
    options.regions.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  func shards(of pool: String) -> [ShardID]? {
    guard let at = leader(of: .meta) else { return nil }
    return nodes[at].core!.withMetaLedger { meta in
      distinctRegions.compactMap { region in
        meta.shard(pool: Array(pool.utf8), region: Array(region.utf8))?.id
      }
    }
  }

  /// Waits until each shard's leader works by the newest catalog.
  func caughtUp(_ shards: [ShardID], seconds: Double = 30) -> Bool {
    run(seconds: seconds) {
      guard let meta = leader(of: .meta),
        let version = nodes[meta].core!.withMetaLedger({ $0.catalogVersion })
      else { return false }
      return shards.allSatisfy { shard in
        guard let at = leader(of: shard) else { return false }
        return nodes[at].core!.withShardLedger(shard) { $0.catalogVersion == version } ?? false
      }
    }
  }

  /// Waits until all members of a shard that are up have applied the same last entry.
  func isQuiet(_ shard: ShardID, seconds: Double = 30) -> Bool {
    run(seconds: seconds) {
      var applied: [LogIndex] = []
      for node in nodes {
        guard let core = node.core, let at = core.position(of: shard) else { continue }
        guard core.groups[at].raft.lastIndex == core.groups[at].books.index else { return false }
        applied.append(core.groups[at].books.index)
      }
      return !applied.isEmpty && applied.allSatisfy { $0 == applied[0] }
    }
  }

  /// The digests of all members at their applied index.
  func digests(_ shard: ShardID) -> [DigestAt] {
    nodes.indices.compactMap { at in
      guard nodes[at].core != nil else { return nil }
      var digest: DigestAt?
      with(at) { core, now in
        digest =
          core.statusWithDigests(now: now).first { $0.shard == shard }?.digests.last
      }
      return digest
    }
  }
}
