import Primitives
import RaftConsensus
import StockLedger

/// What a shard's log means, worked out a second time and in the plainest way: it is fed each entry
/// once, in the order of the log, and says where the ledger's outcomes differ. So it checks that a
/// request acts once (Q1), that nothing is promised twice, that holds end exactly at their log time
/// (T3), and that counts neither mint nor lose units (S2), however often entries are repeated and
/// whoever leads.
struct ShardModel {
  struct Line {
    var sku: Int
    var reserved: Int64
    var fulfilled: Int64 = 0
    var released: Int64 = 0
    var left: Int64 { reserved - fulfilled - released }
  }

  struct Row {
    var lines: [Line]
    var fill: FillOutcome
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

  /// Where a request's outcome stands last, for whoever was told it.
  struct Told {
    var index: LogIndex
    var outcome: UInt64
  }

  var rows: [Row] = []
  private(set) var accounts: [Account]
  var supply: [Supply]
  var held: [Int] = []
  private var requests: [UInt64: SimOutcome] = [:]
  private var told: [UInt64: Told] = [:]
  private var timelines: [[Moment]]
  private(set) var logTime: Int64 = 0
  private var index: UInt64 = 0
  private(set) var expired = 0
  private(set) var repeated = 0
  var reacquired = 0
  var marks = Marks()

  init(skus: Int) {
    accounts = Array(repeating: Account(), count: skus)
    supply = Array(repeating: Supply(), count: skus)
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

  /// What is left of a reservation goes back.
  mutating func end(_ number: Int, as state: ReservationState) {
    if let at = held.firstIndex(of: number) { held.remove(at: at) }
    rows[number].state = state
    for at in rows[number].lines.indices {
      let line = rows[number].lines[at]
      if state == .released { rows[number].lines[at].released += line.left }
      if line.left > 0 { change(line.sku) { $0.promised -= line.left } }
    }
  }

  mutating func change(_ sku: Int, _ body: (inout Account) -> Void) {
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
    guard let kind = CommandKind(rawValue: command.kind), kind != .catalogUpdate, kind != .pulse,
      kind != .raiseRules
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
    case .fulfill: return fulfill(&body, id, outcome)
    case .adjustSupply: return adjust(&body, id, outcome)
    case .syncSupply: return count(&body, id, outcome)
    default: return "a command of kind \(command.kind) that no client sends"
    }
  }

  private func wrongWhenRepeated(_ before: SimOutcome, _ outcome: SimOutcome) -> String? {
    guard outcome.refusal == .none, outcome.kind == before.kind, outcome.number == before.number,
      outcome.fill == before.fill, outcome.rows == before.rows, outcome.onHand == before.onHand
    else { return "Q1: a request that acted is answered \(outcome) when it is repeated" }
    if before.number > 0, rows[Int(before.number) - 1].state.rawValue != outcome.state {
      return "Q1: repeated, reservation \(before.number) is shown in state \(outcome.state)"
    }
    return nil
  }

  mutating func remember(_ id: UInt64, _ outcome: SimOutcome) {
    requests[id] = outcome
  }

  /// The reservation that a command speaks of.
  func row(_ number: UInt64) -> Int? {
    number > 0 && number <= UInt64(rows.count) ? Int(number) - 1 : nil
  }
}
