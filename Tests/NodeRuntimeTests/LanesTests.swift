import GRPCTransport
import NodeRuntime
import Primitives
import ReservationClient
import Testing
import WireFormat

/// A node with more than one lane: shards, connections and the catalog meet across event loops.
@Suite(.timeLimit(.minutes(1)))
struct LanesTests {
  @Test func aNodeWithTwoLanesReservesFromShardsOfBoth() async throws {
    try await NodeHarness.with({ $0.lanes = 2 }) { node in
      var lanes: Set<UInt32> = []
      for number in 0..<4 {
        try await stock(number, on: node)
        for order in 0..<5 {
          let request = API.ReserveRequest(
            pool: "p\(number)", region: "eu", orderID: "o\(order)",
            lines: [API.ReserveLine(sku: "s", quantity: 2)])
          let answer = try await node.client.send(
            request.stamped(await node.client.stamp(now: node.wall())))
          #expect(answer.outcome == .full)
          lanes.insert(UInt32(try #require(answer.position).shard) % 2)
        }
      }
      #expect(lanes == [0, 1])
    }
  }

  /// On nodes of one lane and of two: no account that was put is unknown to the next call.
  @Test(arguments: [1, 2])
  func anAccountIsKnownToTheNodeThatAnsweredItsPut(lanes: Int) async throws {
    try await NodeHarness.with({
      $0.lanes = lanes
      $0.tickMilliseconds = 50
    }) { node in
      for number in 0..<8 { try await stock(number, on: node) }
    }
  }

  /// A pool of its own with ten units, which five orders of two take to the last.
  private func stock(_ number: Int, on node: NodeHarness) async throws {
    let shelf = "shelf\(number)"
    try await node.put(API.PutLocationRequest(location: shelf, region: "eu", zone: "a"))
    try await node.put(
      API.PutPoolRequest(pool: "p\(number)", regions: ["eu"], locations: [shelf]))
    try await node.put(API.PutSkuRequest(sku: "s"))
    let account = AccountKey(sku: "s", location: shelf, owner: "o")
    try await node.put(API.PutAccountRequest(account: account, pool: "p\(number)"))
    let supply = API.AdjustSupplyRequest(source: "test", account: account, delta: 10)
      .stamped(await node.client.stamp(now: node.wall()))
    // Whoever has the catalog's answer finds the account here; its shard is waited for by retries.
    _ = try await node.client.send(supply, route: .location(shelf))
  }
}
