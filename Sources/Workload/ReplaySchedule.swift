/// Hands out a plan's events: by region, in the file's order, a customer's events one after the
/// other. What was passed over because the customer's event before it was still under way comes
/// out when that one is finished.
package struct ReplaySchedule: Sendable {
  /// One event in one round.
  package struct Turn: Hashable, Sendable {
    package var event: Int
    package var round: Int
    /// The region of the client who plays it. A client who goes on with a customer's next event
    /// stays a client of its own region, even where that event belongs to another one.
    package var client: Int
  }

  private let plan: ReplayPlan
  private var ofRegion: [[Int]]
  private var cursor: [Int]
  /// Per customer chain (by its first event): first and last event, to go on in the next round.
  private var firstOfChain: [Int]
  private var lastOfChain: [Int]
  private var finishedTurns: [Bool]
  private var passedOver: [Bool]
  package private(set) var finishedCount = 0

  package init(_ plan: ReplayPlan) {
    self.plan = plan
    ofRegion = [[Int]](repeating: [], count: plan.regions.count)
    cursor = [Int](repeating: 0, count: plan.regions.count)
    firstOfChain = Array(plan.events.indices)
    lastOfChain = Array(plan.events.indices)
    finishedTurns = [Bool](repeating: false, count: plan.eventsInAll)
    passedOver = finishedTurns
    for (index, event) in plan.events.enumerated() {
      ofRegion[event.region].append(index)
      if let previous = event.previous { firstOfChain[index] = firstOfChain[previous] }
    }
    for index in plan.events.indices.reversed() {
      if let next = plan.events[index].next { lastOfChain[index] = lastOfChain[next] }
    }
  }

  package var isFinished: Bool { finishedCount == finishedTurns.count }

  /// The next event to play in this region, or nothing when all are handed out or passed over.
  package mutating func next(inRegion region: Int) -> Turn? {
    let own = ofRegion[region]
    while cursor[region] < own.count * plan.settings.rounds {
      let turn = Turn(
        event: own[cursor[region] % own.count], round: cursor[region] / own.count, client: region)
      cursor[region] += 1
      guard let before = predecessor(of: turn), !finishedTurns[number(before)] else { return turn }
      passedOver[number(turn)] = true
    }
    return nil
  }

  /// Marks an event as over; the answer, if any, is the customer's next one, to be played now.
  package mutating func finish(_ turn: Turn) -> Turn? {
    precondition(!finishedTurns[number(turn)], "event \(turn.event) ended twice")
    finishedTurns[number(turn)] = true
    finishedCount += 1
    guard let after = successor(of: turn), passedOver[number(after)] else { return nil }
    return after
  }

  private func number(_ turn: Turn) -> Int { turn.round * plan.events.count + turn.event }

  private func predecessor(of turn: Turn) -> Turn? {
    if let previous = plan.events[turn.event].previous {
      return Turn(event: previous, round: turn.round, client: turn.client)
    }
    guard turn.round > 0, !plan.events[turn.event].customer.isEmpty else { return nil }
    return Turn(event: lastOfChain[turn.event], round: turn.round - 1, client: turn.client)
  }

  private func successor(of turn: Turn) -> Turn? {
    if let next = plan.events[turn.event].next {
      return Turn(event: next, round: turn.round, client: turn.client)
    }
    guard turn.round + 1 < plan.settings.rounds, !plan.events[turn.event].customer.isEmpty
    else { return nil }
    return Turn(event: firstOfChain[turn.event], round: turn.round + 1, client: turn.client)
  }
}
