import Primitives
import StockLedger

// Supply facts and counts (rules S1, S2, S3): what each source told about an account, and the facts
// that a later count has to contain or to be applied to again.

extension ShardModel {
  /// What is known of one account's supply.
  struct Supply {
    struct Fact {
      var source: UInt64
      var sequence: UInt64
      var delta: Int64
      var occurredAt: Int64
      var isShipment: Bool
    }

    struct Source {
      var name: UInt64
      var high: UInt64
    }

    /// Until a count contains them, in order.
    var facts: [Fact] = []
    var sources: [Source] = []
    var countingSource: UInt64?
    var countedVersion: UInt64 = 0
    var countedAt = Absent.time

    func high(_ source: UInt64) -> UInt64 { sources.first { $0.name == source }?.high ?? 0 }

    /// The source's own count has it already.
    func isCounted(_ source: UInt64, _ sequence: UInt64) -> Bool {
      sequence > 0 && source == countingSource && sequence <= countedVersion
    }

    mutating func keep(_ fact: Fact) {
      facts.append(fact)
      raise(fact.source, to: fact.sequence)
    }

    mutating func raise(_ source: UInt64, to sequence: UInt64) {
      guard sequence > 0 else { return }
      if let at = sources.firstIndex(where: { $0.name == source }) {
        sources[at].high = max(sources[at].high, sequence)
      } else {
        sources.append(Source(name: source, high: sequence))
      }
    }
  }

  /// A count of one account.
  private struct Count {
    var source: UInt64
    var version: UInt64
    var at: Int64

    func contains(_ fact: Supply.Fact) -> Bool {
      if fact.sequence > 0, fact.source == source, version > 0 { return fact.sequence <= version }
      return at != Absent.time && fact.occurredAt <= at
    }
  }

  // MARK: Deltas

  mutating func adjust(
    _ body: inout ByteReader, _ id: UInt64, _ outcome: SimOutcome
  ) -> String? {
    let source = unsafe contentHash(Array(body.getShort()))
    let sequence = body.get(UInt64.self)
    let sku = unsafe Load.sku(named: body.getShort())
    _ = unsafe (body.getShort(), body.getShort())
    let delta = body.get(Int64.self)
    var expected = RowOutcome.quarantined
    if sequence > 0, sequence <= supply[sku].high(source) || supply[sku].isCounted(source, sequence)
    {
      expected = .staleVersion
    } else if accounts[sku].onHand + delta >= 0 {
      change(sku) { $0.onHand += delta }
      supply[sku].keep(
        Supply.Fact(
          source: source, sequence: sequence, delta: delta, occurredAt: logTime, isShipment: false))
      expected = accounts[sku].free >= 0 ? .applied : .shortfall
      remember(id, outcome)
    }
    let row = SimOutcome.Row(outcome: expected.rawValue, shortfall: max(0, -accounts[sku].free))
    return outcome.rows == [row] && outcome.onHand == accounts[sku].onHand
      ? nil
      : "conservation: \(delta) of sku \(sku) makes \(accounts[sku]), answered \(outcome)"
  }

  /// False: the source told of it before.
  mutating func ship(
    _ units: Int64, of sku: Int, _ source: UInt64, _ sequence: UInt64
  ) -> Bool {
    if sequence > 0, sequence <= supply[sku].high(source) { return false }
    change(sku) { $0.promised -= units }
    if supply[sku].isCounted(source, sequence) {
      supply[sku].raise(source, to: sequence)
      return true
    }
    change(sku) { $0.onHand -= min(units, $0.onHand) }
    supply[sku].keep(
      Supply.Fact(
        source: source, sequence: sequence, delta: -units, occurredAt: logTime, isShipment: true))
    return true
  }

  // MARK: Counts

  mutating func count(
    _ body: inout ByteReader, _ id: UInt64, _ outcome: SimOutcome
  ) -> String? {
    let count = Count(
      source: unsafe contentHash(Array(body.getShort())), version: body.get(), at: body.get())
    var expected: [SimOutcome.Row] = []
    for _ in 0..<body.get(UInt32.self) {
      let sku = unsafe Load.sku(named: body.getShort())
      _ = unsafe (body.getShort(), body.getShort())
      let result = take(count, sku, body.get())
      _ = body.get(UInt16.self)
      let shortfall = result == .shortfall ? -accounts[sku].free : 0
      expected.append(SimOutcome.Row(outcome: result.rawValue, shortfall: shortfall))
    }
    if expected.contains(where: {
      $0.outcome == RowOutcome.applied.rawValue || $0.outcome == RowOutcome.shortfall.rawValue
    }) {
      remember(id, outcome)
    }
    return outcome.refusal == .none && outcome.rows == expected
      ? nil : "S2: a count is answered \(outcome), not \(expected)"
  }

  private mutating func take(_ count: Count, _ sku: Int, _ units: Int64) -> RowOutcome {
    let known = supply[sku]
    if let source = known.countingSource {
      guard source == count.source else {
        marks.reach(.countQuarantined)
        return .quarantined
      }
      if count.version > 0 ? count.version <= known.countedVersion : count.at <= known.countedAt {
        marks.reach(.countedStale)
        return .staleVersion
      }
    }
    var onHand = units
    let later = known.facts.filter { !count.contains($0) }
    for fact in later {
      // What was shipped was there; a count that says otherwise contradicts it.
      guard onHand + fact.delta >= 0 else { return .quarantined }
      onHand += fact.delta
    }
    change(sku) { $0.onHand = onHand }
    supply[sku].facts = later
    supply[sku].countingSource = count.source
    supply[sku].countedVersion = max(known.countedVersion, count.version)
    supply[sku].countedAt = max(known.countedAt, count.at)
    return accounts[sku].free >= 0 ? .applied : .shortfall
  }
}
