// The shard that a bench measures: a pool of its own with more stock than a run can reserve.

import GRPCTransport
import NIOCore
import ReservationClient
import WireFormat

/// What the server's side says at one moment.
struct BenchReading {
  var reservationsMade: UInt64 = 0
  var cpuNanoseconds: Int64 = 0
  var syncNanoseconds: Int64 = 0
}

struct BenchTarget: Sendable {
  let pool: String
  let region: String
  let skus: [String]
  let leader: NodeAddress
  private let client: ReservationClient
  /// Talks to the leader's node alone.
  private let leaderClient: ReservationClient

  var template: ReserveTemplate { template(ttl: nil) }

  func template(ttl: Duration?) -> ReserveTemplate {
    var request = API.ReserveRequest(pool: pool, region: region, orderID: "bench", lines: [])
    request.channel = "bench"
    request.ttl = ttl
    return ReserveTemplate(request, skus: skus)
  }

  /// A linearizable read of the first SKU.
  var query: [UInt8] {
    var request = API.QueryAvailabilityRequest()
    request.pool = pool
    request.region = region
    request.skus = [skus[0]]
    return request.encoded()
  }

  static func prepare(
    _ context: ClientContext, _ eventLoop: any EventLoop, region: String?, skus: Int
  ) async throws -> BenchTarget {
    let client = ReservationClient(
      context.settings, eventLoop: eventLoop, timeout: .seconds(60))
    let cluster = try await client.send(API.DescribeClusterRequest())
    guard let first = cluster.nodes.first else {
      throw ClientFailure.malformedAnswer(.describeCluster)
    }
    let chosen = region ?? first.region
    guard cluster.nodes.contains(where: { $0.region == chosen }) else {
      throw UsageError("no node is in region \(chosen); see `holdfast status`")
    }
    let run = String(wallMilliseconds(), radix: 36)
    let names = (0..<skus).map { "bench-\($0)" }
    let pool = "bench-\(run)"
    try await makeStock(client, pool: pool, region: chosen, run: run, skus: names)
    let leader = try await findLeader(client, context, pool: pool)
    var settings = context.settings
    settings.endpoints = [leader]
    return BenchTarget(
      pool: pool, region: chosen, skus: names, leader: leader, client: client,
      leaderClient: ReservationClient(settings, eventLoop: eventLoop, timeout: .seconds(30)))
  }

  private static func makeStock(
    _ client: ReservationClient, pool: String, region: String, run: String, skus: [String]
  ) async throws {
    let location = "bench-\(run)"
    try await put(
      client, API.PutLocationRequest(location: location, region: region, zone: "a"))
    try await put(
      client, API.PutPoolRequest(pool: pool, regions: [region], locations: [location]))
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      for sku in skus {
        tasks.addTask {
          let account = AccountKey(sku: sku, location: location, owner: "bench")
          try await put(client, API.PutSkuRequest(sku: sku))
          try await put(client, API.PutAccountRequest(account: account, pool: pool))
          try await fill(client, account)
        }
      }
      try await tasks.waitForAll()
    }
  }

  private static func put(
    _ client: ReservationClient, _ call: some StampedCall
  ) async throws {
    let stamp = await client.stamp(now: wallMilliseconds())
    _ = try await client.send(call.stamped(stamp), route: .catalog)
  }

  /// Puts units on hand, once the account's shard has heard of it.
  private static func fill(_ client: ReservationClient, _ account: AccountKey) async throws {
    let stamp = await client.stamp(now: wallMilliseconds())
    let request = API.AdjustSupplyRequest(
      source: "bench", account: account, delta: 1_000_000_000_000
    ).stamped(stamp)
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(30)
    while true {
      do {
        _ = try await client.send(request, route: .location(account.location))
        return
      } catch {
        guard case .refused(let failure) = error, failure.code == .notFound,
          clock.now < deadline
        else { throw error }
      }
      try await Task.sleep(for: .milliseconds(20))
    }
  }

  private static func findLeader(
    _ client: ReservationClient, _ context: ClientContext, pool: String
  ) async throws -> NodeAddress {
    let cluster = try await client.send(API.DescribeClusterRequest())
    guard let shard = cluster.shards.first(where: { $0.pool == pool }), shard.leader != 0,
      let node = cluster.nodes.first(where: { $0.id == shard.leader })
    else { throw ReplayError("the shard of \(pool) has no leader") }
    // Endpoints of a context are in the order of the nodes' ids.
    if context.endpoints.count == cluster.nodes.count,
      let index = cluster.nodes.firstIndex(where: { $0.id == node.id })
    {
      return context.endpoints[index]
    }
    guard let endpoint = NodeAddress(node.address) else {
      throw ReplayError("node \(node.id) has no address for clients")
    }
    return endpoint
  }

  func measure() async throws -> BenchReading {
    let cluster = try await client.send(API.DescribeClusterRequest())
    let node = try await leaderClient.send(API.DescribeNodeRequest())
    return BenchReading(
      reservationsMade: cluster.shards.first { $0.pool == pool }?.reservationsMade ?? 0,
      cpuNanoseconds: nanoseconds(node.cpuTime), syncNanoseconds: nanoseconds(node.syncP50))
  }

  /// The leader's node alone: what it takes, and how many reservations hold units in the pool.
  func inspectLeader() async throws -> (node: API.DescribeNodeResponse, live: UInt64) {
    let node = try await leaderClient.send(API.DescribeNodeRequest())
    return (node, node.seats.first { $0.pool == pool }?.liveReservations ?? 0)
  }

  func close() async {
    await client.close()
    await leaderClient.close()
  }
}

func nanoseconds(_ duration: Duration?) -> Int64 {
  guard let parts = duration?.components else { return 0 }
  return parts.seconds * 1_000_000_000 + parts.attoseconds / 1_000_000_000
}
