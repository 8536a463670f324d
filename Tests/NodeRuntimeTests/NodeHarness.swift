import Foundation
import GRPCTransport
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NodeCore
import NodeRuntime
import Primitives
import RaftConsensus
import ReservationClient
import ServiceLifecycle
import WireFormat

/// One node, alone in its cluster, in this process and on a folder of its own.
struct NodeHarness {
  let client: ReservationClient
  let port: Int
  let channel: GRPCChannel

  static func with(
    _ change: (inout RuntimeSettings) -> Void = { _ in },
    _ body: (NodeHarness) async throws -> Void
  ) async throws {
    try await withFolder { try await with(folder: $0, change, body) }
  }

  /// A folder for nodes that come one after the other.
  static func withFolder(_ body: (String) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("holdfast-node-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try await body(folder)
  }

  /// Runs a node on `folder` until `body` is done.
  static func with(
    folder: String, logger: Logger = quiet(),
    _ change: (inout RuntimeSettings) -> Void = { _ in },
    _ body: (NodeHarness) async throws -> Void
  ) async throws {
    var settings = try settings(folder)
    change(&settings)
    try await run(settings, logger: logger) { port in
      let harness = make(port)
      do {
        try await body(harness)
      } catch {
        harness.channel.close()
        throw error
      }
      await harness.client.close()
      harness.channel.close()
    }
  }

  /// Runs a node until `body` is done; it is told the node's plaintext port.
  static func run(
    _ settings: RuntimeSettings, logger: Logger = quiet(), _ body: (Int) async throws -> Void
  ) async throws {
    let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
    let node = HoldfastNode(settings: settings, logger: logger) {
      continuation.yield($0.plaintext!.port!)
    }
    let group = ServiceGroup(configuration: .init(services: [node], logger: quiet()))
    let running = Task {
      // Nobody waits for the port of a node that could not start.
      defer { continuation.finish() }
      try await group.run()
    }
    do {
      guard let port = await ports.first(where: { _ in true }) else { throw CancellationError() }
      try await body(port)
    } catch {
      await group.triggerGracefulShutdown()
      try await running.value
      throw error
    }
    await group.triggerGracefulShutdown()
    try await running.value
  }

  static func quiet() -> Logger {
    Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
  }

  private static func make(_ port: Int) -> NodeHarness {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let endpoint = NodeAddress("127.0.0.1:\(port)")!
    return NodeHarness(
      client: ReservationClient(
        ClusterSettings(endpoints: [endpoint], tls: nil), eventLoop: loop, timeout: patience),
      port: port,
      channel: GRPCChannel(host: "127.0.0.1", port: port, tls: nil, eventLoop: loop))
  }

  private static func settings(_ folder: String) throws -> RuntimeSettings {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let seat = NodeSeat(
      id: NodeID(1), region: Array("eu".utf8), zone: Array("a".utf8),
      address: Array("127.0.0.1:1".utf8))
    var settings = RuntimeSettings(
      core: NodeSettings(node: seat.id, nodes: [seat], raft: RaftSettings(), seed: 1),
      directory: folder, grpc: .init(host: "127.0.0.1", port: 0),
      plaintext: .init(host: "127.0.0.1", port: 0), identity: try TestIdentity.node(1))
    settings.drainSeconds = 1
    return settings
  }

  /// A pool with one account and this many units.
  func stock(units: Int64) async throws {
    try await put(API.PutLocationRequest(location: "shelf", region: "eu", zone: "a"))
    try await put(API.PutPoolRequest(pool: "p", regions: ["eu"], locations: ["shelf"]))
    try await put(API.PutSkuRequest(sku: "s"))
    let account = AccountKey(sku: "s", location: "shelf", owner: "o")
    try await put(API.PutAccountRequest(account: account, pool: "p"))
    try await adjust(account, by: units)
  }

  /// More or fewer units for the account of `stock`.
  func adjust(
    _ account: AccountKey = AccountKey(sku: "s", location: "shelf", owner: "o"), by units: Int64
  ) async throws {
    let request = API.AdjustSupplyRequest(source: "test", account: account, delta: units)
    _ = try await client.send(
      request.stamped(await client.stamp(now: wall())), route: .location("shelf"))
  }

  func put(_ call: some StampedCall) async throws {
    _ = try await client.send(
      call.stamped(await client.stamp(now: wall())), route: .catalog)
  }

  func wall() -> Int64 { Int64(Date().timeIntervalSince1970 * 1_000) }
}

enum TestIdentity {
  /// Nodes 1 to 3 of one authority, made once per test run.
  private static let nodes = Result { try make() }

  static func node(_ id: Int) throws -> TLSIdentity { try nodes.get()[id - 1] }

  private static func make() throws -> [TLSIdentity] {
    let authority = try CertificateAuthority(name: "holdfast test root")
    return try (1...3).map { id in
      let issued = try authority.issue(
        commonName: "node-\(id)", uris: ["holdfast:node/\(id)"], dnsNames: ["localhost"],
        ipAddresses: ["127.0.0.1"])
      return try TLSIdentity(
        certificatePEM: issued.certificatePEM, keyPEM: issued.keyPEM,
        rootsPEM: authority.certificatePEM)
    }
  }
}

/// Enough for any loaded machine, and a bound all the same.
let patience = TimeAmount.seconds(20)
