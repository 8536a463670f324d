// Which shard a call belongs to, where that shard is, and who leads it: each loop has its own copy,
// so that looking up costs no lock and no hop.

import NodeCore
import Primitives
import StockLedger

/// One shard as a dispatcher knows it.
struct Route: Sendable {
  var shard: ShardID
  var lane: Int
  var pool: [UInt8]
  var region: [UInt8]
  var members: [NodeID]
  var leader: NodeID?
  /// Said by the lane that the shard belongs to. Lane 0 speaks for the others' shards, and of those
  /// it knows no more than who founded them.
  var isFirstHand = true
  /// How many nodes were asked in vain, by a node without a seat.
  var tries = 0
  /// Hints that were followed in a row since one of them was asked, and led nowhere yet.
  var hints = 0
}

/// The shards of the cluster by (pool, region), and the catalog that account lookups need.
struct Routes {
  private(set) var catalog = MetaLedger()
  /// All other nodes, in order.
  private let others: [NodeID]
  private var byName: [Hash128: Int] = [:]
  private var byShard: [ShardID: Int] = [:]
  private var routes: [Route] = []
  /// Most bursts are for one shard: the one that was found last.
  private var last = 0

  /// Hints that are followed in a row: those who lost their seats long ago may name each other.
  private static let hintsMax = 3

  init(others: [NodeID] = []) { self.others = others }

  mutating func update(catalog: MetaLedger) { self.catalog = catalog }

  /// Takes what a lane knows of its shards (or lane 0 of all).
  mutating func update(_ news: [Route]) {
    for route in news {
      if let known = byShard[route.shard] {
        if route.isFirstHand || !routes[known].isFirstHand { routes[known] = route }
      } else {
        byShard[route.shard] = routes.count
        byName[Self.key(route.pool, route.region)] = routes.count
        routes.append(route)
      }
    }
  }

  subscript(shard: ShardID) -> Route? { byShard[shard].map { routes[$0] } }

  mutating func find(pool: UnsafeRawBufferPointer, region: UnsafeRawBufferPointer) -> Route? {
    if last < routes.count, unsafe Self.same(routes[last].pool, pool),
      unsafe Self.same(routes[last].region, region)
    {
      return routes[last]
    }
    guard let found = unsafe byName[Self.key(pool, region)],
      unsafe Self.same(routes[found].pool, pool),
      unsafe Self.same(routes[found].region, region)
    else { return nil }
    last = found
    return routes[found]
  }

  /// Where a node without a seat asks when it knows of no leader: the members that it knows of, and
  /// then everybody else, for all of those may have been replaced.
  func guess(_ route: Route) -> NodeID? {
    let asked = route.members + others.filter { !route.members.contains($0) }
    return asked.isEmpty ? nil : asked[route.tries % asked.count]
  }

  /// A leader that a refused call named.
  mutating func learn(leader: NodeID, of shard: ShardID) {
    guard let known = byShard[shard], routes[known].leader != leader else { return }
    guard routes[known].hints < Self.hintsMax else { return askAnother(for: shard) }
    routes[known].leader = leader
    routes[known].hints += 1
  }

  /// The node that was asked gave an answer: if it was named as the leader, it was named rightly.
  mutating func settle(_ shard: ShardID, on node: NodeID) {
    if let known = byShard[shard], routes[known].leader == node { routes[known].hints = 0 }
  }

  /// The node that was asked leads nobody and knows nobody who does, or it is not there.
  mutating func askAnother(for shard: ShardID) {
    guard let known = byShard[shard] else { return }
    routes[known].leader = nil
    routes[known].tries &+= 1
    routes[known].hints = 0
  }

  var all: [Route] { routes.sorted { $0.shard < $1.shard } }

  private static func same(_ a: [UInt8], _ b: UnsafeRawBufferPointer) -> Bool {
    unsafe a.count == b.count && a.withUnsafeBytes { unsafe $0.elementsEqual(b) }
  }

  private static func key(_ pool: [UInt8], _ region: [UInt8]) -> Hash128 {
    unsafe pool.withUnsafeBytes { pool in
      unsafe region.withUnsafeBytes { unsafe key(pool, $0) }
    }
  }

  private static func key(_ pool: UnsafeRawBufferPointer, _ region: UnsafeRawBufferPointer)
    -> Hash128
  {
    let first = unsafe Hash128(pool)
    let second = unsafe Hash128(region, seed: first.low)
    return Hash128(high: first.high ^ second.high, low: second.low)
  }
}
