import ArgumentParser
import NIOCore
import NIOPosix
import ReservationClient
import WireFormat
import Workload

struct BenchCommand: AsyncParsableCommand {
  enum Keys: String, ExpressibleByArgument, CaseIterable { case hot, zipf }

  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measure how fast one shard reserves.",
    discussion: """
      Makes a pool of its own, reserves one unit a request with a new request id each, reads every \
      outcome, and compares the ledger's own count with the answers. Exit code 1 when they differ \
      or calls failed.

      With --rate the load is open: calls go out at a steady rate whatever becomes of those \
      before, and latency counts from when a call was due. At most --in-flight are under way: a \
      call that finds no place waits (late), or is never sent (missed). append_sync_ms is what \
      the disk alone needs: the median of bare 35 KB appends and fdatasyncs before and after.

      With --reads the calls are linearizable reads, and the result says how many were answered \
      under a lease and how many after a majority was asked.

      With --echo the same load goes to a server that does nothing (cluster/bench/nghttp2_echo.c): \
      what is left of latency there is this load generator, the loopback and the machine.
      """)

  @OptionGroup var connection: ConnectionOptions
  @Option(help: "Connections to the shard's leader.") var connections = 4
  @Option(help: "Calls under way at once, over all connections.") var inFlight = 1_024
  @Option(help: "Requests in one BatchReserve, up to 8192; 0 makes unary calls.") var batch = 0
  @Flag(help: "Linearizable reads of one SKU in place of reservations.") var reads = false
  @Option(help: "How long to measure, in seconds.") var seconds = 5.0
  @Option(help: "How long to run before that, in seconds.") var warmup = 1.0
  @Option(help: "One hot SKU, or many with Zipf's distribution.") var keys = Keys.hot
  @Option(help: "SKUs with --keys zipf.") var skus = 1_000
  @Option(help: "The region whose shard is measured; else the first.") var region: String?
  @Option(help: "Event loops of this load generator.") var threads = 1
  @Option(help: "Calls a second at a steady rate; without it as many as there are answers.")
  var rate: Int?
  @Option(help: "With --rate, where the disk is measured.") var dir = "."
  @Option(
    help: "HOST:PORT of a server that gives back what it gets, in plaintext, in place of a cluster."
  )
  var echo: String?
  @Flag(help: "Print the result as JSON.") var json = false

  func validate() throws {
    guard echo == nil || (NodeAddress(echo!) != nil && batch == 0 && keys == .hot) else {
      throw ValidationError("--echo must be HOST:PORT, without --batch and --keys")
    }
    guard !reads || (batch == 0 && echo == nil && keys == .hot) else {
      throw ValidationError("--reads goes without --batch, --echo and --keys")
    }
    guard (1...256).contains(connections) else {
      throw ValidationError("--connections must be from 1 to 256")
    }
    guard (connections...(connections * 1_024)).contains(inFlight) else {
      throw ValidationError("--in-flight must be from 1 to 1024 for each connection")
    }
    guard (0...8_192).contains(batch) else {
      throw ValidationError("--batch must be from 0 to 8192")
    }
    guard seconds > 0, seconds <= 3_600, warmup >= 0, warmup <= 600 else {
      throw ValidationError("--seconds must be above 0 and at most 3600, --warmup at most 600")
    }
    guard (1...100_000).contains(skus), (1...64).contains(threads), threads <= connections else {
      throw ValidationError("--skus must be up to 100000, --threads at most --connections")
    }
    guard (threads...BenchPacer.callsPerSecondMax).contains(rate ?? threads) else {
      throw ValidationError(
        "--rate must be from 1 for each thread to \(BenchPacer.callsPerSecondMax)")
    }
  }

  func run() async throws {
    do {
      let group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
      defer { group.shutdownGracefully { _ in } }
      if let echo = echo.flatMap({ NodeAddress($0) }) { return try await measure(echo, group) }
      let context = try ClientContext.load(connection.context, plaintext: connection.plaintext)
      let target = try await BenchTarget.prepare(
        context, group.next(), region: region, skus: keys == .hot ? 1 : skus)
      var syncs = rate == nil ? [] : try await AppendSync.measure(in: dir)
      let before = try await target.measure()
      var load = load(target.template, skus: target.skus.count)
      if reads { load.query = target.query }
      let counts = await drive(load, context.settings, target.leader, group)
      let after = try await target.measure()
      if rate != nil { syncs += try await AppendSync.measure(in: dir) }
      try show(counts, before, after, syncs)
      await target.close()
    } catch {
      throw commandEnding(for: error)
    }
  }

  /// The floor: the same load on a server without a ledger and a disk.
  private func measure(
    _ echo: NodeAddress, _ group: MultiThreadedEventLoopGroup
  ) async throws {
    let request = API.ReserveRequest(pool: "bench", region: "eu", orderID: "bench", lines: [])
    var load = load(ReserveTemplate(request, skus: ["bench-0"]), skus: 1)
    load.isEcho = true
    let settings = ClusterSettings(endpoints: [echo], tls: nil)
    var syncs = try await AppendSync.measure(in: dir)
    let counts = await drive(load, settings, echo, group)
    syncs += try await AppendSync.measure(in: dir)
    try show(counts, BenchReading(), BenchReading(), syncs)
  }

  private func load(_ template: ReserveTemplate, skus: Int) -> BenchLoad {
    BenchLoad(
      template: template, skus: skus, batch: batch,
      warmup: .nanoseconds(Int64(warmup * 1e9)), duration: .nanoseconds(Int64(seconds * 1e9)))
  }

  private func drive(
    _ load: BenchLoad, _ settings: ClusterSettings, _ endpoint: NodeAddress,
    _ group: MultiThreadedEventLoopGroup
  ) async -> BenchCounts {
    var settings = settings
    settings.endpoints = [endpoint]
    let loops = (0..<threads).map { _ in group.next() }
    let pacer = rate.map { BenchPacer(callsPerSecond: $0) }
    return await withTaskGroup(of: BenchCounts.self) { [connections, inFlight, threads] tasks in
      for (index, loop) in loops.enumerated() {
        let ownConnections = connections / threads + (index < connections % threads ? 1 : 0)
        let ownCalls = inFlight / threads + (index < inFlight % threads ? 1 : 0)
        var ownLoad = load
        ownLoad.pacer = pacer?.share(index, of: threads)
        tasks.addTask { [settings, ownLoad] in
          await runBenchLane(
            ownLoad, settings, loop, connections: ownConnections, inFlight: ownCalls,
            seed: UInt64(index))
        }
      }
      var total = BenchCounts()
      for await counts in tasks { total.add(counts) }
      return total
    }
  }

  private func show(
    _ counts: BenchCounts, _ before: BenchReading, _ after: BenchReading, _ syncs: [Double]
  ) throws {
    let report = BenchReport(
      counts: counts, before: before, after: after, seconds: seconds, batch: batch,
      connections: connections, inFlight: inFlight, rate: rate, syncs: syncs, isOfReads: reads)
    printLine(json ? report.json : report.table)
    if counts.missed > 0 {
      say("\(counts.missed) calls were due and never sent: the rate is more than was answered.")
    }
    try check(counts, made: after.reservationsMade - before.reservationsMade)
  }

  private func check(_ counts: BenchCounts, made: UInt64) throws {
    // An echo's answers say nothing of reservations: none is counted.
    let answered = counts.outcomes[1] + counts.outcomes[2]
    if counts.errors > 0 {
      say("\(counts.errors) calls failed: \(counts.firstError)")
      throw Exit.refused
    }
    guard made == answered else {
      say("The ledger made \(made) reservations, but \(answered) were answered.")
      throw Exit.refused
    }
  }
}
