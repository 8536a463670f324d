import Primitives
import StockLedger

@testable import NodeCore

/// Orders from all nodes at once: reserve, then confirm, release or keep, each repeated under its
/// own id until it is answered; and the judgement of what came of it.
final class Traffic {
  private enum Fate { case keep, confirm, release }

  private struct Order {
    var reserve: Int
    var shard: ShardID
    var sku: String
    var quantity: Int64
    var fate: Fate
    var second: Int?
  }

  let cluster: VirtualCluster
  let shop: Shop
  private let shards: [ShardID]
  private let skus: [String]
  private var random: SeededRandom
  private var orders: [Order] = []
  private let name: String

  init(_ cluster: VirtualCluster, shop: Shop, shards: [ShardID], skus: [String], name: String = "o")
  {
    self.cluster = cluster
    self.shop = shop
    self.shards = shards
    self.skus = skus
    self.name = name
    random = SeededRandom(seed: cluster.options.seed ^ 0x5EED)
  }

  /// Plays so many orders with so many under way; `disturb` is called every 20 ms. False if not all
  /// were answered in time.
  func play(
    _ count: Int, concurrency: Int = 12, seconds: Double = 240, disturb: (Int) -> Void = { _ in }
  ) -> Bool {
    let end = cluster.now + UInt64(seconds * 1e9)
    var round = 0
    let before = orders.count
    while cluster.now < end {
      while orders.count - before < count && shop.openCount < concurrency { place() }
      disturb(round)
      cluster.run(seconds: 0.02)
      shop.look()
      for at in orders.indices { goOn(at) }
      if orders.count - before == count && shop.openCount == 0 { return true }
      round += 1
    }
    return false
  }

  private func place() {
    let number = orders.count
    let shard = shards[Int(random.below(UInt64(shards.count)))]
    let sku = skus[Int(random.below(UInt64(skus.count)))]
    let quantity = Int64(1 + random.below(4))
    let id = "\(name)-r\(number)"
    let call = shop.call(
      id, Commands.reserve(id: id, order: "\(name)\(number)", sku: sku, quantity: quantity),
      to: shard, at: Int(random.below(UInt64(cluster.nodes.count))))
    let fates = [Fate.keep, .confirm, .release]
    orders.append(
      Order(
        reserve: call, shard: shard, sku: sku, quantity: quantity,
        fate: fates[Int(random.below(3))]))
  }

  private func goOn(_ at: Int) {
    let order = orders[at]
    guard order.second == nil, order.fate != .keep,
      let number = shop.calls[order.reserve].outcome?.number
    else { return }
    let id = "\(name)-\(order.fate == .confirm ? "c" : "x")\(at)"
    let record =
      order.fate == .confirm
      ? Commands.confirm(id: id, number: number) : Commands.release(id: id, number: number)
    orders[at].second = shop.call(
      id, record, to: order.shard, at: Int(random.below(UInt64(cluster.nodes.count))))
  }

  // MARK: Judgement

  /// Everything that is wrong, in words; empty when all holds on every member that is up.
  func judge(unitsPerSku units: Int64) -> [String] {
    var wrong: [String] = []
    for shard in shards {
      guard cluster.isQuiet(shard) else {
        wrong.append("shard \(shard.rawValue) did not come to rest")
        continue
      }
      let digests = cluster.digests(shard)
      if digests.contains(where: { $0 != digests[0] }) {
        wrong.append("rule C10: digests of shard \(shard.rawValue) differ: \(digests)")
      }
      for at in cluster.nodes.indices { judge(shard, at: at, units: units, into: &wrong) }
    }
    return wrong
  }

  private func judge(_ shard: ShardID, at: Int, units: Int64, into wrong: inout [String]) {
    guard let rows = cluster.nodes[at].core?.withShardLedger(shard, Self.rows) else { return }
    var seen: [String: Int] = [:]
    for row in rows { seen[row.orderID, default: 0] += 1 }
    for sku in skus {
      let promised = rows.reduce(Int64(0)) { $0 + ($1.sku == sku ? $1.units : 0) }
      if promised > units {
        wrong.append("oversold: \(promised) of \(units) \(sku) in shard \(shard.rawValue)")
      }
    }
    for (number, order) in orders.enumerated() where order.shard == shard {
      let id = "\(name)\(number)"
      if seen[id] ?? 0 > 1 { wrong.append("\(id) acted \(seen[id] ?? 0) times on node \(at)") }
      guard let reserved = shop.calls[order.reserve].outcome, let name = reserved.number else {
        if seen[id] != nil && shop.calls[order.reserve].outcome?.fill == FillOutcome.none {
          wrong.append("\(id) was refused and is there on node \(at)")
        }
        continue
      }
      let state = rows.first { $0.number == name }?.state
      let second = order.second.flatMap { shop.calls[$0].outcome }
      let expected = Self.state(after: second)
      // An ended reservation may have left the list; a living one may not.
      if state != expected && !(expected == ReservationState.released.rawValue && state == nil) {
        wrong.append(
          "acknowledged \(id) is \(state.map(String.init) ?? "lost"), not \(expected), node \(at)")
      }
    }
  }

  private static func state(after second: Outcome?) -> UInt8 {
    second?.state ?? ReservationState.held.rawValue
  }

  struct Row {
    var number: UInt64
    var state: UInt8
    var orderID: String
    var sku: String
    var units: Int64
  }

  /// All reservations of a ledger, with the units that each still holds.
  static func rows(_ ledger: borrowing ShardLedger) -> [Row] {
    var rows: [Row] = []
    var after: UInt64 = 0
    while true {
      var out = ByteWriter()
      let page = ledger.reservations(
        after: after, limit: 100, filter: ReservationFilter(), into: &out)
      unsafe out.bytes.withUnsafeBytes { bytes in
        var reader = unsafe ByteReader(bytes)
        for _ in 0..<page.count { rows.append(Row(reading: &reader)) }
      }
      guard let last = page.last else { return rows }
      after = last
    }
  }
}

extension Traffic.Row {
  init(reading reader: inout ByteReader) {
    let head = ReservationRecord(from: &reader)
    number = head.number
    state = head.state
    orderID = unsafe String(decoding: head.orderID, as: UTF8.self)
    sku = ""
    units = 0
    for _ in 0..<head.lineCount {
      let line = ReservationLineRecord(from: &reader)
      sku = unsafe String(decoding: line.sku, as: UTF8.self)
      if !(ReservationState(rawValue: state)?.isEnded ?? true) {
        units += line.reserved - line.fulfilled - line.released
      }
    }
  }
}
