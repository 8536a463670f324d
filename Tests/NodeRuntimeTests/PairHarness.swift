import Foundation
import GRPCTransport
import Logging
import NIOCore
import NIOPosix
import NodeCore
import NodeRuntime
import Primitives
import RaftConsensus
import ReservationClient
import ServiceLifecycle
import WireFormat

/// Two nodes or three in this process, in the regions `eu`, `us` and `ap`, each with a member in each
/// shard. A pool `p` over two regions has one SKU `s` in each: node 1 leads (p, eu), node 2 (p, us).
struct PairHarness {
  /// Plaintext channels to the nodes, in order.
  let channels: [GRPCChannel]
  /// The nodes' ports for other nodes.
  let ports: [Int]
  /// Where the channels lead to.
  let plaintextPorts: [Int]

  static let regions = ["eu", "us"]

  static func with(
    nodes: Int = 2, _ change: (inout RuntimeSettings) -> Void = { _ in },
    _ body: (PairHarness) async throws -> Void
  ) async throws {
    try await NodeHarness.withFolder { folder in
      try await with(folder: folder, nodes: nodes, change, body)
    }
  }

  /// The same on a folder for nodes that come one after the other; node n has the folder `n` in it.
  static func with(
    folder: String, nodes: Int = 2, _ change: (inout RuntimeSettings) -> Void = { _ in },
    _ body: (PairHarness) async throws -> Void
  ) async throws {
    try await run(folder: folder, nodes: nodes, change) { harness in
      try await harness.stock()
      try await body(harness)
    }
  }

  /// The same without a pool.
  static func run(
    folder: String, nodes: Int = 2, loggers: [Logger] = [],
    _ change: (inout RuntimeSettings) -> Void = { _ in },
    _ body: (PairHarness) async throws -> Void
  ) async throws {
    let ports = try LoopbackPorts.take(nodes)
    let seats = (0..<nodes).map { at in
      NodeSeat(
        id: NodeID(UInt64(at + 1)), region: Array((regions + ["ap"])[at].utf8),
        zone: Array("a".utf8),
        address: Array("127.0.0.1:\(ports[at])".utf8))
    }
    try await run(seats, ports, folder, loggers, change) { nodes in
      try await body(
        PairHarness(
          channels: nodes.map(\.channel), ports: ports, plaintextPorts: nodes.map(\.port)))
    }
  }

  /// Runs the nodes one inside the other, so that each is stopped however the body ends.
  private static func run(
    _ seats: [NodeSeat], _ ports: [Int], _ folder: String, _ loggers: [Logger],
    _ change: (inout RuntimeSettings) -> Void, _ nodes: [(channel: GRPCChannel, port: Int)] = [],
    _ body: ([(channel: GRPCChannel, port: Int)]) async throws -> Void
  ) async throws {
    guard nodes.count < seats.count else { return try await body(nodes) }
    let at = nodes.count
    var settings = RuntimeSettings(
      core: NodeSettings(node: seats[at].id, nodes: seats, raft: RaftSettings(), seed: 1),
      directory: folder + "/\(at + 1)", grpc: .init(host: "127.0.0.1", port: ports[at]),
      plaintext: .init(host: "127.0.0.1", port: 0), identity: try TestIdentity.node(at + 1))
    settings.drainSeconds = 1
    change(&settings)
    try FileManager.default.createDirectory(
      atPath: settings.directory, withIntermediateDirectories: true)
    let logger = loggers.isEmpty ? NodeHarness.quiet() : loggers[at]
    try await NodeHarness.run(settings, logger: logger) { port in
      let channel = GRPCChannel(
        host: "127.0.0.1", port: port, tls: nil,
        eventLoop: MultiThreadedEventLoopGroup.singleton.next())
      defer { channel.close() }
      try await run(seats, ports, folder, loggers, change, nodes + [(channel, port)], body)
    }
  }

  // MARK: Calls

  /// Makes a call at one node.
  func call<Response: WireMessage>(
    _ method: HoldfastMethod, _ request: some WireMessage, at node: Int,
    _ metadata: Metadata = Metadata(), timeout: TimeAmount = patience,
    as: Response.Type = Response.self
  ) async throws -> Response {
    let bytes = try await channels[node].unary(
      MethodPath(method.path), message: request.encoded(),
      options: CallOptions(
        deadline: .now() + timeout, metadata: metadata, waitForReady: true))
    return try Response(decoding: bytes)
  }

  /// Repeats a call that is free to repeat until the cluster is there for it; gives up with what it
  /// was told last.
  func settled<Response: WireMessage>(
    _ method: HoldfastMethod, _ request: some WireMessage, at node: Int,
    while codes: Set<GRPCTransport.StatusCode> = [.unavailable, .notFound],
    as: Response.Type = Response.self
  ) async throws -> Response {
    let end = NIODeadline.now() + patience
    while true {
      do {
        return try await call(method, request, at: node)
      } catch let status as GRPCStatus {
        guard codes.contains(status.code), .now() < end else { throw status }
        await Task.yield()
      }
    }
  }

  private func stock() async throws {
    for region in Self.regions {
      _ = try await settled(
        .putLocation,
        API.PutLocationRequest(location: "shelf-\(region)", region: region, zone: "a"),
        at: 0, as: API.PutLocationResponse.self)
    }
    _ = try await settled(
      .putPool,
      API.PutPoolRequest(
        pool: "p", regions: Self.regions, locations: Self.regions.map { "shelf-\($0)" }),
      at: 0, as: API.PutPoolResponse.self)
    _ = try await settled(
      .putSku, API.PutSkuRequest(sku: "s"), at: 0, as: API.PutSkuResponse.self)
    for at in 0..<2 {
      _ = try await settled(
        .putAccount, API.PutAccountRequest(account: account(at), pool: "p"), at: 0,
        as: API.PutAccountResponse.self)
    }
    for at in 0..<2 {
      let supply = API.AdjustSupplyRequest(source: "test", account: account(at), delta: 100)
      for node in 0..<2 {
        // Both nodes know the account by then, and who leads its shard.
        var again = supply
        again.requestID = "stock-\(at)"
        _ = try await settled(.adjustSupply, again, at: node, as: API.AdjustSupplyResponse.self)
      }
    }
  }

  /// The account of one region.
  func account(_ at: Int) -> AccountKey {
    AccountKey(sku: "s", location: "shelf-\(Self.regions[at])", owner: "o")
  }

  /// Units of the SKU that are reserved in one region, by a linearizable read.
  func reserved(_ at: Int) async throws -> Int64 {
    var query = API.QueryAvailabilityRequest()
    query.pool = "p"
    query.region = Self.regions[at]
    query.skus = ["s"]
    let answer = try await settled(
      .queryAvailability, query, at: at, as: API.QueryAvailabilityResponse.self)
    return answer.skus.first?.reserved ?? -1
  }
}
