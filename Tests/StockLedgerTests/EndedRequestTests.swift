import Primitives
import Testing

@testable import StockLedger

/// Rule Q2: how ended requests are kept.
@Suite struct EndedRequestTests {
  private static let uuid7 = Hash128(high: 0x0190_0000_0000_7000, low: 0x8000_0000_0000_0001)

  private func request(
    id: Hash128 = Hash128(high: 1, low: 2), number: UInt64 = 7, stamp: UInt32 = 0,
    kind: CommandKind = .reserve, outcome: FillOutcome = .full, state: ReservationState? = nil
  ) -> EndedRequest {
    EndedRequest(
      requestID: id, fingerprint: Hash128(high: 3, low: 4), number: number, stampSeconds: stamp,
      kind: kind, outcome: outcome, stateByte: state?.rawValue ?? 0)
  }

  private func roundTrip(_ request: EndedRequest, endedSeconds: UInt32, answer: [UInt8] = [])
    -> (form: EndedFacts.Form, isEqual: Bool)
  {
    var books = Books(shard: ShardID(2), limits: LedgerLimits())
    let row = unsafe answer.withUnsafeBytes {
      unsafe books.row(of: request, endedSeconds: endedSeconds, answer: $0)
    }
    let kept = unsafe books.withAnswer(of: row) { unsafe [UInt8]($0) }
    let isEqual =
      row.facts.kind == request.kind.rawValue && row.facts.outcome == request.outcome.rawValue
      && row.facts.state == request.stateByte && books.number(of: row) == request.number
      && books.stampSeconds(of: row, endedSeconds: endedSeconds) == request.stampSeconds
      && row.requestID == request.requestID && row.fingerprint == request.fingerprint
      && kept == answer && books.hasAnswer(row) == !answer.isEmpty
    return (row.facts.form, isEqual)
  }

  @Test func aRowHasFortyBytes() { #expect(MemoryLayout<EndedRow>.stride == 40) }

  @Test func theUsualRequestFitsAWord() {
    let stamp = RequestID.stampSeconds(Self.uuid7)
    #expect(stamp > 0)
    let now = stamp + 1_000
    #expect(roundTrip(request(), endedSeconds: now) == (.unstamped, true))
    #expect(
      roundTrip(request(id: Self.uuid7, stamp: stamp), endedSeconds: now) == (.stampedByID, true))
    // A UUIDv7 that was sent with a time of its own, and an old one without a stamp.
    #expect(
      roundTrip(request(id: Self.uuid7, stamp: stamp + 1), endedSeconds: now) == (.aged, true))
    #expect(roundTrip(request(id: Self.uuid7), endedSeconds: now) == (.unstamped, true))
  }

  @Test func everyAgeAndNumberComesBack() {
    let now: UInt32 = 1_700_000_000
    let day: UInt32 = 86_400
    for (stamp, form) in [
      (now + 300, EndedFacts.Form.aged), (now, .aged), (now - day, .aged), (now - 3 * day, .aged),
      (now - 4 * day, .block), (now + 513, .block), (1, .block), (UInt32.max, .block),
    ] {
      #expect(roundTrip(request(stamp: stamp), endedSeconds: now) == (form, true), "\(stamp)")
    }
    for (number, form) in [
      (0, EndedFacts.Form.unstamped), (1 << 53 - 1, .unstamped), (1 << 53, .block),
      (UInt64.max, .block),
    ] {
      #expect(roundTrip(request(number: number), endedSeconds: now) == (form, true), "\(number)")
    }
    for (number, form) in [
      (UInt64(1) << 35 - 1, EndedFacts.Form.aged), (1 << 35, .block),
    ] {
      let asked = request(number: number, stamp: now - 5)
      #expect(roundTrip(asked, endedSeconds: now) == (form, true), "\(number)")
    }
  }

  @Test func everyKindOutcomeAndStateComesBack() {
    for kind in CommandKind.allCases where !kind.isMeta {
      for outcome in [FillOutcome.full, .partial, .none] {
        for state in ReservationState.allCases.map(Optional.some) + [nil] {
          let asked = request(kind: kind, outcome: outcome, state: state)
          #expect(roundTrip(asked, endedSeconds: 9).isEqual, "\(kind) \(outcome)")
        }
      }
    }
    #expect(roundTrip(request(), endedSeconds: 9, answer: [1, 2, 3]) == (.block, true))
  }

  /// The floor rises to what the forgotten requests said, also when many seconds lie between them.
  @Test(arguments: 1...3 as ClosedRange<UInt64>)
  func ruleQ2_theFloorIsThatOfADumbModel(seed: UInt64) {
    var limits = LedgerLimits()
    limits.endedRequestsMax = 20
    limits.endedReservationsKept = 8
    var random = SeededRandom(seed: seed)
    var shop = Shop.stocked(["A": 1_000], limits: limits)
    var ended: [Int64] = [Int64.min]
    var floor: Int64 = 0
    for n in 1...200 {
      if random.chance(1, in: 3) { shop.pass(Int64(random.below(5_000))) }
      let stamp = shop.now + 200_000 - Int64(random.below(400_000_000))
      guard stamp >= floor else { continue }
      let isByID = random.chance(1, in: 2)
      let id = isByID ? RequestRuleTests.uuid7(at: stamp, n) : "plain-\(n)"
      let answer = shop.send(
        .adjust(sku: "A", location: "L1", delta: 1), id: id, sentAt: isByID ? Absent.time : stamp)
      #expect(answer.refusal == CallRefusal.none)
      ended.append((stamp + 999) / 1_000 * 1_000 + 1)
      while ended.count > 20 { floor = max(floor, ended.removeFirst()) }
      #expect(shop.ledger.requestFloor.milliseconds == floor, "after \(n)")
    }
    #expect(floor > 0)
  }

  @Test func ruleQ2_aSupplyDeltaIsAnsweredAsFirst() {
    var shop = Shop.stocked(["A": 10])
    let usual = shop.send(.adjust(sku: "A", location: "L1", delta: 5), id: "a")
    shop.reserve(12)
    let short = shop.send(.adjust(sku: "A", location: "L1", delta: -9), id: "b")
    #expect(short != usual)
    shop.send(.adjust(sku: "A", location: "L1", delta: 100), id: "c")
    #expect(shop.send(.adjust(sku: "A", location: "L1", delta: 5), id: "a") == usual)
    #expect(shop.send(.adjust(sku: "A", location: "L1", delta: -9), id: "b") == short)
    #expect(
      shop.send(.adjust(sku: "A", location: "L1", delta: 6), id: "a").refusal == .requestIDReused)
  }
}
