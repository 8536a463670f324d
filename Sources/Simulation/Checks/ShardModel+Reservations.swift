import Primitives
import StockLedger

// The life of a reservation: several lines, whole or in part.

extension ShardModel {
  mutating func reserve(
    _ body: inout ByteReader, _ id: UInt64, _ outcome: SimOutcome
  ) -> String? {
    for _ in 0..<3 { _ = unsafe body.getShort() }
    let deadline = logTime + body.get(Int64.self)
    let isPartial = body.get(UInt8.self) == Fill.partial.rawValue
    _ = body.get(Int32.self)
    var wanted: [Load.OrderLine] = []
    for _ in 0..<body.get(UInt16.self) { add(&body, to: &wanted) }
    let had = wanted.map {
      Line(sku: $0.sku, reserved: max(0, min($0.units, accounts[$0.sku].free)))
    }
    let isWhole = zip(had, wanted).allSatisfy { $0.reserved == $1.units }
    let lines = had.filter { $0.reserved > 0 }
    guard isWhole || (isPartial && !lines.isEmpty) else {
      return outcome.refusal == .none && outcome.number == 0
        && outcome.fill == FillOutcome.none.rawValue
        ? nil : "oversold: \(wanted) when there is \(had): \(outcome)"
    }
    let row = Row(
      lines: lines, fill: isWhole ? .full : .partial, state: .held, deadline: deadline)
    rows.append(row)
    held.append(rows.count - 1)
    for line in lines { change(line.sku) { $0.promised += line.reserved } }
    remember(id, outcome)
    guard outcome.number == UInt64(rows.count), outcome.fill == row.fill.rawValue,
      outcome.expiresAt == deadline
    else { return "reservation \(rows.count) of \(wanted) is answered \(outcome)" }
    return wrong(rows.count - 1, outcome, .none)
  }

  /// Lines of one SKU are one.
  private func add(_ body: inout ByteReader, to lines: inout [Load.OrderLine]) {
    let sku = unsafe Load.sku(named: body.getShort())
    let units = body.get(Int64.self)
    _ = unsafe (body.getShort(), body.getShort())
    if let at = lines.firstIndex(where: { $0.sku == sku }) {
      lines[at].units += units
    } else {
      lines.append(Load.OrderLine(sku: sku, units: units))
    }
  }

  /// What an answer shows of a reservation that is there, or says of why nothing was done.
  private func wrong(_ number: Int, _ outcome: SimOutcome, _ refusal: CallRefusal) -> String? {
    let row = rows[number]
    switch outcome.refusal {
    case _ where outcome.refusal != refusal: break
    case .none:
      let lines = row.lines.map {
        SimOutcome.Line(
          sku: $0.sku, reserved: $0.reserved, fulfilled: $0.fulfilled, released: $0.released)
      }
      if outcome.state == row.state.rawValue, outcome.lines == lines { return nil }
    case .wrongState: if outcome.state == row.state.rawValue { return nil }
    default: return nil
    }
    return "T3: reservation \(number + 1), \(row) at \(logTime), is answered \(outcome)"
  }

  mutating func confirm(
    _ body: inout ByteReader, _ id: UInt64, _ outcome: SimOutcome
  ) -> String? {
    guard let number = row(body.get()) else { return "confirm of a reservation that is not there" }
    let retakes = body.get(UInt8.self) == OnExpired.reacquire.rawValue
    switch rows[number].state {
    case .held:
      held.removeAll { $0 == number }
      rows[number].state = .confirmed
      remember(id, outcome)
      return wrong(number, outcome, .none)
    case .expired where retakes: return takeAgain(number, id, outcome)
    case .expired: return wrong(number, outcome, .holdExpired)
    default: return wrong(number, outcome, .wrongState)
    }
  }

  private mutating func takeAgain(
    _ number: Int, _ id: UInt64, _ outcome: SimOutcome
  ) -> String? {
    let lines = rows[number].lines
    guard lines.allSatisfy({ $0.reserved <= accounts[$0.sku].free }) else {
      return outcome.fill == FillOutcome.none.rawValue
        ? wrong(number, outcome, .none) : "oversold: \(lines) again, answered \(outcome)"
    }
    reacquired += 1
    rows[number].state = .confirmed
    for line in lines { change(line.sku) { $0.promised += line.reserved } }
    remember(id, outcome)
    return wrong(number, outcome, .none)
  }

  mutating func extend(
    _ body: inout ByteReader, _ id: UInt64, _ outcome: SimOutcome
  ) -> String? {
    guard let number = row(body.get()) else { return "extend of a reservation that is not there" }
    let deadline = logTime + body.get(Int64.self)
    guard rows[number].state == .held else { return wrong(number, outcome, .wrongState) }
    if deadline > rows[number].deadline {
      rows[number].deadline = deadline
      remember(id, outcome)
    }
    return outcome.expiresAt == rows[number].deadline
      ? wrong(number, outcome, .none) : "extended to \(deadline), answered \(outcome)"
  }

  mutating func release(
    _ body: inout ByteReader, _ id: UInt64, _ outcome: SimOutcome
  ) -> String? {
    guard let number = row(body.get()) else { return "release of a reservation that is not there" }
    guard !rows[number].state.isEnded else { return wrong(number, outcome, .wrongState) }
    end(number, as: .released)
    remember(id, outcome)
    return wrong(number, outcome, .none)
  }

  // MARK: Shipping

  mutating func fulfill(
    _ body: inout ByteReader, _ id: UInt64, _ outcome: SimOutcome
  ) -> String? {
    guard let number = row(body.get()) else { return "fulfill of a reservation that is not there" }
    var wanted: [Load.OrderLine] = []
    for _ in 0..<body.get(UInt16.self) {
      wanted.append(
        Load.OrderLine(sku: unsafe Load.sku(named: body.getShort()), units: body.get()))
    }
    let source = unsafe contentHash(Array(body.getShort()))
    let sequence = body.get(UInt64.self)
    let state = rows[number].state
    guard state == .confirmed || state == .partiallyFulfilled else {
      return wrong(number, outcome, .wrongState)
    }
    let lines = rows[number].lines
    for each in wanted where each.units > lines.first(where: { $0.sku == each.sku })?.left ?? 0 {
      return wrong(number, outcome, .quantityExceedsLine)
    }
    var hasShipped = false
    for (at, line) in lines.enumerated() {
      let units =
        wanted.isEmpty ? line.left : wanted.first { $0.sku == line.sku }?.units ?? 0
      guard units > 0, ship(units, of: line.sku, source, sequence) else { continue }
      rows[number].lines[at].fulfilled += units
      hasShipped = true
    }
    guard hasShipped else { return wrong(number, outcome, .none) }
    let isDone = rows[number].lines.allSatisfy { $0.left == 0 }
    rows[number].state = isDone ? .fulfilled : .partiallyFulfilled
    marks.reach(isDone ? .shippedWhole : .shippedInPart)
    remember(id, outcome)
    return wrong(number, outcome, .none)
  }
}
