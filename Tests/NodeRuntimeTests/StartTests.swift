import GRPCTransport
import NodeCore
import NodeRuntime
import Primitives
import RaftConsensus
import ReservationClient
import Testing
import WireFormat

@Suite(.timeLimit(.minutes(1)))
struct StartTests {
  /// What was acknowledged before a restart is there for the first call after READY, although it is
  /// committed only when the node leads again, and applied entry by entry.
  @Test func aNodeIsReadyWhenItsCommittedLogIsApplied() async throws {
    try await NodeHarness.withFolder { folder in
      var names: [String] = []
      try await NodeHarness.with(folder: folder) { node in
        try await node.stock(units: 100)
        for number in 1...20 { names.append(try await reserve(number, on: node)) }
      }
      try await NodeHarness.with(
        folder: folder,
        {
          $0.core.raft.electionNanoseconds = 600_000_000...700_000_000
          $0.core.raft.handOutBytesMax = 1
        }
      ) { node in
        var request = API.GetReservationRequest()
        request.name = try #require(names.last)
        request.read = .stale
        let answer = try await node.client.send(request)
        #expect(answer.reservation?.orderID == "o20")
        let description = try await node.client.send(API.DescribeNodeRequest())
        #expect(description.node?.state == .serving)
      }
    }
  }

  /// Its peer never comes: what it can't know to be committed keeps no node from READY.
  @Test func aNodeWithoutAMajorityIsReadyAllTheSame() async throws {
    let absent = NodeSeat(
      id: NodeID(2), region: Array("us".utf8), zone: Array("a".utf8),
      address: Array("127.0.0.1:1".utf8))
    try await NodeHarness.with({
      $0.core = NodeSettings(
        node: NodeID(1), nodes: $0.core.nodes + [absent], raft: $0.core.raft, seed: 1)
    }) { node in
      let description = try await node.client.send(API.DescribeNodeRequest())
      #expect(description.node?.state == .serving)
    }
  }

  /// A ledger that does not move keeps the others waiting for so long and no longer.
  @Test func aLedgerThatStandsStillIsNotWaitedForWithoutEnd() async throws {
    try await NodeHarness.withFolder { folder in
      try await NodeHarness.with(folder: folder) { try await $0.stock(units: 1) }
      let log = RecordingLog()
      try await NodeHarness.with(
        folder: folder, logger: log.logger,
        {
          // It does not lead before the test is over, and cannot know its last entry committed.
          $0.core.raft.electionNanoseconds = 600_000_000_000...600_000_000_001
          $0.recoveryStall = .milliseconds(50)
        }
      ) { node in
        let description = try await node.client.send(API.DescribeNodeRequest())
        #expect(description.node?.state == .serving)
        #expect(log.lines.contains { $0.message == "serving without these entries" })
      }
    }
  }

  private func reserve(_ number: Int, on node: NodeHarness) async throws -> String {
    let request = API.ReserveRequest(
      pool: "p", region: "eu", orderID: "o\(number)",
      lines: [API.ReserveLine(sku: "s", quantity: 1)])
    let answer = try await node.client.send(
      request.stamped(await node.client.stamp(now: node.wall())))
    return try #require(answer.reservation).name
  }
}
