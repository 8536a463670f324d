import Primitives
import RaftConsensus
import StockLedger

/// What a shard's log means, worked out a second time and in the plainest way: it is fed each entry
/// once, in the order of the log, and says where the ledger's outcomes differ. So it checks that a
/// request acts once (Q1), that nothing is promised twice, and that holds end exactly at their log
/// time (T3), however often entries are repeated and whoever leads.
struct ShardModel {
  struct Row {
    var sku: Int
    var units: Int64
    var state: ReservationState
    var deadline: Int64
  }

  struct Account {
    var onHand: Int64 = 0
    var promised: Int64 = 0
    var free: Int64 { onHand - promised }
  }

  /// The books of an account behind an entry that changed them.
  private struct Moment {
    var index: UInt64
    var books: Account
  }

  private struct Remembered {
    var kind: UInt8
    var number: UInt64
    var row: UInt8
    var onHand: Int64
  }

  /// Where a request's outcome stands last, for whoever was told it.
  struct Told {
    var index: LogIndex
    var outcome: UInt64
  }

  private(set) var rows: [Row] = []
  private(set) var accounts: [Account]
  private var held: [Int] = []
  private var requests: [UInt64: Remembered] = [:]
  private var told: [UInt64: Told] = [:]
  private var timelines: [[Moment]]
  private(set) var logTime: Int64 = 0
  private var index: UInt64 = 0
  private(set) var expired = 0
  private(set) var repeated = 0
  private(set) var reacquired = 0

  init(skus: Int) {
    accounts = Array(repeating: Account(), count: skus)
    timelines = Array(repeating: [Moment(index: 0, books: Account())], count: skus)
  }

  func told(_ request: UInt64) -> Told? { told[request] }

  /// An account's books as of an index.
  func books(of sku: Int, at index: LogIndex) -> Account {
    var (low, high) = (0, timelines[sku].count - 1)
    while low < high {
      let middle = (low + high + 1) / 2
      if timelines[sku][middle].index <= index.rawValue { low = middle } else { high = middle - 1 }
    }
    return timelines[sku][low].books
  }

  // MARK: Entries

  /// Takes the next entry with the outcomes that some replica computed; says what is wrong.
  mutating func apply(_ entry: Entry, outcomes: [UInt8]) -> String? {
    index = entry.index.rawValue
    guard entry.logTime.milliseconds >= logTime else {
      return "T1: log time goes back from \(logTime) to \(entry.logTime.milliseconds)"
    }
    logTime = entry.logTime.milliseconds
    endDueHolds()
    guard entry.kind == .command else { return nil }
    return unsafe entry.payload.withUnsafeBytes { payload in
      unsafe outcomes.withUnsafeBytes { outcomes in
        var commands = unsafe CommandReader(payload)
        var answers = unsafe OutcomeReader(outcomes)
        var start = 0
        while let command = commands.next() {
          guard let answer = answers.next() else { return "Q1: a command has no outcome" }
          let id = unsafe Hash128(command.requestID, seed: 0).low
          let record = unsafe UnsafeRawBufferPointer(rebasing: outcomes[start..<answers.offset])
          told[id] = Told(index: entry.index, outcome: unsafe Hash128(record, seed: 0).low)
          start = answers.offset
          if let wrong = apply(command, id: id, SimOutcome(answer)) { return wrong }
        }
        return nil
      }
    }
  }

  private mutating func endDueHolds() {
    var at = 0
    while at < held.count {
      let number = held[at]
      guard rows[number].deadline <= logTime else {
        at += 1
        continue
      }
      expired += 1
      end(number, as: .expired)
    }
  }

  private mutating func end(_ number: Int, as state: ReservationState) {
    if let at = held.firstIndex(of: number) { held.remove(at: at) }
    rows[number].state = state
    let units = rows[number].units
    change(rows[number].sku) { $0.promised -= units }
  }

  private mutating func change(_ sku: Int, _ body: (inout Account) -> Void) {
    body(&accounts[sku])
    let moment = Moment(index: index, books: accounts[sku])
    if timelines[sku][timelines[sku].count - 1].index == index {
      timelines[sku][timelines[sku].count - 1] = moment
    } else {
      timelines[sku].append(moment)
    }
  }

  // MARK: Commands

  private mutating func apply(
    _ command: CommandRecord, id: UInt64, _ outcome: SimOutcome
  ) -> String? {
    var body = unsafe ByteReader(command.body)
    guard let kind = CommandKind(rawValue: command.kind), kind != .catalogUpdate, kind != .pulse
    else { return nil }
    if let before = requests[id] {
      repeated += 1
      return wrongWhenRepeated(before, outcome)
    }
    switch kind {
    case .reserve: return reserve(&body, id, outcome)
    case .confirm: return confirm(&body, id, outcome)
    case .extend: return extend(&body, id, outcome)
    case .release: return release(&body, id, outcome)
    case .adjustSupply: return adjust(&body, id, outcome)
    default: return "a command of kind \(command.kind) that no client sends"
    }
  }

  private func wrongWhenRepeated(_ before: Remembered, _ outcome: SimOutcome) -> String? {
    guard outcome.refusal == .none, outcome.kind == before.kind, outcome.number == before.number,
      outcome.row == before.row, outcome.onHand == before.onHand
    else { return "Q1: a request that acted is answered \(outcome) when it is repeated" }
    if before.number > 0, rows[Int(before.number) - 1].state.rawValue != outcome.state {
      return "Q1: repeated, reservation \(before.number) is shown in state \(outcome.state)"
    }
    return nil
  }

  private mutating func remember(_ id: UInt64, _ outcome: SimOutcome) {
    requests[id] = Remembered(
      kind: outcome.kind, number: outcome.number, row: outcome.row, onHand: outcome.onHand)
  }

  private mutating func reserve(
    _ body: inout ByteReader, _ id: UInt64, _ outcome: SimOutcome
  ) -> String? {
    for _ in 0..<3 { _ = unsafe body.getShort() }
    let ttl = body.get(Int64.self)
    _ = body.get(UInt8.self)
    _ = body.get(Int32.self)
    _ = body.get(UInt16.self)
    let sku = unsafe Load.sku(named: body.getShort())
    let units = body.get(Int64.self)
    guard units <= accounts[sku].free else {
      return outcome.refusal == .none && outcome.number == 0
        ? nil : "oversold: \(units) of sku \(sku) with \(accounts[sku].free) free: \(outcome)"
    }
    rows.append(Row(sku: sku, units: units, state: .held, deadline: logTime + ttl))
    held.append(rows.count - 1)
    change(sku) { $0.promised += units }
    remember(id, outcome)
    return outcome.number == UInt64(rows.count) && outcome.state == ReservationState.held.rawValue
      && outcome.expiresAt == logTime + ttl
      ? nil : "reservation \(rows.count) is answered \(outcome)"
  }

  /// The reservation that a command speaks of.
  private func row(_ number: UInt64) -> Int? {
    number > 0 && number <= UInt64(rows.count) ? Int(number) - 1 : nil
  }

  private func wrong(_ number: Int, _ outcome: SimOutcome, _ refusal: CallRefusal) -> String? {
    if outcome.refusal == refusal,
      refusal == .holdExpired || outcome.state == rows[number].state.rawValue
    {
      return nil
    }
    return "T3: reservation \(number + 1), \(rows[number].state) at \(logTime), deadline "
      + "\(rows[number].deadline), is answered \(outcome)"
  }

  private mutating func confirm(
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
    case .expired where retakes:
      guard rows[number].units <= accounts[rows[number].sku].free else {
        return outcome.fill == FillOutcome.none.rawValue
          ? wrong(number, outcome, .none) : "oversold"
      }
      reacquired += 1
      rows[number].state = .confirmed
      let units = rows[number].units
      change(rows[number].sku) { $0.promised += units }
      remember(id, outcome)
      return wrong(number, outcome, .none)
    case .expired: return wrong(number, outcome, .holdExpired)
    default: return wrong(number, outcome, .wrongState)
    }
  }

  private mutating func extend(
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

  private mutating func release(
    _ body: inout ByteReader, _ id: UInt64, _ outcome: SimOutcome
  ) -> String? {
    guard let number = row(body.get()) else { return "release of a reservation that is not there" }
    guard !rows[number].state.isEnded else { return wrong(number, outcome, .wrongState) }
    end(number, as: .released)
    remember(id, outcome)
    return wrong(number, outcome, .none)
  }

  private mutating func adjust(
    _ body: inout ByteReader, _ id: UInt64, _ outcome: SimOutcome
  ) -> String? {
    _ = unsafe body.getShort()
    _ = body.get(UInt64.self)
    let sku = unsafe Load.sku(named: body.getShort())
    _ = unsafe body.getShort()
    _ = unsafe body.getShort()
    let delta = body.get(Int64.self)
    var expected = RowOutcome.quarantined
    if accounts[sku].onHand + delta >= 0 {
      change(sku) { $0.onHand += delta }
      expected = accounts[sku].free >= 0 ? .applied : .shortfall
      remember(id, outcome)
    }
    return outcome.row == expected.rawValue && outcome.onHand == accounts[sku].onHand
      ? nil
      : "conservation: \(delta) of sku \(sku) makes \(accounts[sku].onHand), answered \(outcome)"
  }
}
