import Primitives

@testable import StockLedger

/// The ledger as anybody would write it down: lists and dictionaries, everything looked at every
/// time. On-hand supply only, one owner; no limits on memory.
struct Model {
  struct Line: Equatable {
    var sku: String
    var location: String
    var reserved: Int64
    var fulfilled: Int64 = 0
    var released: Int64 = 0
    var left: Int64 { reserved - fulfilled - released }
  }

  struct Order {
    var state = ReservationState.held
    var deadline: Int64
    var lines: [Line]
  }

  struct Account {
    var sku: String
    var location: String
    var onHand: Int64 = 0
    var buffer: Int64
    var highest: [String: UInt64] = [:]
    var counting: String?
    var version: UInt64 = 0
    var facts: [(source: String, sequence: UInt64, delta: Int64, at: Int64)] = []
  }

  var accounts: [Account]
  var orders: [Order] = []
  /// What was answered to each request that acted.
  var answers: [String: (Ask, Verdict)] = [:]

  enum Verdict: Equatable {
    case refused(CallRefusal)
    case got([Int64])
    case done
    case row(RowOutcome, onHand: Int64)
  }

  func promised(_ at: Int) -> Int64 {
    var sum: Int64 = 0
    for order in orders where !order.state.isEnded {
      for line in order.lines
      where line.sku == accounts[at].sku && line.location == accounts[at].location {
        sum += line.left
      }
    }
    return sum
  }

  mutating func expire(_ now: Int64) {
    for at in orders.indices where orders[at].state == .held && orders[at].deadline <= now {
      orders[at].state = .expired
    }
  }

  mutating func take(_ ask: Ask, id: String, now: Int64) -> Verdict {
    expire(now)
    if let (before, verdict) = answers[id] {
      return before == ask ? verdict : .refused(.requestIDReused)
    }
    let verdict = act(ask, now)
    switch verdict {
    case .refused, .row(.staleVersion, _), .row(.quarantined, _): break
    case .got(let units) where units.allSatisfy { $0 == 0 }: break
    default: answers[id] = (ask, verdict)
    }
    return verdict
  }

  private mutating func act(_ ask: Ask, _ now: Int64) -> Verdict {
    switch ask {
    case .reserve(_, _, _, let ttl, let fill, _, let lines):
      return reserve(lines, fill, ttl, now)
    case .confirm(let number, let onExpired):
      guard let at = index(number) else { return .refused(.unknownReservation) }
      return confirm(at, onExpired)
    case .release(let number, let lines):
      guard let at = index(number) else { return .refused(.unknownReservation) }
      return change(at, lines, allowed: !orders[at].state.isEnded) { line, units in
        line.released += units
      }
    case .fulfill(let number, let lines, _, _):
      guard let at = index(number) else { return .refused(.unknownReservation) }
      return fulfill(at, lines, now)
    case .adjust(let source, let sequence, let sku, let location, _, let delta, _, _):
      return adjust(account(sku, location)!, source, sequence, delta, now)
    case .sync(let source, let version, _, let rows):
      let at = account(rows[0].sku, rows[0].location)!
      return count(at, source, version, rows[0].onHand)
    default: preconditionFailure("\(ask) is not in the model")
    }
  }

  private func index(_ number: UInt64) -> Int? {
    number >= 1 && number <= UInt64(orders.count) ? Int(number) - 1 : nil
  }

  private func account(_ sku: String, _ location: String) -> Int? {
    accounts.firstIndex { $0.sku == sku && $0.location == location }
  }

  private func admit(
    _ lines: [(sku: String, location: String, units: Int64)]
  ) -> (got: [Int64], bound: [(at: Int, line: Line)]) {
    var got = lines.map { _ in Int64(0) }
    var bound: [(at: Int, line: Line)] = []
    for wished in [true, false] {
      for (n, line) in lines.enumerated() where line.location.isEmpty != wished {
        for at in accounts.indices
        where accounts[at].sku == line.sku
          && (line.location.isEmpty || accounts[at].location == line.location)
        {
          let used = bound.reduce(Int64(0)) {
            $1.line.sku == line.sku && $1.line.location == accounts[at].location
              ? $0 + $1.line.reserved : $0
          }
          let free = accounts[at].onHand - promised(at) - accounts[at].buffer - used
          let units = min(line.units - got[n], free)
          if units > 0 {
            got[n] += units
            bound.append(
              (n, Line(sku: line.sku, location: accounts[at].location, reserved: units)))
          }
        }
      }
    }
    return (
      got,
      bound.enumerated().sorted {
        ($0.element.at, $0.offset) < ($1.element.at, $1.offset)
      }.map(\.element)
    )
  }

  private mutating func reserve(
    _ asked: [OrderLine], _ fill: Fill, _ ttl: Int64, _ now: Int64
  ) -> Verdict {
    var lines: [(sku: String, location: String, units: Int64)] = []
    for line in asked {
      let units = line.quantity * (line.unit == "box" ? 6 : 1)
      if let at = lines.firstIndex(where: { $0.sku == line.sku && $0.location == line.location }) {
        lines[at].units += units
      } else {
        lines.append((line.sku, line.location, units))
      }
    }
    let (got, bound) = admit(lines)
    let isFull = zip(got, lines).allSatisfy { $0 == $1.units }
    if !isFull, fill == .allOrNothing || bound.isEmpty { return .got(got.map { _ in 0 }) }
    orders.append(Order(deadline: now + ttl, lines: bound.map(\.line)))
    return .got(got)
  }

  private mutating func confirm(_ at: Int, _ onExpired: OnExpired) -> Verdict {
    if orders[at].state == .held {
      orders[at].state = .confirmed
      return .done
    }
    guard orders[at].state == .expired else { return .refused(.wrongState) }
    guard onExpired == .reacquire else { return .refused(.holdExpired) }
    // Scripts of the model reacquire orders of one line only.
    let line = orders[at].lines[0]
    let units = orders[at].lines.reduce(0) { $0 + $1.left }
    let (got, bound) = admit([(line.sku, "", units)])
    guard got[0] == units else { return .got([0]) }
    orders[at].lines = bound.map(\.line)
    orders[at].state = .confirmed
    return .got(got)
  }

  private mutating func change(
    _ at: Int, _ asked: [OrderLine], allowed: Bool, _ apply: (inout Line, Int64) -> Void,
    backwards: Bool = true, ending: ReservationState = .released
  ) -> Verdict {
    var wanted: [String: Int64] = [:]
    for line in asked { wanted[line.sku, default: 0] += line.quantity }
    var exceeds = false
    for line in asked {
      let there = orders[at].lines.filter { $0.sku == line.sku }
      if there.isEmpty { return .refused(.unknownLine) }
      if wanted[line.sku]! > there.reduce(0, { $0 + $1.left }) { exceeds = true }
    }
    if !allowed { return .refused(.wrongState) }
    if exceeds { return .refused(.quantityExceedsLine) }
    let order = orders[at].lines.indices
    for n in backwards ? Array(order.reversed()) : Array(order) {
      let sku = orders[at].lines[n].sku
      let units =
        asked.isEmpty ? orders[at].lines[n].left : min(orders[at].lines[n].left, wanted[sku] ?? 0)
      wanted[sku, default: 0] -= units
      apply(&orders[at].lines[n], units)
    }
    if orders[at].lines.allSatisfy({ $0.left == 0 }) { orders[at].state = ending }
    return .done
  }

  private mutating func fulfill(_ at: Int, _ lines: [OrderLine], _ now: Int64) -> Verdict {
    let before = orders[at].lines
    let state = orders[at].state
    let verdict = change(
      at, lines, allowed: state == .confirmed || state == .partiallyFulfilled,
      { $0.fulfilled += $1 }, backwards: false, ending: .fulfilled)
    guard verdict == .done else { return verdict }
    if orders[at].state != .fulfilled { orders[at].state = .partiallyFulfilled }
    for (old, new) in zip(before, orders[at].lines) where new.fulfilled > old.fulfilled {
      let place = account(new.sku, new.location)!
      let units = new.fulfilled - old.fulfilled
      accounts[place].onHand = max(0, accounts[place].onHand - units)
      accounts[place].facts.append(("", 0, -units, now))
    }
    return verdict
  }

  private mutating func adjust(
    _ at: Int, _ source: String, _ sequence: UInt64, _ delta: Int64, _ now: Int64
  ) -> Verdict {
    let seen = accounts[at].highest[source] ?? 0
    let counted = accounts[at].counting == source ? accounts[at].version : 0
    if sequence > 0, sequence <= max(seen, counted) {
      return .row(.staleVersion, onHand: accounts[at].onHand)
    }
    guard accounts[at].onHand + delta >= 0 else {
      return .row(.quarantined, onHand: accounts[at].onHand)
    }
    accounts[at].onHand += delta
    if sequence > 0 { accounts[at].highest[source] = sequence }
    accounts[at].facts.append((source, sequence, delta, now))
    return .row(covered(at), onHand: accounts[at].onHand)
  }

  private func covered(_ at: Int) -> RowOutcome {
    promised(at) > accounts[at].onHand ? .shortfall : .applied
  }

  private mutating func count(
    _ at: Int, _ source: String, _ version: UInt64, _ onHand: Int64
  ) -> Verdict {
    if let counting = accounts[at].counting {
      if counting != source { return .row(.quarantined, onHand: accounts[at].onHand) }
      if version <= accounts[at].version {
        return .row(.staleVersion, onHand: accounts[at].onHand)
      }
    }
    // Counts of the model's scripts have no time: only sequences of their source are covered.
    let later = accounts[at].facts.filter {
      !($0.source == source && $0.sequence > 0 && $0.sequence <= version)
    }
    var sum = onHand
    for fact in later {
      sum += fact.delta
      if sum < 0 { return .row(.quarantined, onHand: accounts[at].onHand) }
    }
    accounts[at].onHand = sum
    accounts[at].facts = later
    accounts[at].counting = source
    accounts[at].version = version
    return .row(covered(at), onHand: sum)
  }
}
