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

  private func history(of call: Load.Call) -> Int? {
    guard Load.isLasting(call.sku), let shard = load.shards.firstIndex(of: call.shard) else {
      return nil
    }
    return shard * Load.skus + call.sku
  }

  func beginOperation(_ caller: Int) {
    let call = load.callers[caller].call!
    guard let action = call.action, let at = history(of: call) else { return }
    load.callers[caller].call!.operation = load.histories[at].begin(action, at: now)
  }

  func endOperation(_ call: Load.Call, _ outcome: SimOutcome) {
    guard let number = call.operation, let at = history(of: call) else { return }
    let answer: SkuOperation.Answer
    switch call.kind {
    case .reserve: answer = outcome.number > 0 ? .taken : .refused
    case .restock:
      answer =
        outcome.row == RowOutcome.quarantined.rawValue ? .refused : .counted(outcome.onHand)
    default: answer = outcome.refusal == .none ? .taken : .refused
    }
    load.histories[at].end(number, answer, at: now)
  }

  func endOperation(_ call: Load.Call, _ value: ReadValue) {
    // With clocks beyond the bound a lease promises nothing: such reads are counted elsewhere.
    if value.instant.answered == .lease, areClocksBeyondBound { return }
    guard let number = call.operation, let at = history(of: call) else { return }
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
  /// What the call does to its account's books; nil for one that changes nothing there.
  fileprivate var action: SkuOperation.Action? {
    switch kind {
    case .reserve: .reserve(units)
    case .release: .release(units)
    case .restock: .restock(units)
    case .read: .read
    case .confirm, .extend, .setup, .staleRead: nil
    }
  }
}
