import NodeCore
import Primitives
import StockLedger

// Before anything goes wrong: the catalog is written through the meta group, each shard learns it,
// and each account gets its first stock.

/// How far the setup is.
struct SetupProgress {
  var stage = 0
  /// What is left of the stage: command, its id, and the shard that it is for.
  var waiting: [(record: [UInt8], id: [UInt8], shard: ShardID)] = []
  var underWay = 0
  var isDone = false
}

extension Load {
  mutating func beginSetup(_ events: inout EventQueue<Happening>, now: UInt64) {
    callers[clients].serial += 1
    events.schedule(
      .wake(caller: clients, serial: callers[clients].serial), at: now + 1_000_000_000)
  }
}

extension Simulation {
  /// The setup's slots wake when they have nothing to do.
  func nextOfSetup(_ caller: Int) {
    guard phase == .setup else { return }
    if load.setup.waiting.isEmpty && load.setup.underWay == 0 {
      guard caller == load.clients else { return }
      advanceSetup()
      if phase != .setup { return }
      if load.setup.waiting.isEmpty { return wakeLater(caller, after: 100_000_000) }
    }
    for slot in load.clients..<load.callers.count {
      guard load.callers[slot].call == nil, let next = load.setup.waiting.popLast() else {
        continue
      }
      load.setup.underWay += 1
      load.callers[slot].call = Load.Call(
        kind: .setup, shard: next.shard, record: next.record, request: contentHash(next.id))
      attempt(slot, node: Int(random.below(UInt64(nodes.count))))
    }
  }

  func tookSetup(_ caller: Int, _ outcome: SimOutcome) {
    if outcome.refusal != .none {
      fail("setup", "a command of stage \(load.setup.stage) was refused: \(outcome.refusal)")
    }
    load.setup.underWay -= 1
    if load.setup.underWay == 0 && caller != load.clients {
      wakeLater(load.clients, after: 1_000_000)
    }
  }

  private func advanceSetup() {
    switch load.setup.stage {
    case 0: putItems()
    case 1: putPools()
    case 2: putAccounts()
    case 3:
      guard findShards(), isCaughtUp() else { return }
      putSupply()
    default:
      load.setup.isDone = true
      return enter(.safety)
    }
    load.setup.stage += 1
  }

  private func add(_ name: String, to shard: ShardID, _ record: ([UInt8]) -> [UInt8]) {
    let id = Array(name.utf8)
    load.setup.waiting.append((record(id), id, shard))
  }

  private var places: Int { load.pools * load.regions }

  private func putItems() {
    for sku in 0..<Load.skus {
      add("s\(sku)", to: .meta) { SimCommands.putSku(id: $0, sku: Load.skuName(sku)) }
    }
    for place in 0..<places {
      add("l\(place)", to: .meta) {
        SimCommands.putLocation(
          id: $0, location: Load.locationName(place),
          region: Load.regionName(place % load.regions))
      }
    }
  }

  private func putPools() {
    for pool in 0..<load.pools {
      add("p\(pool)", to: .meta) {
        SimCommands.putPool(
          id: $0, pool: Load.poolName(pool), regions: (0..<load.regions).map(Load.regionName),
          locations: (0..<load.regions).map { Load.locationName(pool * load.regions + $0) })
      }
    }
  }

  private func putAccounts() {
    for place in 0..<places {
      for sku in 0..<Load.skus {
        add("a\(place)-\(sku)", to: .meta) {
          SimCommands.putAccount(
            id: $0, sku: Load.skuName(sku), location: Load.locationName(place),
            pool: Load.poolName(place / load.regions))
        }
      }
    }
  }

  private func putSupply() {
    for (place, shard) in load.shards.enumerated() {
      for sku in 0..<Load.skus {
        let units = Int64(10 + random.below(30))
        add("f\(place)-\(sku)", to: shard) {
          SimCommands.adjustSupply(
            id: $0, sku: Load.skuName(sku), location: Load.locationName(place), delta: units,
            source: Load.erp, sequence: 0)
        }
      }
    }
  }

  private func findShards() -> Bool {
    guard let core = nodes[0].core else { return false }
    let found = core.withMetaLedger { meta in
      (0..<places).compactMap { place in
        meta.shard(
          pool: Load.poolName(place / load.regions),
          region: Load.regionName(place % load.regions))?.id
      }
    }
    guard let found, found.count == places else { return false }
    load.shards = found
    return true
  }

  /// Each shard's leader works by the newest catalog.
  private func isCaughtUp() -> Bool {
    var newest: UInt64 = 0
    for node in nodes {
      newest = max(newest, node.core?.withMetaLedger { $0.catalogVersion } ?? 0)
    }
    return load.shards.allSatisfy { shard in
      nodes.contains { node in
        node.core?.withShardLedger(shard) { $0.catalogVersion == newest } ?? false
      }
    }
  }
}
