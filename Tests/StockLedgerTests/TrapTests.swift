import Primitives
import Testing

@testable import StockLedger

/// Traps by number: what broke real systems.
@Suite struct TrapTests {
  @Test func trap01_twentyCallersReserveTenUnits() {
    var shop = Shop.stocked(["A": 10])
    let records = (0..<20).map {
      Ask.reserve(lines: [OrderLine(sku: "A", quantity: 1)]).record(id: "r\($0)")
    }
    let answers = shop.enter(records)
    #expect(answers.filter { $0.outcome == .full }.count == 10)
    #expect(shop.books().promised == 10)
  }

  @Test func trap02_theSameSkuTwiceIsOneLine() {
    var shop = Shop.stocked(["A": 10])
    let twice = [
      OrderLine(sku: "A", quantity: 6), OrderLine(sku: "A", quantity: 1, unit: "box"),
    ]
    let refused = shop.send(.reserve(lines: twice))
    #expect(refused.outcome == FillOutcome.none)
    #expect(refused.lines.map(\.requested) == [12])
    let partial = shop.send(.reserve(fill: .partial, lines: twice))
    #expect(partial.outcome == .partial)
    #expect(partial.lines.map(\.reserved) == [10])
    #expect(shop.books().promised == 10)
  }

  @Test func trap03_whatIsCountedAndTheRowsNeverDrift() {
    var shop = Shop.stocked(["A": 100])
    for n in 1...20 { shop.reserve(Int64(n % 4 + 1)) }
    for n in 1...20 where n % 3 == 0 { shop.send(.release(UInt64(n))) }
    // `checkInvariants` derives the promises from the rows after each command.
    shop.ledger.checkInvariants()
    #expect(shop.books().unpromised + shop.books().promised == 100)
  }

  @Test func trap04_aRefusedOrderLeavesNothingBehindAndNothingIsReleasedTwice() {
    var shop = Shop.stocked(["A": 10, "B": 1])
    let lines = [OrderLine(sku: "A", quantity: 5), OrderLine(sku: "B", quantity: 2)]
    #expect(shop.send(.reserve(lines: lines)).outcome == FillOutcome.none)
    #expect(shop.books("A").promised == 0)
    shop.reserve(5)
    shop.send(.release(1), id: "gone")
    #expect(shop.send(.release(1)).refusal == .wrongState)
    #expect(shop.send(.release(1), id: "gone").reservation?.state == .released)
    #expect(shop.books("A").promised == 0)
  }

  @Test func trap05_confirmAndExpiryInOneEntryExpired() {
    for early in [1, 0] as [Int64] {
      var shop = Shop.stocked(["A": 10])
      shop.reserve(10, ttl: 1_000)
      shop.now += 1_000 - early
      let answer = shop.send(.confirm(1))
      #expect(answer.refusal == (early == 1 ? .none : .holdExpired))
    }
  }

  @Test func trap06_aLatePaymentTakesTheLinesAgainOrNothing() {
    var shop = Shop.stocked(["A": 10])
    shop.reserve(10, id: "r", ttl: 1_000)
    shop.pass(2_000)
    shop.reserve(4)
    let refused = shop.send(.confirm(1, .reacquire), id: "pay")
    #expect(refused.outcome == FillOutcome.none)
    #expect(refused.lines[0].reason == .insufficientSupply)
    #expect(refused.reservation?.state == .expired)
    #expect(shop.books().promised == 4)
    shop.send(.release(2))
    let again = shop.send(.confirm(1, .reacquire), id: "pay")
    #expect(again.outcome == .full)
    #expect(again.reservation?.state == .confirmed)
    #expect(again.reservation?.number == 1)
    #expect(shop.books().promised == 10)
    #expect(shop.send(.confirm(1, .reacquire), id: "pay") == again)
    let first = shop.reserve(10, id: "r", ttl: 1_000)
    #expect(first.outcome == .full && first.reservation?.state == .confirmed)
  }

  @Test func trap07_aHoldIsExtendedAndNeverComesNearer() {
    var shop = Shop.stocked(["A": 10])
    shop.reserve(10, ttl: 10_000)
    shop.pass(5_000)
    #expect(shop.send(.extend(1, ttl: 10_000)).reservation?.expiresAt == shop.now + 10_000)
    let later = shop.now + 10_000
    #expect(shop.send(.extend(1, ttl: 1_000)).reservation?.expiresAt == later)
    shop.pass(5_000)
    #expect(shop.reservation(1)?.state == .held)
    shop.pass(5_000)
    #expect(shop.reservation(1)?.state == .expired)
  }

  @Test func trap08_aLateCountNeitherMintsNorLosesUnits() {
    var shop = Shop.stocked(["A": 0])
    shop.send(.sync(version: 10, [CountRow(sku: "A", location: "L1", onHand: 100)]))
    shop.send(.adjust(sequence: 11, sku: "A", location: "L1", delta: -30))
    shop.send(.adjust(sequence: 12, sku: "A", location: "L1", delta: 5))
    // Counted at 11: it has the first fact and not the second.
    let answer = shop.send(.sync(version: 11, [CountRow(sku: "A", location: "L1", onHand: 70)]))
    #expect(answer.rows == [RowAnswer(outcome: .applied, shortfall: 0)])
    #expect(shop.books().onHand == 75)
    #expect(shop.books().keptFacts == 1)
  }

  @Test func trap09_aCountIsPossibleUnderLiveHoldsAndShowsAShortfall() {
    var shop = Shop.stocked(["A": 10])
    shop.reserve(8)
    let answer = shop.send(
      .sync(
        version: 1, countedAt: shop.now,
        [
          CountRow(sku: "A", location: "L1", onHand: 5)
        ]))
    #expect(answer.rows == [RowAnswer(outcome: .shortfall, shortfall: 3)])
    #expect(shop.books().promised == 8)
    #expect(shop.books().shortfall == 3)
    #expect(shop.books().unpromised == 0)
    #expect(shop.reserve(1).outcome == FillOutcome.none)
    shop.send(.adjust(sequence: 2, sku: "A", location: "L1", delta: 4))
    #expect(shop.books().shortfall == 0)
    #expect(shop.reserve(1).outcome == .full)
  }

  @Test func trap10_aRetryActsOnceAndAnotherBodyIsRefused() {
    var shop = Shop.stocked(["A": 10])
    let first = shop.reserve(3, id: "r")
    #expect(shop.reserve(3, id: "r") == first)
    #expect(shop.reserve(4, id: "r").refusal == .requestIDReused)
    #expect(shop.books().promised == 3)
    let confirmed = shop.send(.confirm(1), id: "c")
    #expect(shop.send(.confirm(1), id: "c") == confirmed)
    let shipped = shop.send(.fulfill(1, [OrderLine(sku: "A", quantity: 1)]), id: "f")
    #expect(shop.send(.fulfill(1, [OrderLine(sku: "A", quantity: 1)]), id: "f") == shipped)
    let adjusted = shop.send(.adjust(sku: "A", location: "L1", delta: 5), id: "a")
    #expect(shop.send(.adjust(sku: "A", location: "L1", delta: 5), id: "a") == adjusted)
    #expect(shop.books().onHand == 14)
  }

  @Test func trap11_noFlagSkipsTheCheck() {
    var shop = Shop.stocked(["A": 1])
    for flags in 0...255 as ClosedRange<UInt8> {
      var record = Ask.reserve(lines: [OrderLine(sku: "A", quantity: 2)]).record(id: "r\(flags)")
      record[5] = flags
      #expect(shop.enter([record])[0].outcome == FillOutcome.none)
    }
  }

  @Test func trap13_messagesInTheWrongOrder() {
    var shop = Shop.stocked(["A": 10])
    #expect(shop.send(.release(1)).refusal == .unknownReservation)
    shop.reserve(5, id: "r", ttl: 1_000)
    shop.pass(1_000)
    #expect(shop.send(.release(1)).state == .expired)
    #expect(shop.send(.extend(1, ttl: 1_000)).state == .expired)
    #expect(shop.send(.fulfill(1)).state == .expired)
    let late = shop.reserve(5, id: "r", ttl: 1_000)
    #expect(late.outcome == .full && late.reservation?.state == .expired)
    #expect(shop.books().promised == 0)
  }

  @Test func trap27_aSnapshotHoldsEverything() throws {
    var shop = Shop.stocked(["A": 10, "B": 4])
    shop.send(
      .sync(version: 3, countedAt: shop.now, [CountRow(sku: "B", location: "L1", onHand: 9)]))
    shop.send(.adjust(sequence: 4, sku: "B", location: "L1", delta: -1))
    shop.reserve(3, id: "r", ttl: 5_000)
    shop.send(.reserve(fill: .partial, lines: [OrderLine(sku: "A", quantity: 70)]), id: "p")
    shop.send(.release(2), id: "gone")
    var restored = shop
    restored.ledger = try restore(&shop.ledger)
    for ask in [
      (Ask.reserve(ttl: 5_000, lines: [OrderLine(sku: "A", quantity: 3)]), "r"),
      (.reserve(fill: .partial, lines: [OrderLine(sku: "A", quantity: 70)]), "p"),
      (.release(2), "gone"), (.adjust(sequence: 4, sku: "B", location: "L1", delta: -1), "x"),
      (.sync(version: 3, [CountRow(sku: "B", location: "L1", onHand: 9)]), "y"),
      (.sync(version: 4, [CountRow(sku: "B", location: "L1", onHand: 9)]), "z"),
      (.confirm(1), "c"),
    ] {
      let (a, b) = (shop.send(ask.0, id: ask.1), restored.send(ask.0, id: ask.1))
      #expect(a == b)
    }
    shop.pass(5_000)
    restored.pass(5_000)
    #expect(shop.ledger.digest() == restored.ledger.digest())
    #expect(shop.ledger.logTime == restored.ledger.logTime)
    #expect(shop.ledger.catalogVersion == restored.ledger.catalogVersion)
  }
}

/// Through the canonical form and back; checks digest and invariants.
func restore(
  _ ledger: inout ShardLedger, limits: LedgerLimits? = nil
) throws -> ShardLedger {
  var limits = limits ?? ledger.limits
  limits.checksEachCommand = true
  var snapshot = ledger.snapshot()
  var loader = SnapshotLoader(limits: limits)
  while let chunk = snapshot.nextChunk(maxBytes: 1_000) {
    for start in stride(from: 0, to: chunk.count, by: 777) {
      try loader.append(Array(chunk[start..<min(chunk.count, start + 777)]))
    }
  }
  var restored = try loader.finish()
  restored.checkInvariants()
  #expect(restored.digest() == ledger.digest())
  return restored
}
