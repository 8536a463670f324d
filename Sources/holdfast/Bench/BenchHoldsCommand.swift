import ArgumentParser
import NIOCore
import NIOPosix
import ReservationClient
import WireFormat

struct BenchHoldsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench-holds", abstract: "Measure what many live holds cost one shard.",
    discussion: """
      Makes a pool of its own with one hot SKU and fills its shard with live one-line holds. A \
      sample of unary calls is measured at a thousand holds and again at --holds: processor time \
      of the server per call, and latency. While it fills, single calls at a steady rate look for \
      pauses, as tables grow and snapshots are taken. Memory is the server's resident memory.

      The holds live for a day. Exit code 1 when calls failed or the shard counts other holds \
      than were answered. `cluster/bench-holds` starts a server, runs this, and restarts the server.
      """)

  @OptionGroup var connection: ConnectionOptions
  @Option(help: "Live holds to reach.") var holds = 10_000_000
  @Option(help: "Requests in one BatchReserve of the filling.") var batch = 512
  @Option(help: "Batches under way at once.") var inFlight = 4
  @Option(help: "Unary calls in a sample.") var sample = 100_000
  @Option(help: "Single calls a second while it fills.") var probeRate = 200
  @Option(help: "The region whose shard is measured; else the first.") var region: String?
  @Flag(help: "Print the result as JSON.") var json = false

  func validate() throws {
    guard (1...8_192).contains(batch), (1...64).contains(inFlight) else {
      throw ValidationError("--batch must be from 1 to 8192, --in-flight from 1 to 64")
    }
    guard (1...10_000_000).contains(sample), (1...10_000).contains(probeRate) else {
      throw ValidationError("--sample must be up to 10000000, --probe-rate up to 10000")
    }
    guard (2 * sample + 1_000...1_000_000_000).contains(holds) else {
      throw ValidationError("--holds must be from 1000 and two samples to 1000000000")
    }
  }

  func run() async throws {
    do {
      let context = try ClientContext.load(connection.context, plaintext: connection.plaintext)
      let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
      defer { group.shutdownGracefully { _ in } }
      let loop = group.next()
      let target = try await BenchTarget.prepare(context, loop, region: region, skus: 1)
      let run = HoldsRun(target, context.settings, loop, batch: batch)
      let report = try await measure(run)
      printLine(json ? report.json : report.table)
      await target.close()
      try check(report)
    } catch {
      throw commandEnding(for: error)
    }
  }

  private func measure(_ run: HoldsRun) async throws -> HoldsReport {
    var report = HoldsReport(pool: run.target.pool, batch: batch)
    report.empty = try await run.read()
    report.few = try await run.sample(from: 1_000, calls: sample)
    report.fill = await run.fill(
      to: UInt64(holds - sample), inFlight: inFlight,
      probe: BenchPacer(callsPerSecond: probeRate))
    report.full = try await run.read()
    report.many = try await run.sample(from: UInt64(holds - sample), calls: sample)
    report.answered = run.made
    report.end = try await run.read()
    return report
  }

  private func check(_ report: HoldsReport) throws {
    let failed = report.errors
    guard failed == 0, report.end.live == report.answered else {
      say(
        "\(failed) calls failed; \(report.answered) holds answered, \(report.end.live) live.")
      throw Exit.refused
    }
  }
}
