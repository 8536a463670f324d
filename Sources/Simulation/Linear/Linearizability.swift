/// Is there an order of the operations, each at one instant between its call and its answer, in which
/// every answer is right? (Wing and Gong 1993, with Lowe's memory of states that led nowhere.) An
/// operation without an answer may stand anywhere behind its call, or nowhere.
struct Linearizability {
  enum Verdict: Equatable { case linearizable, violated, undecided }

  /// A call or an answer, in a list that is taken apart and put together again.
  private struct Event {
    var operation: Int
    var isCall: Bool
    /// The place of a call's answer; -1 for an open operation.
    var answer = -1
    var previous = -1
    var next = -1
  }

  private struct Visited: Hashable {
    var done: [UInt64]
    var books: SkuBooks
  }

  private struct Step {
    var call: Int
    var before: SkuBooks
  }

  private let operations: [SkuOperation]
  private var events: [Event] = []
  private var books: SkuBooks
  private var done: [UInt64]
  private var visited: Set<Visited> = []
  private var steps: [Step] = []
  private var unanswered: Int
  private var budget: Int

  /// Histories with more to try than this are left undecided, and counted as such.
  static let stepsMax = 400_000

  static func judge(_ history: SkuHistory, stepsMax: Int = stepsMax) -> Verdict {
    var search = Linearizability(history, stepsMax)
    return search.run()
  }

  private init(_ history: SkuHistory, _ stepsMax: Int) {
    operations = history.operations
    books = history.start
    done = Array(repeating: 0, count: (history.operations.count + 63) / 64)
    unanswered = history.operations.count { !$0.isOpen }
    budget = stepsMax
    build()
  }

  /// Puts calls and answers in order of time. Of one instant calls come first: what touches is taken
  /// to overlap, so nothing is called wrong that might be right.
  private mutating func build() {
    var order: [(time: UInt64, isAnswer: Int, operation: Int)] = []
    for (number, operation) in operations.enumerated() {
      order.append((operation.began, 0, number))
      if !operation.isOpen { order.append((operation.ended, 1, number)) }
    }
    order.sort { ($0.time, $0.isAnswer, $0.operation) < ($1.time, $1.isAnswer, $1.operation) }
    events = [Event(operation: -1, isCall: false)]
    var callOf = Array(repeating: 0, count: operations.count)
    for item in order {
      let place = events.count
      events.append(
        Event(operation: item.operation, isCall: item.isAnswer == 0, previous: place - 1))
      events[place - 1].next = place
      if item.isAnswer == 0 {
        callOf[item.operation] = place
      } else {
        events[callOf[item.operation]].answer = place
      }
    }
  }

  private mutating func run() -> Verdict {
    var at = events[0].next
    while unanswered > 0 {
      budget -= 1
      if budget < 0 { return .undecided }
      if at >= 0, events[at].isCall {
        if take(at) { at = events[0].next } else { at = events[at].next }
      } else {
        // An answer whose call was not taken yet, or the end: the last step was wrong.
        guard let step = steps.popLast() else { return .violated }
        undo(step)
        at = events[step.call].next
      }
    }
    return .linearizable
  }

  /// Lets the operation act now, unless that contradicts its answer or was tried before.
  private mutating func take(_ call: Int) -> Bool {
    let number = events[call].operation
    guard let next = operations[number].act(on: books) else { return false }
    done[number / 64] |= 1 << UInt64(number % 64)
    guard visited.insert(Visited(done: done, books: next)).inserted else {
      done[number / 64] &= ~(1 << UInt64(number % 64))
      return false
    }
    steps.append(Step(call: call, before: books))
    books = next
    unlink(call)
    if events[call].answer >= 0 {
      unanswered -= 1
      unlink(events[call].answer)
    }
    return true
  }

  private mutating func undo(_ step: Step) {
    let number = events[step.call].operation
    done[number / 64] &= ~(1 << UInt64(number % 64))
    books = step.before
    if events[step.call].answer >= 0 {
      unanswered += 1
      relink(events[step.call].answer)
    }
    relink(step.call)
  }

  private mutating func unlink(_ place: Int) {
    let event = events[place]
    events[event.previous].next = event.next
    if event.next >= 0 { events[event.next].previous = event.previous }
  }

  private mutating func relink(_ place: Int) {
    let event = events[place]
    events[event.previous].next = place
    if event.next >= 0 { events[event.next].previous = place }
  }
}
