import GRPCTransport
import NodeRuntime
import Primitives
import ReservationClient
import Testing
import WireFormat

/// What one node was told of the catalog, another one does not deny.
@Suite(.timeLimit(.minutes(2)))
struct FreshAccountTests {
  /// By turns one node takes the put and the other one is asked; a shard that has yet to hear of the
  /// account says so with another code.
  @Test func anAccountIsKnownToAllNodesOnceItsPutIsAnswered() async throws {
    try await PairHarness.with { pair in
      for number in 0..<20 {
        let account = try await put(number, on: pair, at: number % 2)
        if number < 10 {
          try await supply(account, "fresh-\(number)", on: pair, at: (number + 1) % 2)
        } else {
          #expect(try await pool(of: account, on: pair, at: (number + 1) % 2) == "p")
        }
      }
      let nobodys = AccountKey(sku: "s", location: "shelf-eu", owner: "nobody")
      for node in 0..<2 {
        await expectUnknown { try await supply(nobodys, "none-\(node)", on: pair, at: node) }
        await expectUnknown { _ = try await pool(of: nobodys, on: pair, at: node) }
      }
    }
  }

  /// By turns in both regions: whoever leads the catalog, some shards are led by the other node.
  private func put(_ number: Int, on pair: PairHarness, at node: Int) async throws -> AccountKey {
    let region = PairHarness.regions[number / 2 % 2]
    let account = AccountKey(sku: "s", location: "shelf-\(region)", owner: "owner-\(number)")
    _ = try await pair.settled(
      .putAccount, API.PutAccountRequest(account: account, pool: "p"), at: node,
      while: [.unavailable], as: API.PutAccountResponse.self)
    return account
  }

  private func supply(
    _ account: AccountKey, _ id: String, on pair: PairHarness, at node: Int
  ) async throws {
    var supply = API.AdjustSupplyRequest(source: "test", account: account, delta: 5)
    supply.requestID = id
    _ = try await pair.settled(
      .adjustSupply, supply, at: node, while: [.unavailable], as: API.AdjustSupplyResponse.self)
  }

  private func pool(
    of account: AccountKey, on pair: PairHarness, at node: Int
  ) async throws -> String {
    var ask = API.GetPositionRequest()
    (ask.sku, ask.location, ask.owner) = (account.sku, account.location, account.owner)
    return try await pair.settled(
      .getPosition, ask, at: node, while: [.unavailable], as: API.GetPositionResponse.self
    ).pool
  }

  private func expectUnknown(_ call: () async throws -> Void) async {
    let refused = await #expect(throws: GRPCStatus.self) { try await call() }
    let details = refused.flatMap { try? API.Status(decoding: $0.details) }
    #expect(details.flatMap { RequestRefusal($0) }?.reason == .unknownAccount)
  }
}
