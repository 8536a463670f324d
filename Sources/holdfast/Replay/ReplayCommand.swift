import ArgumentParser
import Foundation
import NIOCore
import NIOPosix
import ReservationClient
import WireFormat
import Workload

struct ReplayCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Play real orders through the cluster, then audit what came of it.",
    discussion: """
      Reads Online Retail CSV, plain or .gz; without a file it makes a seeded set of the same \
      shape. Orders are reserved (as much of each line as there is) and confirmed from every \
      region against that region's own node; cancellations release. Prints the report as one \
      line of JSON; exit code 1 when the audit fails. p50 and p99 are those of single calls, \
      retries included.
      """)

  @Option(help: "The order file.") var orders: String?
  @OptionGroup var connection: ConnectionOptions
  @Option(help: "Clients in each region, 1 to 1,024.") var concurrency = 16
  @Option(help: "Orders and cancellations a second; else as fast as it goes.") var rate: Double?
  @Option(name: .customLong("repeat"), help: "How often to play the file.") var rounds = 1
  @Option(help: "Supply as a fraction of the demand.") var supplyFraction = 0.6
  @Option(help: "Seed of the regions' spread and of the made-up orders.") var seed: UInt64 = 1
  @Option(help: "Also write the report to this file.") var report: String?
  @Flag(help: "Print the report only as JSON, without words on standard error.") var json = false

  func validate() throws {
    guard (1...1_024).contains(concurrency) else {
      throw ValidationError("--concurrency must be from 1 to 1024")
    }
    guard (1...100_000).contains(rounds) else {
      throw ValidationError("--repeat must be from 1 to 100000")
    }
    guard rate.map({ $0 > 0 && $0.isFinite }) ?? true else {
      throw ValidationError("--rate must be above 0")
    }
    guard (0...1_000).contains(supplyFraction) else {
      throw ValidationError("--supply-fraction must be from 0 to 1000")
    }
  }

  func run() async throws {
    do {
      try await play()
    } catch {
      throw commandEnding(for: error)
    }
  }

  private func play() async throws {
    let context = try ClientContext.load(connection.context, plaintext: connection.plaintext)
    let file = try readOrders()
    if !json { tell(file.tally) }
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    defer { group.shutdownGracefully { _ in } }
    let session = try await ReplaySession.open(context, group.next())
    var settings = ReplaySettings()
    settings.supplyPartsPerMillion = Int64((supplyFraction * 1_000_000).rounded())
    settings.rounds = rounds
    settings.seed = seed
    let plan = ReplayPlan(file, regions: session.regions, settings: settings)
    guard !plan.events.isEmpty else { throw UsageError("there are no orders in the file") }
    let world = ReplayWorld(run: runName(), plan: plan)
    var pace = ReplayPace()
    pace.clientsPerRegion = concurrency
    pace.perSecond = rate
    let (result, verdict) = try await session.play(world, pace)
    try finish(result, verdict)
  }

  private func readOrders() throws -> RetailFile {
    if let orders { return try OrderFile.read(orders) }
    var synthetic = SyntheticRetail()
    synthetic.seed = seed
    var file = RetailFile()
    try file.read(synthetic.csv())
    return file
  }

  /// New in every run: the second and some chance, short enough for names.
  private func runName() -> String {
    String(wallMilliseconds() / 1_000, radix: 36)
      + String(UInt16.random(in: 1_296...46_655), radix: 36)
  }

  private func tell(_ tally: CleaningTally) {
    for (name, value) in tally.lines { say("\(value) \(name)") }
    if !tally.nonStockCodes.isEmpty {
      let codes = tally.nonStockCodes.prefix(20).map { "\($0.code) \($0.rows)" }
      say("no stock: " + codes.joined(separator: ", "))
    }
    for fault in tally.badRowSamples { say("line \(fault.line): \(fault.reason)") }
  }

  private func finish(_ result: ReplayReport, _ verdict: Verdict) throws {
    if !json {
      for (name, value) in result.fields { say("\(name) \(value)") }
    }
    let findings = [
      ("oversold", verdict.oversold), ("lost", verdict.lost), ("twice", verdict.duplicates),
      ("books", verdict.conservation), ("unreadable", verdict.unreadable),
    ]
    for (kind, list) in findings {
      for finding in list.prefix(10) { say("\(kind): \(finding.subject) \(finding.reason)") }
      if list.count > 10 { say("\(kind): and \(list.count - 10) more") }
    }
    printLine(result.json)
    if let report {
      do {
        try (result.json + "\n").write(toFile: report, atomically: true, encoding: .utf8)
      } catch {
        throw UsageError("cannot write \(report): \(error.localizedDescription)")
      }
    }
    guard result.auditHolds else {
      say("The audit FAILED.")
      throw Exit.refused
    }
  }
}
