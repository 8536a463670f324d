import NodeCore
import Primitives
import StockLedger

// The histories that clients see of SKUs whose holds outlast the run, and their judgement.

extension Simulation {
  /// Before the first call: what each account has.
  func beginHistories() {
    for shard in load.shards {
      for sku in 0..<Load.skus {
        let books = checks.shards[checks.place(shard)].model.accounts[sku]
        var history = SkuHistory()
        history.start = SkuBooks(onHand: books.onHand, promised: books.promised)
        load.histories.append(history)
      }
    }
  }

  private func history(of sku: Int, in shard: ShardID) -> Int? {
    guard Load.isLasting(sku), let at = load.shards.firstIndex(of: shard) else { return nil }
    return at * Load.skus + sku
  }

  func beginOperation(_ caller: Int) {
    let call = load.callers[caller].call!
    for line in call.lines {
      guard let action = call.action(on: line), let at = history(of: line.sku, in: call.shard)
      else { return }
      load.callers[caller].call!.operations.append(load.histories[at].begin(action, at: now))
    }
  }

  func endOperation(_ call: Load.Call, _ outcome: SimOutcome) {
    for (line, number) in zip(call.lines, call.operations) {
      guard let at = history(of: line.sku, in: call.shard) else { return }
      load.histories[at].end(number, call.answer(on: line, outcome), at: now)
    }
  }

  func endOperation(_ call: Load.Call, _ value: ReadValue) {
    // With clocks beyond the bound a lease promises nothing: such reads are counted elsewhere.
    if value.instant.answered == .lease, areClocksBeyondBound { return }
    guard let number = call.operations.first,
      let at = history(of: call.lines[0].sku, in: call.shard)
    else { return }
    load.histories[at].end(
      number, .books(SkuBooks(onHand: value.onHand, promised: value.promised)), at: now)
  }

  func judgeHistories() {
    for (at, history) in load.histories.enumerated() where !history.operations.isEmpty {
      switch Linearizability.judge(history) {
      case .linearizable: load.judged += 1
      case .undecided: load.undecided += 1
      case .violated:
        return fail(
          "L2",
          "what clients saw of sku \(at % Load.skus) in shard "
            + "\(load.shards[at / Load.skus].rawValue) fits no order of their "
            + "\(history.operations.count) calls")
      }
    }
  }
}

extension Load.Call {
  /// What the call does to the books of one of its lines; nil for one that changes nothing there.
  fileprivate func action(on line: Load.OrderLine) -> SkuOperation.Action? {
    switch kind {
    case .reserve where fill == .partial: .reservePart(line.units)
    case .reserve: lines.count > 1 ? .reserveTogether(line.units) : .reserve(line.units)
    case .release: .release(line.units)
    case .restock: .restock(line.units)
    case .read: .read
    case .confirm, .extend, .fulfill, .count, .setup, .staleRead: nil
    }
  }

  fileprivate func answer(on line: Load.OrderLine, _ outcome: SimOutcome) -> SkuOperation.Answer {
    switch kind {
    case .reserve where fill == .partial:
      .got(outcome.lines.first { $0.sku == line.sku }?.reserved ?? 0)
    case .reserve: outcome.number > 0 ? .taken : .refused
    case .restock:
      outcome.rows.first?.outcome == RowOutcome.quarantined.rawValue
        ? .refused : .counted(outcome.onHand)
    default: outcome.refusal == .none ? .taken : .refused
    }
  }
}
