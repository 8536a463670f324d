import Testing

@testable import Simulation

/// Histories by hand: on the left when a call began and was answered, then what it was and what it
/// was told. All begin with ten units on hand and none promised.
@Suite struct LinearizabilityTests {
  private typealias Line = (UInt64, UInt64, SkuOperation.Action, SkuOperation.Answer)
  private static let never = UInt64.max

  private static func books(_ onHand: Int64, _ promised: Int64) -> SkuOperation.Answer {
    .books(SkuBooks(onHand: onHand, promised: promised))
  }

  private static func history(_ lines: [Line]) -> SkuHistory {
    var history = SkuHistory()
    history.start = SkuBooks(onHand: 10, promised: 0)
    for line in lines {
      let number = history.begin(line.2, at: line.0)
      if line.1 != never { history.end(number, line.3, at: line.1) }
    }
    return history
  }

  private static let linearizable: [(String, [Line])] = [
    (
      "an order of several lines is refused for another line",
      [(0, 1, .reserveTogether(4), .refused), (2, 3, .reserve(10), .taken)]
    ),
    (
      "one that takes what there is",
      [(0, 1, .reserve(8), .taken), (2, 3, .reservePart(4), .got(2))]
    ),
    ("nothing at all", []),
    (
      "one after the other",
      [
        (0, 1, .reserve(4), .taken), (2, 3, .read, books(10, 4)), (4, 5, .release(4), .taken),
        (6, 7, .read, books(10, 0)),
      ]
    ),
    (
      "a read beside a reserve sees it",
      [(0, 10, .reserve(4), .taken), (1, 2, .read, books(10, 4))]
    ),
    (
      "a read beside a reserve does not see it yet",
      [
        (0, 10, .reserve(4), .taken), (1, 2, .read, books(10, 0)),
      ]
    ),
    (
      "two reads beside a reserve, old and then new",
      [
        (0, 10, .reserve(4), .taken), (1, 2, .read, books(10, 0)), (3, 4, .read, books(10, 4)),
      ]
    ),
    (
      "the second of two reserves finds too little",
      [
        (0, 5, .reserve(7), .taken), (1, 6, .reserve(7), .refused),
      ]
    ),
    (
      "the one that was called later was first",
      [
        (0, 9, .reserve(7), .refused), (1, 8, .reserve(7), .taken),
      ]
    ),
    (
      "an open reserve acts late",
      [
        (0, never, .reserve(4), .open), (5, 6, .read, books(10, 0)), (7, 8, .read, books(10, 4)),
      ]
    ),
    (
      "an open reserve never acts",
      [
        (0, never, .reserve(9), .open), (5, 6, .read, books(10, 0)), (7, 8, .reserve(10), .taken),
      ]
    ),
    (
      "an open reserve explains a refusal",
      [
        (0, never, .reserve(9), .open), (5, 6, .reserve(5), .refused),
      ]
    ),
    (
      "an open release gives units to a later reserve",
      [
        (0, 1, .reserve(10), .taken), (2, never, .release(10), .open), (4, 5, .reserve(1), .taken),
      ]
    ),
    (
      "a restock between two reserves",
      [
        (0, 1, .reserve(10), .taken), (2, 9, .restock(5), .counted(15)),
        (3, 4, .reserve(1), .refused), (5, 6, .reserve(5), .taken),
      ]
    ),
    (
      "stock goes below what is promised",
      [
        (0, 1, .reserve(8), .taken), (2, 3, .restock(-5), .counted(5)), (4, 5, .read, books(5, 8)),
        (6, 7, .reserve(1), .refused),
      ]
    ),
    (
      "more is taken off than is there",
      [(0, 1, .restock(-11), .refused), (2, 3, .read, books(10, 0))]
    ),
    (
      "what touches in one instant overlaps",
      [
        (0, 5, .reserve(4), .taken), (5, 6, .read, books(10, 0)),
      ]
    ),
  ]

  private static let violated: [(String, [Line])] = [
    (
      "an order of several lines takes more than there is",
      [(0, 1, .reserve(8), .taken), (2, 3, .reserveTogether(4), .taken)]
    ),
    (
      "one that takes what there is, and leaves some",
      [(0, 1, .reserve(8), .taken), (2, 3, .reservePart(4), .got(1))]
    ),
    (
      "a read misses what was answered before it",
      [
        (0, 1, .reserve(4), .taken), (2, 3, .read, books(10, 0)),
      ]
    ),
    (
      "a read sees what was not asked yet",
      [
        (0, 1, .read, books(10, 4)), (2, 3, .reserve(4), .taken),
      ]
    ),
    (
      "new and then old",
      [
        (0, 10, .reserve(4), .taken), (1, 2, .read, books(10, 4)), (3, 4, .read, books(10, 0)),
      ]
    ),
    ("both have the last units", [(0, 5, .reserve(7), .taken), (1, 6, .reserve(7), .taken)]),
    ("refused with enough there", [(0, 1, .reserve(10), .refused)]),
    ("taken with too little there", [(0, 1, .reserve(11), .taken)]),
    (
      "units come back without a release",
      [
        (0, 1, .reserve(10), .taken), (2, 3, .reserve(1), .taken),
      ]
    ),
    (
      "an open release can't act before it was asked",
      [
        (0, 1, .reserve(10), .taken), (2, 3, .reserve(1), .taken), (4, never, .release(10), .open),
      ]
    ),
    (
      "one open reserve acts once",
      [
        (0, never, .reserve(4), .open), (5, 6, .read, books(10, 4)), (7, 8, .read, books(10, 8)),
      ]
    ),
    (
      "an open reserve that acted is not taken back",
      [
        (0, never, .reserve(4), .open), (5, 6, .read, books(10, 4)), (7, 8, .read, books(10, 0)),
      ]
    ),
    (
      "a restock is counted twice",
      [
        (0, 1, .restock(5), .counted(15)), (2, 3, .read, books(20, 0)),
      ]
    ),
    ("a restock tells another count", [(0, 1, .restock(5), .counted(14))]),
    (
      "two readers see two reserves in two orders",
      [
        (0, 20, .reserve(1), .taken), (0, 20, .reserve(2), .taken), (1, 2, .read, books(10, 1)),
        (3, 4, .read, books(10, 2)),
      ]
    ),
    (
      "a negative correction is lost",
      [
        (0, 1, .restock(-5), .counted(5)), (2, 3, .reserve(6), .taken),
      ]
    ),
  ]

  @Test(arguments: linearizable.indices)
  func aHistoryThatIsLinearizable(number: Int) {
    let (name, lines) = Self.linearizable[number]
    #expect(Linearizability.judge(Self.history(lines)) == .linearizable, "\(name)")
  }

  @Test(arguments: violated.indices)
  func aHistoryThatIsNot(number: Int) {
    let (name, lines) = Self.violated[number]
    #expect(Linearizability.judge(Self.history(lines)) == .violated, "\(name)")
  }

  @Test func aSearchWithoutBudgetSaysThatItDoesNotKnow() {
    let history = Self.history([(0, 1, .reserve(4), .taken), (2, 3, .read, Self.books(10, 4))])
    #expect(Linearizability.judge(history, stepsMax: 1) == .undecided)
  }
}
