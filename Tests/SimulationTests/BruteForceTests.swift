import Primitives
import Testing

@testable import Simulation

/// The search against all orders there are, on random histories that are small enough for that.
@Suite struct BruteForceTests {
  /// Tries every order in which no operation stands behind one that began after its answer; open
  /// ones may be left out.
  private func isLinearizable(_ history: SkuHistory) -> Bool {
    func goOn(_ left: [SkuOperation], _ books: SkuBooks) -> Bool {
      if left.allSatisfy(\.isOpen) { return true }
      for (at, next) in left.enumerated() {
        var rest = left
        rest.remove(at: at)
        guard rest.allSatisfy({ $0.ended >= next.began }), let behind = next.act(on: books) else {
          continue
        }
        if goOn(rest, behind) { return true }
      }
      return false
    }
    return goOn(history.operations, history.start)
  }

  /// Answers come from a run that is right, and some are falsified.
  private func draw(_ random: inout SeededRandom) -> SkuHistory {
    var history = SkuHistory()
    history.start = SkuBooks(onHand: 4, promised: 0)
    var truth = history.start
    var time: UInt64 = 0
    for _ in 0..<(2 + random.below(5)) {
      let action: SkuOperation.Action =
        switch random.below(6) {
        case 0: .reserve(Int64(1 + random.below(3)))
        case 1: .release(1)
        case 2: .reserveTogether(Int64(1 + random.below(3)))
        case 3: .reservePart(Int64(1 + random.below(3)))
        case 4: .restock(Int64(random.below(4)) - 2 == 0 ? 1 : Int64(random.below(4)) - 2)
        default: .read
        }
      let began = time + random.below(3)
      let number = history.begin(action, at: began)
      time = began
      guard !random.chance(1, in: 5) else { continue }
      history.end(number, answer(action, &truth, &random), at: began + random.below(6))
    }
    return history
  }

  private func answer(
    _ action: SkuOperation.Action, _ truth: inout SkuBooks, _ random: inout SeededRandom
  ) -> SkuOperation.Answer {
    let before = truth
    if let next = SkuOperation(action: action, began: 0).act(on: truth) { truth = next }
    let lies = random.chance(1, in: 8)
    switch action {
    case .reserve: return (truth != before) != lies ? .taken : .refused
    case .reserveTogether: return truth != before ? .taken : .refused
    case .reservePart: return .got(truth.promised - before.promised + (lies ? 1 : 0))
    case .release: return .taken
    case .restock:
      return truth.onHand == before.onHand ? .refused : .counted(truth.onHand + (lies ? 1 : 0))
    case .read:
      return .books(SkuBooks(onHand: before.onHand, promised: before.promised + (lies ? 1 : 0)))
    }
  }

  @Test func theSearchFindsWhatAllOrdersFind() {
    var random = SeededRandom(seed: 2_024)
    var verdicts = [true: 0, false: 0]
    for number in 0..<4_000 {
      let history = draw(&random)
      let expected = isLinearizable(history)
      verdicts[expected]! += 1
      #expect(
        Linearizability.judge(history) == (expected ? .linearizable : .violated),
        "history \(number): \(history.operations)")
    }
    // A test of one kind only would not tell much.
    #expect(verdicts[true]! > 400 && verdicts[false]! > 400, "\(verdicts)")
  }
}
