import Primitives
import StockLedger

// What clients do: reserve hot SKUs, confirm close to the deadline, extend, release, restock, read.

extension Simulation {
  func beginCall(_ caller: Int) {
    guard !load.shards.isEmpty else { return }
    let orders = load.callers[caller].orders
    // Some only look, all the time and everywhere: they find who answers what it may not.
    let dice = caller % 5 == 4 ? 99 : random.below(100)
    let call: Load.Call
    switch dice {
    case 0..<38: call = reserve(caller)
    case 38..<66 where !orders.isEmpty: call = goOn(caller, orders)
    case 66..<72: call = restock(caller)
    case 72..<78: call = read(.staleRead)
    case 78..<100 where true: call = read(.read)
    default: call = reserve(caller)
    }
    load.callers[caller].call = call
    attempt(caller, node: Int(random.below(UInt64(nodes.count))))
  }

  private func requestID(_ caller: Int) -> [UInt8] {
    load.callers[caller].calls += 1
    return Array("c\(caller)-\(load.callers[caller].calls)".utf8)
  }

  private func drawShard() -> ShardID {
    // Who waits for a shard without a majority tells nothing of the others.
    if phase == .liveness, !faults.eligible.isEmpty {
      return faults.eligible[Int(random.below(UInt64(faults.eligible.count)))]
    }
    return load.shards[Int(random.below(UInt64(load.shards.count)))]
  }

  /// Two of the SKUs are hot.
  private func drawSku() -> Int {
    random.chance(6, in: 10) ? Int(random.below(2)) : Int(random.below(UInt64(Load.skus)))
  }

  private func reserve(_ caller: Int) -> Load.Call {
    let id = requestID(caller)
    let (shard, sku) = (drawShard(), drawSku())
    let units = Int64(1 + random.below(4))
    let ttl = Load.isLasting(sku) ? Int64(20 * 86_400_000) : Int64(1_000 + random.below(7_000))
    return Load.Call(
      kind: .reserve, shard: shard,
      record: SimCommands.reserve(
        id: id, order: id, sku: Load.skuName(sku), quantity: units, ttl: ttl),
      request: contentHash(id), sku: sku, units: units)
  }

  private func goOn(_ caller: Int, _ orders: [Load.Order]) -> Load.Call {
    let at = Int(random.below(UInt64(orders.count)))
    let order = orders[at]
    let id = requestID(caller)
    let dice = random.below(10)
    var call = Load.Call(
      kind: .release, shard: order.shard, record: [], request: contentHash(id), sku: order.sku,
      units: order.units, number: order.number)
    if !order.isConfirmed, dice < 4 {
      call.kind = .confirm
      call.record = SimCommands.confirm(
        id: id, number: order.number,
        onExpired: random.chance(1, in: 2) ? .reacquire : .refuse)
    } else if !order.isConfirmed, dice < 6 {
      call.kind = .extend
      call.record = SimCommands.extend(
        id: id, number: order.number, ttl: Int64(1_000 + random.below(6_000)))
    } else {
      call.record = SimCommands.release(id: id, number: order.number)
      load.callers[caller].orders.remove(at: at)
    }
    return call
  }

  private func restock(_ caller: Int) -> Load.Call {
    let id = requestID(caller)
    let (shard, sku) = (drawShard(), drawSku())
    // Stock also goes: a planner corrects, and what is promised may become a shortfall.
    let units = random.chance(1, in: 5) ? -Int64(1 + random.below(3)) : Int64(1 + random.below(5))
    return Load.Call(
      kind: .restock, shard: shard,
      record: SimCommands.adjustSupply(
        id: id, sku: Load.skuName(sku),
        location: Load.locationName(load.region(of: shard)), delta: units),
      request: contentHash(id), sku: sku, units: units)
  }

  private func read(_ kind: Load.Call.Kind) -> Load.Call {
    Load.Call(kind: kind, shard: drawShard(), record: [], request: 0, sku: drawSku())
  }

  // MARK: Answers

  func finish(_ caller: Int, _ call: Load.Call, _ outcome: SimOutcome) {
    switch call.kind {
    case .reserve:
      guard outcome.number > 0, outcome.state == ReservationState.held.rawValue else {
        load.refusedReserves += 1
        return
      }
      load.callers[caller].orders.append(
        Load.Order(number: outcome.number, shard: call.shard, sku: call.sku, units: call.units))
      if load.callers[caller].orders.count > Self.ordersKept {
        load.callers[caller].orders.removeFirst()
      }
    case .confirm, .extend: note(caller, call, outcome)
    case .setup: tookSetup(caller, outcome)
    case .release, .restock, .read, .staleRead: break
    }
  }

  private static let ordersKept = 12

  private func note(_ caller: Int, _ call: Load.Call, _ outcome: SimOutcome) {
    guard
      let at = load.callers[caller].orders.firstIndex(where: {
        $0.number == call.number && $0.shard == call.shard
      })
    else { return }
    if outcome.refusal == .holdExpired { marks.reach(.confirmedTooLate) }
    if outcome.refusal != .none || outcome.state == ReservationState.expired.rawValue {
      load.callers[caller].orders.remove(at: at)
    } else if call.kind == .confirm {
      load.callers[caller].orders[at].isConfirmed = true
    }
  }
}
