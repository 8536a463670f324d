import Primitives
import StockLedger

// What clients do: reserve hot SKUs, confirm close to the deadline, extend, release, ship, restock,
// count, read.

extension Simulation {
  func beginCall(_ caller: Int) {
    guard !load.shards.isEmpty else { return }
    let orders = load.callers[caller].orders
    // Some only look, all the time and everywhere: they find who answers what it may not.
    let dice = caller % 5 == 4 ? 99 : random.below(100)
    let call: Load.Call
    switch dice {
    case 0..<36: call = reserve(caller)
    case 36..<66 where !orders.isEmpty: call = goOn(caller, orders)
    case 66..<71: call = restock(caller)
    case 71..<74 where caller % 5 == 0: call = count(caller)
    case 71..<77: call = read(.staleRead)
    case 77..<100: call = read(.read)
    default: call = reserve(caller)
    }
    load.callers[caller].call = call
    attempt(caller, node: Int(random.below(UInt64(nodes.count))))
  }

  private func requestID(_ caller: Int) -> [UInt8] {
    load.callers[caller].calls += 1
    return Array("c\(caller)-\(load.callers[caller].calls)".utf8)
  }

  private func nextSequence(_ caller: Int) -> UInt64 {
    load.callers[caller].sequence += 1
    return load.callers[caller].sequence
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

  // MARK: Reservations

  private func reserve(_ caller: Int) -> Load.Call {
    let id = requestID(caller)
    let (shard, sku) = (drawShard(), drawSku())
    let lines = drawLines(with: sku)
    let fill = random.chance(1, in: 4) ? Fill.partial : .allOrNothing
    let ttl = Load.isLasting(sku) ? Int64(20 * 86_400_000) : Int64(1_000 + random.below(7_000))
    return Load.Call(
      kind: .reserve, shard: shard,
      record: SimCommands.reserve(id: id, order: id, lines: lines, fill: fill, ttl: ttl),
      request: contentHash(id), lines: merged(lines), fill: fill)
  }

  /// Most orders have one line. The others may name a SKU twice (trap 2).
  private func drawLines(with sku: Int) -> [Load.OrderLine] {
    var lines = [Load.OrderLine(sku: sku, units: Int64(1 + random.below(4)))]
    guard random.chance(1, in: 4) else { return lines }
    for _ in 0...random.below(2) {
      let other = (sku + 2 * Int(random.below(UInt64(Load.skus / 2)))) % Load.skus
      lines.append(Load.OrderLine(sku: other, units: Int64(1 + random.below(3))))
    }
    return lines
  }

  private func merged(_ lines: [Load.OrderLine]) -> [Load.OrderLine] {
    var merged: [Load.OrderLine] = []
    for line in lines {
      if let at = merged.firstIndex(where: { $0.sku == line.sku }) {
        merged[at].units += line.units
      } else {
        merged.append(line)
      }
    }
    return merged
  }

  private func goOn(_ caller: Int, _ orders: [Load.Order]) -> Load.Call {
    let at = Int(random.below(UInt64(orders.count)))
    let order = orders[at]
    let id = requestID(caller)
    let dice = random.below(10)
    var call = Load.Call(
      kind: .release, shard: order.shard, record: [], request: contentHash(id),
      lines: order.lines, number: order.number)
    if !order.isConfirmed, dice < 5 {
      call.kind = .confirm
      call.record = SimCommands.confirm(
        id: id, number: order.number,
        onExpired: random.chance(1, in: 2) ? .reacquire : .refuse)
    } else if !order.isConfirmed, dice < 7 {
      call.kind = .extend
      call.record = SimCommands.extend(
        id: id, number: order.number, ttl: Int64(1_000 + random.below(6_000)))
    } else if order.isConfirmed, !Load.isLasting(order.lines[0].sku), dice < 7 {
      call.kind = .fulfill
      call.record = fulfill(caller, order, id)
    } else {
      call.record = SimCommands.release(id: id, number: order.number)
      load.callers[caller].orders.remove(at: at)
    }
    return call
  }

  /// All that is left, or one unit of a line; the shipment tells its place in its source's facts, or
  /// does not.
  private func fulfill(_ caller: Int, _ order: Load.Order, _ id: [UInt8]) -> [UInt8] {
    let one = Load.OrderLine(sku: order.lines[0].sku, units: 1)
    return SimCommands.fulfill(
      id: id, number: order.number, lines: random.chance(1, in: 2) ? [one] : [],
      source: Load.sourceName(caller),
      sequence: random.chance(2, in: 3) ? nextSequence(caller) : 0)
  }

  // MARK: Supply

  private func restock(_ caller: Int) -> Load.Call {
    let id = requestID(caller)
    let (shard, sku) = (drawShard(), drawSku())
    // Stock also goes: a planner corrects, and what is promised may become a shortfall.
    let units = random.chance(1, in: 5) ? -Int64(1 + random.below(3)) : Int64(1 + random.below(5))
    let hasSequence = !Load.isLasting(sku) && random.chance(1, in: 2)
    return Load.Call(
      kind: .restock, shard: shard,
      record: SimCommands.adjustSupply(
        id: id, sku: Load.skuName(sku),
        location: Load.locationName(load.region(of: shard)), delta: units,
        source: hasSequence ? Load.sourceName(caller) : Load.erp,
        sequence: hasSequence ? nextSequence(caller) : 0),
      request: contentHash(id), lines: [Load.OrderLine(sku: sku, units: units)])
  }

  /// Counts some accounts, under live holds (trap 9). It may be late: facts that are newer than it are
  /// known already (trap 8).
  private func count(_ caller: Int) -> Load.Call {
    let id = requestID(caller)
    let shard = drawShard()
    var rows: [Load.OrderLine] = []
    for sku in 0..<Load.skus where !Load.isLasting(sku) && random.chance(1, in: 2) {
      rows.append(Load.OrderLine(sku: sku, units: Int64(random.below(30))))
    }
    if rows.isEmpty { rows = [Load.OrderLine(sku: 1, units: Int64(random.below(30)))] }
    let known = nextSequence(caller)
    let countedAt =
      random.chance(1, in: 2)
      ? SimClock.trueWall(now) - Int64(random.below(5_000)) : Absent.time
    return Load.Call(
      kind: .count, shard: shard,
      record: SimCommands.syncSupply(
        id: id, source: Load.sourceName(caller), version: known - random.below(min(known, 4)),
        countedAt: countedAt, location: Load.locationName(load.region(of: shard)), rows: rows),
      request: contentHash(id), lines: rows)
  }

  private func read(_ kind: Load.Call.Kind) -> Load.Call {
    Load.Call(
      kind: kind, shard: drawShard(), record: [], request: 0,
      lines: [Load.OrderLine(sku: drawSku(), units: 0)])
  }

  // MARK: Answers

  func finish(_ caller: Int, _ call: Load.Call, _ outcome: SimOutcome) {
    switch call.kind {
    case .reserve: keep(caller, call, outcome)
    case .confirm, .extend, .fulfill: note(caller, call, outcome)
    case .count:
      if outcome.rows.contains(where: { $0.outcome == RowOutcome.shortfall.rawValue }) {
        marks.reach(.countedShort)
      }
    case .setup: tookSetup(caller, outcome)
    case .release, .restock, .read, .staleRead: break
    }
  }

  private func keep(_ caller: Int, _ call: Load.Call, _ outcome: SimOutcome) {
    guard outcome.number > 0, outcome.state == ReservationState.held.rawValue else {
      load.refusedReserves += 1
      return
    }
    if outcome.fill == FillOutcome.partial.rawValue { marks.reach(.filledInPart) }
    let lines = outcome.lines.map { Load.OrderLine(sku: $0.sku, units: $0.reserved) }
    load.callers[caller].orders.append(
      Load.Order(number: outcome.number, shard: call.shard, lines: lines))
    if load.callers[caller].orders.count > Self.ordersKept {
      load.callers[caller].orders.removeFirst()
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
    let isOver = ReservationState(rawValue: outcome.state)?.isEnded ?? true
    if outcome.refusal != .none || isOver {
      load.callers[caller].orders.remove(at: at)
    } else if call.kind == .confirm {
      load.callers[caller].orders[at].isConfirmed = true
    }
  }
}
