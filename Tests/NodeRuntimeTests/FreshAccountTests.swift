import GRPCTransport
import NodeRuntime
import Primitives
import ReservationClient
import Testing
import WireFormat

/// What one node was told of the catalog, another one does not deny.
@Suite(.timeLimit(.minutes(2)))
struct FreshAccountTests {
  @Test func anAccountIsKnownToTheNodeThatDidNotTakeItsPut() async throws {
    try await PairHarness.with { pair in
      for number in 0..<10 {
        let (puts, asks) = (number % 2, (number + 1) % 2)
        let account = try await put("owner-\(number)", on: pair, at: puts)
        var supply = API.AdjustSupplyRequest(source: "test", account: account, delta: 5)
        supply.requestID = "fresh-\(number)"
        // A shard that has yet to hear of the account says so with another code.
        _ = try await pair.settled(
          .adjustSupply, supply, at: asks, while: [.unavailable],
          as: API.AdjustSupplyResponse.self)
      }
    }
  }

  @Test func anAccountsPositionIsKnownToTheNodeThatDidNotTakeItsPut() async throws {
    try await PairHarness.with { pair in
      for number in 0..<10 {
        let account = try await put("owner-\(number)", on: pair, at: number % 2)
        var ask = API.GetPositionRequest()
        (ask.sku, ask.location, ask.owner) = (account.sku, account.location, account.owner)
        let position = try await pair.settled(
          .getPosition, ask, at: (number + 1) % 2, while: [.unavailable],
          as: API.GetPositionResponse.self)
        #expect(position.pool == "p")
      }
    }
  }

  @Test func anAccountThatNobodyPutIsUnknownToAllNodes() async throws {
    try await PairHarness.with { pair in
      let account = AccountKey(sku: "s", location: "shelf-eu", owner: "nobody")
      for node in 0..<2 {
        let refused = await #expect(throws: GRPCStatus.self) {
          try await pair.settled(
            .adjustSupply, API.AdjustSupplyRequest(source: "test", account: account, delta: 5),
            at: node, while: [.unavailable], as: API.AdjustSupplyResponse.self)
        }
        #expect(refused?.code == .notFound)
        let details = try API.Status(decoding: try #require(refused).details)
        #expect(RequestRefusal(details)?.reason == .unknownAccount)
      }
    }
  }

  private func put(_ owner: String, on pair: PairHarness, at node: Int) async throws -> AccountKey {
    let account = AccountKey(sku: "s", location: "shelf-eu", owner: owner)
    _ = try await pair.settled(
      .putAccount, API.PutAccountRequest(account: account, pool: "p"), at: node,
      while: [.unavailable], as: API.PutAccountResponse.self)
    return account
  }
}
