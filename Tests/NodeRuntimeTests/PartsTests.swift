import GRPCTransport
import NIOCore
import NodeCore
import NodeRuntime
import Primitives
import RaftConsensus
import ReservationClient
import Testing
import WireFormat

/// Calls whose parts belong to shards that different nodes lead.
@Suite(.timeLimit(.minutes(1)))
struct PartsTests {
  @Test func ruleQ3_aBatchOverTwoNodesIsAnsweredInOrder() async throws {
    try await PairHarness.with { pair in
      let batch = batch(regions: (0..<40).map { $0 % 2 })
      let first: API.BatchReserveResponse = try await pair.call(.batchReserve, batch, at: 0)
      #expect(first.results.map { $0.response?.requestID } == batch.requests.map(\.requestID))
      let names = first.results.map { $0.response?.reservation?.name ?? "" }
      for (number, name) in names.enumerated() {
        #expect(name.hasPrefix("pools/p/regions/\(PairHarness.regions[number % 2])/"))
      }
      // The same ids through the other node act no second time (trap 10).
      let again: API.BatchReserveResponse = try await pair.call(.batchReserve, batch, at: 1)
      #expect(again.results.map { $0.response?.reservation?.name ?? "" } == names)
      #expect(try await pair.reserved(0) == 20)
      #expect(try await pair.reserved(1) == 20)
    }
  }

  /// Node 2 takes no message as large as its part; what node 1 leads stands all the same. The limit
  /// is far above what nodes tell each other meanwhile.
  @Test func aPartThatFailsIsItsItemsAlone() async throws {
    try await PairHarness.with({
      if $0.core.node == NodeID(2) { $0.server.messageBytesMax = 16 << 10 }
    }) { pair in
      let regions = [1, 0, 1, 0] + Array(repeating: 1, count: 1_000)
      let answer: API.BatchReserveResponse = try await pair.call(
        .batchReserve, batch(regions: regions), at: 0)
      let wrong = zip(answer.results, regions).filter { result, region in
        result.error?.reason != (region == 0 ? nil : .overloaded)
          || (result.response?.outcome == .full) != (region == 0)
      }
      #expect(answer.results.count == regions.count)
      #expect(wrong.count == 0)
      #expect(try await pair.reserved(0) == 2)
      #expect(try await pair.reserved(1) == 0)
    }
  }

  /// Node 2 hangs; what the others decide is answered in time, and its items say that they were not.
  @Test func trap37_aPartThatIsNotInByTheDeadlineIsItsItemsAlone() async throws {
    let hang = Hang()
    try await PairHarness.with(
      nodes: 3,
      {
        // Nobody takes over while the test runs.
        $0.core.raft.electionNanoseconds = 6_000_000_000...7_000_000_000
        $0.metricsMilliseconds = 10
        if $0.core.node == NodeID(2) { $0.metrics = hang }
      }
    ) { pair in
      // Before the nodes are stopped.
      defer { hang.end() }
      await hang.begin()
      // At once: both are over long before somebody takes over, also on a busy machine.
      async let batched: API.BatchReserveResponse = pair.call(
        .batchReserve, batch(regions: [1, 0, 1, 0]), at: 0, timeout: .seconds(1))
      async let counted: API.SyncSupplyResponse = pair.call(
        .syncSupply, count(of: [pair.account(1), pair.account(0)]), at: 0, timeout: .seconds(1))
      let (answer, count) = try await (batched, counted)
      #expect(
        answer.results.map(\.error?.reason) == [.deadlinePassed, nil, .deadlinePassed, nil])
      #expect(count.rows.map(\.error?.reason) == [.deadlinePassed, nil])
      #expect(count.rows.map(\.outcome) == [.unspecified, .applied])
    }
  }

  @Test func whoAsksForHintsGetsThemItemByItem() async throws {
    try await PairHarness.with { pair in
      var metadata = Metadata()
      metadata.add("holdfast-route", "none")
      let answer: API.BatchReserveResponse = try await pair.call(
        .batchReserve, batch(regions: [0, 1]), at: 0, metadata)
      #expect(answer.results[0].response?.outcome == .full)
      #expect(answer.results[1].error?.leaderHint?.node == 2)
    }
  }

  @Test func ruleS3_aCountOverTwoNodesHasAnOutcomeForEachRow() async throws {
    try await PairHarness.with { pair in
      let nowhere = AccountKey(sku: "s", location: "attic", owner: "o")
      let count = count(of: [pair.account(1), nowhere, pair.account(0)])
      for node in [0, 1] {
        let answer: API.SyncSupplyResponse = try await pair.call(.syncSupply, count, at: node)
        #expect(answer.requestID == "count-1")
        #expect(answer.rows.map(\.outcome) == [.applied, .unspecified, .applied])
        #expect(answer.rows[1].error?.reason == .unknownAccount)
        #expect(Set(answer.positions.map(\.shard)).count == 2)
      }
    }
  }

  /// An empty region is that of the node that the caller asked, also where the call ends up.
  @Test func ruleQ1_aForwardedCallKeepsTheRegionOfTheNodeThatWasAsked() async throws {
    try await PairHarness.with { pair in
      var metadata = Metadata()
      metadata.add("holdfast-forwarded-by", "2")
      let channel = GRPCChannel(
        host: "127.0.0.1", port: pair.ports[0],
        tls: ClientTLS(identity: try TestIdentity.node(2), expectedURI: "holdfast:node/1"),
        eventLoop: pair.channels[0].eventLoop)
      defer { channel.close() }
      var request = batch(regions: [0]).requests[0]
      request.region = ""
      let status = await #expect(throws: GRPCStatus.self) {
        _ = try await channel.unary(
          MethodPath(HoldfastMethod.reserve.path), message: request.encoded(),
          options: CallOptions(
            deadline: .now() + patience, metadata: metadata, waitForReady: true))
      }
      // Node 1 does not lead (p, us), and forwards no forwarded call.
      let details = try API.Status(decoding: try #require(status).details)
      #expect(details.leaderHint?.node == 2)
      #expect(try await pair.reserved(0) == 0)
    }
  }

  private func count(of accounts: [AccountKey]) -> API.SyncSupplyRequest {
    var count = API.SyncSupplyRequest()
    count.requestID = "count-1"
    count.source = "erp"
    count.sourceVersion = 7
    count.countedAt = LogTime(milliseconds: 1_700_000_000_000)
    count.rows = accounts.map { API.SyncSupplyRow(account: $0, onHand: 70) }
    return count
  }

  /// A batch of orders of one unit each, in these regions.
  private func batch(regions: [Int]) -> API.BatchReserveRequest {
    var batch = API.BatchReserveRequest()
    for (number, region) in regions.enumerated() {
      var request = API.ReserveRequest(
        pool: "p", region: PairHarness.regions[region], orderID: "o\(number)",
        lines: [API.ReserveLine(sku: "s", quantity: 1)])
      request.requestID = "r\(number)"
      batch.requests.append(request)
    }
    return batch
  }
}
