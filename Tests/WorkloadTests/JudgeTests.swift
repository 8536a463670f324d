import Testing

@testable import Workload

/// A run against the dumb model, with the evidence that it gives; each test then plants one wrong.
private struct Run {
  var model = LedgerModel()
  var history = History()
  var numbers: [Int?] = []

  init() {
    for location in ["eu-1", "eu-2"] {
      for sku in ["A", "B"] {
        let name = AccountName(sku: sku, location: location, owner: "us")
        model.addAccount(name, onHand: 10)
        let account = history.account(name)
        history.supplySent(account, units: 10)
        history.supplyAnswered(account, units: 10)
      }
    }
    order("o1", [SKUUnits(sku: "A", quantity: 15), SKUUnits(sku: "B", quantity: 2)])
    order("o2", [SKUUnits(sku: "A", quantity: 15)])
    order("o3", [SKUUnits(sku: "A", quantity: 1)])
    release(0, [SKUUnits(sku: "A", quantity: 4)])
    order("o4", [SKUUnits(sku: "A", quantity: 3)])
    release(3, [SKUUnits(sku: "A", quantity: 3)])
  }

  mutating func order(_ id: String, _ lines: [SKUUnits], confirmed: Bool = true) {
    let order = history.reserveSent(orderID: id, region: 0, asked: lines)
    let number = model.reserve(
      requestID: id, orderID: id, lines: lines, fill: .partial, deadline: 100)
    numbers.append(number)
    guard let number else { return history.reserveAnswered(order, name: "", claims: []) }
    let claims = model.reservations[number].lines.map {
      UnitClaim(account: $0.account, quantity: $0.reserved)
    }
    history.reserveAnswered(order, name: "r\(number)", claims: claims)
    guard confirmed else { return }
    history.confirmSent(order)
    if model.confirm(number) { history.confirmAnswered(order) }
  }

  mutating func release(_ order: Int, _ lines: [SKUUnits]) {
    let release = history.releaseSent(order, lines: lines)
    guard let number = numbers[order], model.release(number, lines) else {
      return history.releaseRefused(release, reason: "no such reservation")
    }
    let left = model.reservations[number].lines.map {
      UnitClaim(account: $0.account, quantity: $0.reserved - $0.released)
    }
    history.releaseAnswered(release, left: left)
  }

  func observed(_ number: Int) -> ObservedReservation {
    let reservation = model.reservations[number]
    return ObservedReservation(
      name: "r\(number)", orderID: reservation.orderID, state: reservation.state,
      lines: reservation.lines.map {
        .init(
          account: $0.account, reserved: $0.reserved, fulfilled: $0.fulfilled,
          released: $0.released)
      })
  }

  var evidence: Evidence {
    Evidence(
      lookups: numbers.map { $0.map { .found(observed($0)) } ?? .notAsked },
      listed: model.reservations.indices.map(observed),
      books: model.accounts.indices.map { account in
        var books = ObservedBooks()
        books.onHand = model.accounts[account].onHand
        books.promised = model.promised(account)
        books.unpromised = books.onHand - books.promised
        return books
      })
  }
}

@Suite struct JudgeTests {
  @Test func aRightRunHolds() {
    let run = Run()
    let verdict = Judge.verdict(run.history, run.evidence)
    #expect(verdict.holds, "\(verdict)")
    let report = ReplayReport(run.history, verdict)
    #expect(report.auditHolds)
    #expect(report.reservedUnits == 17 + 5 + 3)
    #expect(report.refusedUnits == 11)
  }

  @Test func unitsPromisedTwiceInTheBooksAreOversold() {
    let run = Run()
    var evidence = run.evidence
    evidence.books[0]!.promised = 13
    let verdict = Judge.verdict(run.history, evidence)
    #expect(verdict.oversoldUnits == 3)
    #expect(!verdict.holds)
  }

  @Test func reservationsBeyondTheSupplyAreOversoldWhateverTheBooksSay() {
    let run = Run()
    var evidence = run.evidence
    evidence.listed[1].lines[0].reserved += 8
    #expect(Judge.verdict(run.history, evidence).oversoldUnits > 0)
  }

  /// Once released again, only the clients' own history still shows it.
  @Test func momentaryOversellIsRemembered() {
    var run = Run()
    let account = 2
    let order = run.history.reserveSent(
      orderID: "o5", region: 0, asked: [SKUUnits(sku: "A", quantity: 9)])
    run.numbers.append(nil)
    run.history.reserveAnswered(
      order, name: "r9", claims: [UnitClaim(account: account, quantity: 9)])
    let release = run.history.releaseSent(order, lines: [])
    run.history.releaseAnswered(release, left: [])
    let excess = run.history.accounts[account].oversold
    #expect(excess == 9)
    let verdict = Judge.verdict(run.history, run.evidence)
    #expect(verdict.oversoldUnits == excess)
  }

  @Test func aReleaseUnderWayIsNoOversell() {
    var run = Run()
    _ = run.history.releaseSent(1, lines: [SKUUnits(sku: "A", quantity: 5)])
    let order = run.history.reserveSent(
      orderID: "o5", region: 0, asked: [SKUUnits(sku: "A", quantity: 5)])
    run.history.reserveAnswered(
      order, name: "r9", claims: [UnitClaim(account: 2, quantity: 5)])
    #expect(run.history.accounts.allSatisfy { $0.oversold == 0 })
  }

  @Test func anAcknowledgedReservationThatIsGoneIsLost() {
    let run = Run()
    var evidence = run.evidence
    evidence.lookups[0] = .missing
    #expect(Judge.verdict(run.history, evidence).lost.count == 1)
  }

  @Test func aReservationThatNoListShowsIsLost() {
    let run = Run()
    var evidence = run.evidence
    evidence.listed.remove(at: 1)
    #expect(Judge.verdict(run.history, evidence).lost.map(\.subject) == ["r1"])
  }

  @Test func fewerUnitsThanAcknowledgedAreLost() {
    let run = Run()
    var evidence = run.evidence
    var found = run.observed(0)
    found.lines[0].reserved -= 1
    evidence.lookups[0] = .found(found)
    #expect(Judge.verdict(run.history, evidence).lost.count == 1)
  }

  @Test(arguments: [ObservedState.held, .expired, .released])
  func aConfirmationThatIsForgottenIsLost(state: ObservedState) {
    let run = Run()
    var evidence = run.evidence
    var found = run.observed(1)
    found.state = state
    evidence.lookups[1] = .found(found)
    #expect(Judge.verdict(run.history, evidence).lost.count == 1)
  }

  @Test func anAcknowledgedReleaseThatIsForgottenIsLost() {
    let run = Run()
    var evidence = run.evidence
    var found = run.observed(0)
    for line in found.lines.indices { found.lines[line].released = 0 }
    evidence.lookups[0] = .found(found)
    #expect(Judge.verdict(run.history, evidence).lost.count == 1)
  }

  @Test func twoReservationsOfOneOrderAreADoubleEffect() {
    let run = Run()
    var evidence = run.evidence
    var twin = run.observed(0)
    twin.name = "r77"
    evidence.listed.append(twin)
    #expect(Judge.verdict(run.history, evidence).duplicates.map(\.subject) == ["r77"])
  }

  @Test func aReservationOfNoOrderIsADoubleEffect() {
    let run = Run()
    var evidence = run.evidence
    evidence.listed.append(.init(name: "r77", orderID: "x", state: .released, lines: []))
    #expect(Judge.verdict(run.history, evidence).duplicates.count == 1)
  }

  @Test func aReservationThatWasToldNotToExistIsADoubleEffect() {
    let run = Run()
    var evidence = run.evidence
    evidence.listed.append(.init(name: "r77", orderID: "o3", state: .released, lines: []))
    #expect(Judge.verdict(run.history, evidence).duplicates.map(\.subject) == ["r77"])
  }

  @Test func aReleaseThatActedTwiceIsADoubleEffect() {
    let run = Run()
    var evidence = run.evidence
    let line = evidence.listed[0].lines.firstIndex { $0.released > 0 }!
    evidence.listed[0].lines[line].released *= 2
    let verdict = Judge.verdict(run.history, evidence)
    #expect(verdict.duplicates.map(\.subject) == ["r0"])
    #expect(!verdict.conservation.isEmpty)
  }

  @Test func aSupplyFactThatActedTwiceIsADoubleEffect() {
    let run = Run()
    var evidence = run.evidence
    evidence.books[3]!.onHand += 10
    evidence.books[3]!.unpromised += 10
    let verdict = Judge.verdict(run.history, evidence)
    #expect(verdict.duplicates.count == 1)
    #expect(verdict.conservation.isEmpty)
  }

  @Test func unbalancedBooksBreakConservation() {
    let run = Run()
    var evidence = run.evidence
    evidence.books[3]!.unpromised -= 1
    #expect(Judge.verdict(run.history, evidence).conservation.count == 1)
  }

  @Test func lostSupplyBreaksConservation() {
    let run = Run()
    var evidence = run.evidence
    evidence.books[3]!.onHand -= 1
    evidence.books[3]!.unpromised -= 1
    #expect(Judge.verdict(run.history, evidence).conservation.count == 1)
  }

  @Test func booksThatCannotBeReadFailTheAudit() {
    let run = Run()
    var evidence = run.evidence
    evidence.books[0] = nil
    let verdict = Judge.verdict(run.history, evidence)
    #expect(!verdict.holds)
    #expect(!ReplayReport(run.history, verdict).auditHolds)
  }

  /// Trap 40: an unknown outcome may be either, and neither is an error.
  @Test(arguments: [true, false])
  func unknownOutcomesMayHaveActedOrNot(acted: Bool) {
    var run = Run()
    let lines = [SKUUnits(sku: "B", quantity: 3)]
    let order = run.history.reserveSent(orderID: "o5", region: 0, asked: lines)
    run.numbers.append(nil)
    if acted {
      _ = run.model.reserve(
        requestID: "o5", orderID: "o5", lines: lines, fill: .partial, deadline: 9)
    }
    run.history.reserveUnknown(order)
    let release = run.history.releaseSent(1, lines: [SKUUnits(sku: "A", quantity: 2)])
    if acted { _ = run.model.release(1, [SKUUnits(sku: "A", quantity: 2)]) }
    run.history.releaseUnknown(release)
    let verdict = Judge.verdict(run.history, run.evidence)
    #expect(verdict.holds, "\(verdict)")
    #expect(run.history.unknownOutcomes == 2)
  }

  @Test func reportHasTheContractsNamesInOrder() {
    var report = ReplayReport()
    report.orders = 3
    report.seconds = 1.5
    report.conservationOK = true
    #expect(
      report.json == """
        {"orders":3,"lines":0,"reserved_units":0,"refused_units":0,"oversold_units":0,\
        "lost_acknowledged":0,"duplicate_effects":0,"conservation_ok":true,\
        "cancellations_unmatched":0,"seconds":1.500,"orders_per_second":0.000,"p50_ms":0.000,\
        "p99_ms":0.000,"unknown_outcomes":0}
        """)
  }
}

@Suite struct LatencyHistogramTests {
  @Test func percentilesAreWithinOnePartInThirtyTwo() {
    var histogram = LatencyHistogram()
    for microseconds in 1...10_000 { histogram.add(nanoseconds: UInt64(microseconds) * 1_000) }
    #expect(abs(histogram.milliseconds(perMille: 500) - 5) < 0.2)
    #expect(abs(histogram.milliseconds(perMille: 990) - 9.9) < 0.35)
    #expect(histogram.milliseconds(perMille: 1_000) == 10)
    #expect(LatencyHistogram().milliseconds(perMille: 500) == 0)
  }
}
