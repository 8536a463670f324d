import Primitives
import Testing

@testable import Workload

@Suite struct ReplayPlanTests {
  let regions = ["eu", "us", "ap"]

  @Test func countriesMapByTheTableAndTheUnitedKingdomIsSpread() {
    let table = RegionTable(regions: regions)
    #expect(table.region(country: "Germany", customer: "1", invoice: "2") == 0)
    #expect(table.region(country: "USA", customer: "1", invoice: "2") == 1)
    #expect(table.region(country: "Japan", customer: "1", invoice: "2") == 2)
    var counts = [0, 0, 0]
    for customer in 12_346..<15_346 {
      counts[table.region(country: "United Kingdom", customer: "\(customer)", invoice: "1")] += 1
    }
    #expect(counts.allSatisfy { $0 > 850 })
  }

  @Test func aCustomerKeepsItsRegionAndWithoutOneTheInvoiceDecides() {
    let table = RegionTable(regions: regions)
    func region(_ customer: String, _ invoice: String) -> Int {
      table.region(country: "United Kingdom", customer: customer, invoice: invoice)
    }
    #expect((0..<50).allSatisfy { region("17850", "\($0)") == region("17850", "1") })
    #expect(Set((0..<50).map { region("", "\($0)") }).count == 3)
    #expect((0..<50).allSatisfy { region("", "\($0)") == region("\($0)", "x") })
  }

  @Test func clustersWithOtherRegionsGetEveryCountry() {
    let table = RegionTable(regions: ["north", "south"])
    #expect(table.region(country: "Japan", customer: "", invoice: "1") == 0)
    #expect(table.region(country: "USA", customer: "", invoice: "1") == 1)
  }

  @Test func supplyIsTheFloorOfTheFractionOverTwoLocations() throws {
    let file = try retail(
      row("1", "71053", "6", country: "Germany"), row("2", "71053", "3", country: "France"),
      row("3", "71053", "1", country: "Japan"), row("C4", "71053", "-2", country: "Germany"))
    let plan = ReplayPlan(file, regions: regions)
    // Europe ordered 9 and gets floor(5.4) = 5 as 3 + 2; Asia's floor(0.6) is nothing.
    #expect(
      plan.supply == [
        PlannedSupply(sku: 0, region: 0, location: 0, units: 3),
        PlannedSupply(sku: 0, region: 0, location: 1, units: 2),
      ])
  }

  @Test func supplyGrowsWithTheRounds() throws {
    let file = try retail(row("1", "71053", "1", country: "Germany"))
    var settings = ReplaySettings()
    settings.rounds = 5
    let plan = ReplayPlan(file, regions: regions, settings: settings)
    #expect(plan.supply.reduce(0) { $0 + $1.units } == 3)
    #expect(plan.eventsInAll == 5)
  }

  @Test func ordersAboveTheLineLimitBecomeSeveral() throws {
    let file = try retail(row("1", "71053", "1"), row("1", "71054", "1"), row("1", "71055", "1"))
    var settings = ReplaySettings()
    settings.linesMax = 2
    let plan = ReplayPlan(file, regions: regions, settings: settings)
    #expect(plan.events.map(\.invoice) == ["1", "1-1"])
    #expect(plan.events.map(\.lines.count) == [2, 1])
  }

  @Test func scheduleKeepsACustomersEventsInOrderOverAllRounds() throws {
    var synthetic = SyntheticRetail()
    synthetic.orders = 300
    var file = RetailFile()
    try file.read(synthetic.csv())
    var settings = ReplaySettings()
    settings.rounds = 3
    let plan = ReplayPlan(file, regions: regions, settings: settings)
    var schedule = ReplaySchedule(plan)
    var random = SeededBytes(seed: 3)
    var running: [ReplaySchedule.Turn] = []
    var started: [String: [Int]] = [:]
    var played = 0
    func start(_ turn: ReplaySchedule.Turn) {
      let customer = plan.events[turn.event].customer
      #expect(customer.isEmpty || !running.contains { plan.events[$0.event].customer == customer })
      started[customer, default: []].append(turn.round * plan.events.count + turn.event)
      running.append(turn)
      played += 1
    }
    while !schedule.isFinished {
      while running.count < 48 {
        let region = Int(random.below(3))
        guard let turn = schedule.next(inRegion: region) else { break }
        start(turn)
      }
      let done = running.remove(at: Int(random.below(UInt64(running.count))))
      if let next = schedule.finish(done) { start(next) }
    }
    #expect(played == plan.eventsInAll)
    for (customer, turns) in started where !customer.isEmpty { #expect(turns == turns.sorted()) }
  }

  /// Clients who went on with a customer's next event moved to that event's region for good, until
  /// a region had none left and the replay stood still.
  @Test func aRegionKeepsItsClientsWhenCustomersOrderFromSeveral() throws {
    var file = RetailFile()
    try file.read(SyntheticRetail().csv())
    let plan = ReplayPlan(file, regions: regions)
    let crossings = plan.events.count { event in
      event.next.map { plan.events[$0].region != event.region } ?? false
    }
    #expect(crossings > 16, "more than a region has clients")
    for seed in 1...20 as ClosedRange<UInt64> {
      var schedule = ReplaySchedule(plan)
      var random = SeededBytes(seed: seed)
      var running: [ReplaySchedule.Turn] = []
      for region in 0..<3 {
        for _ in 0..<16 { if let turn = schedule.next(inRegion: region) { running.append(turn) } }
      }
      while !running.isEmpty {
        let done = running.remove(at: Int(random.below(UInt64(running.count))))
        if let next = schedule.finish(done) ?? schedule.next(inRegion: done.client) {
          running.append(next)
        }
      }
      // Not the schedule itself, which a failure would print whole.
      let left = plan.eventsInAll - schedule.finishedCount
      #expect(left == 0, "seed \(seed)")
    }
  }
}

@Suite struct CancellationMatcherTests {
  private func match(_ matcher: inout CancellationMatcher, _ quantity: Int64)
    -> CancellationMatcher.Match?
  {
    matcher.match(customer: "17850", RetailLine(sku: 4, quantity: quantity))
  }

  @Test func theNewestConfirmedOrderGivesTheUnits() {
    var matcher = CancellationMatcher()
    matcher.confirmed(order: 1, customer: "17850", sku: 4, units: 10)
    matcher.confirmed(order: 2, customer: "17850", sku: 4, units: 5)
    #expect(match(&matcher, 3) == .init(order: 2, sku: 4, quantity: 3))
    #expect(match(&matcher, 2) == .init(order: 2, sku: 4, quantity: 2))
    #expect(match(&matcher, 12) == .init(order: 1, sku: 4, quantity: 10))
    #expect(matcher.unmatchedLines == 0)
    #expect(matcher.unmatchedUnits == 2)
  }

  @Test func whatCannotBeMatchedIsCounted() {
    var matcher = CancellationMatcher()
    matcher.confirmed(order: 1, customer: "", sku: 4, units: 10)
    #expect(match(&matcher, 1) == nil)
    #expect(matcher.match(customer: "", RetailLine(sku: 4, quantity: 1)) == nil)
    #expect(matcher.unmatchedLines == 2)
  }
}

@Suite struct SyntheticRetailTests {
  @Test func hasTheShapeAndTheOdditiesOfTheRealFile() throws {
    var file = RetailFile()
    try file.read(SyntheticRetail().csv())
    let orders = file.documents.filter { $0.kind == .order }
    let lines = orders.reduce(0) { $0 + $1.lines.count }
    #expect((14...24).contains(lines / orders.count))
    #expect(orders.map(\.lines.count).max()! > 200)
    #expect(file.documents.contains { $0.kind == .cancellation })
    for count in [
      file.tally.duplicateRows, file.tally.recasedCodes, file.tally.nonStockRows,
      file.tally.missingCustomers, file.tally.decimalCustomers, file.tally.adjustments,
    ] { #expect(count > 0) }
    #expect(file.tally.badRows == 0)
  }

  @Test func theSameSeedGivesTheSameBytes() {
    var other = SyntheticRetail()
    #expect(other.csv() == SyntheticRetail().csv())
    other.seed = 2
    #expect(other.csv() != SyntheticRetail().csv())
  }
}
