import NodeCore
import Primitives
import StockLedger

/// What a lane last told the dispatchers of its shards and of the catalog.
struct RouteNotes {
  struct Told: Equatable {
    var leader: NodeID?
    var members: [NodeID]
  }
  var told: [ShardID: Told] = [:]
  var catalogVersion: UInt64?
}

extension RouteNotes {
  /// A catalog that proved wrong is told anew when there is another, whatever its version.
  mutating func note(_ event: NodeEvent) {
    if case .takenOut(.meta, _) = event { catalogVersion = nil }
  }
}

extension Lane {
  /// Tells the dispatchers what changed since the last time: new shards, leaders, the catalog.
  /// Leaders and members change with an event of their group and nothing else does but the catalog,
  /// so that this is not done in vain.
  func noteRoutes() { note(newerCatalog()) }

  /// What a tick looks at, and who answers: a catalog that changed. A caller who has the answer to his
  /// change of the catalog finds it on this node. It costs nothing when that is as it was, however many
  /// shards there are.
  func noteNewCatalog() {
    if let catalog = newerCatalog() { note(catalog) }
  }

  private func note(_ catalog: MetaLedger?) {
    let news = changedRoutes()
    guard catalog != nil || !news.isEmpty else { return }
    for dispatcher in hub.dispatchers {
      hub.hop(from: self, to: dispatcher.index) {
        if let catalog { dispatcher.routes.update(catalog: catalog) }
        if !news.isEmpty { dispatcher.routes.update(news) }
      }
    }
  }

  /// A copy of the catalog if it changed; it shares its pages with the live one.
  private func newerCatalog() -> MetaLedger? {
    guard index == 0 else { return nil }
    let known = routeNotes.catalogVersion
    let catalog = core.withMetaLedger { ledger -> MetaLedger? in
      ledger.catalogVersion == known ? nil : copy ledger
    }
    guard let catalog, let catalog else { return nil }
    routeNotes.catalogVersion = catalog.catalogVersion
    return catalog
  }

  private func changedRoutes() -> [Route] {
    var news: [Route] = []
    for shard in shardsToNote() {
      guard let placement = core.placement(of: shard) else { continue }
      let told = RouteNotes.Told(leader: placement.leader, members: placement.members)
      guard routeNotes.told[shard] != told else { continue }
      routeNotes.told[shard] = told
      news.append(
        Route(
          shard: shard, lane: core.settings.lane(of: shard), pool: placement.pool,
          region: placement.region, members: placement.members, leader: placement.leader,
          isFirstHand: core.settings.lane(of: shard) == index))
    }
    return news
  }

  /// A lane speaks for all shards of its own, also those whose group is closed here; lane 0 for others'
  /// without a member on this node too, before their lanes have heard of them.
  private func shardsToNote() -> [ShardID] {
    guard index == 0 else { return core.knownShards }
    return core.knownShards.filter { core.settings.lane(of: $0) == 0 || !isMember(of: $0) }
  }

  private func isMember(of shard: ShardID) -> Bool {
    core.placement(of: shard)?.members.contains(core.settings.node) ?? false
  }
}
