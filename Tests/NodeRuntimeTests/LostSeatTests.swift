import GRPCTransport
import NIOCore
import NodeCore
import NodeRuntime
import Primitives
import ReservationClient
import Testing
import WireFormat

/// A node whose seat in a shard was taken away still serves the shard's callers.
@Suite(.timeLimit(.minutes(1)))
struct LostSeatTests {
  /// Node 1 founds both shards and is replaced by node 2 in both. After a restart it knows of nobody
  /// but founders: it asks everybody else, from both lanes.
  @Test(arguments: [1, 2])
  func aNodeWhoseSeatsAreClosedFindsItsShardsAfterARestart(lanes: Int) async throws {
    try await NodeHarness.withFolder { folder in
      let log = RecordingLog()
      func run(_ body: (PairHarness) async throws -> Void) async throws {
        try await PairHarness.run(
          folder: folder, loggers: [log.logger, NodeHarness.quiet()],
          {
            $0.lanes = lanes
            $0.core.founders = [NodeID(1)]
            $0.core.closeAfterNanoseconds = 100_000_000
          }, body)
      }
      try await run { pair in
        try await pair.putPool()
        try await pair.change(.meta, .addLearner, node: 2)
        for shard in [ShardID(2), ShardID(3)] {
          try await pair.change(shard, .addLearner, node: 2)
          try await pair.change(shard, .promote, node: 2)
          try await pair.change(shard, .remove, node: 1)
        }
        let closed = { log.lines.count { $0.message.hasPrefix("closed group") } }
        let end = NIODeadline.now() + patience
        while closed() < 2, .now() < end { await Task.yield() }
        #expect(closed() == 2)
      }
      try await run { pair in
        for region in [0, 1] {
          let answer = try await pair.availability(region)
          #expect(answer.answered?.by != .stale)
        }
      }
    }
  }

  /// A watch on a node that lost its seat would show for ever what was true when it did.
  @Test func aWatchEndsWithTheSeatAndNamesAnotherNode() async throws {
    try await NodeHarness.withFolder { folder in
      try await PairHarness.run(folder: folder) { pair in
        try await pair.putPool()
        _ = try await pair.availability(0)
        let watcher = try await Watcher(pair.plaintextPorts[0], skus: 1, isPaused: false)
        #expect(await watcher.next() == 0)
        try await pair.change(ShardID(2), .remove, node: 1)
        let status = try #require(await watcher.end())
        let details = try API.Status(decoding: status.details)
        #expect(status.code == .unavailable)
        #expect(details.leaderHint?.node == 2)
        try await watcher.cancel()
      }
    }
  }

  /// Who is to lose its vote needs no catalog for that.
  @Test func aVoterWithoutASeatInTheCatalogCanBeDemoted() async throws {
    try await NodeHarness.withFolder { folder in
      try await PairHarness.run(folder: folder) { pair in
        try await pair.putPool()
        for region in [0, 1] { _ = try await pair.availability(region) }
        try await pair.change(.meta, .remove, node: 2)
        // The catalog has dropped the node when it is no more to be added anywhere.
        let (expected, end) = ("has no seat in the catalog's group", NIODeadline.now() + patience)
        var refusal = ""
        while !refusal.contains(expected), .now() < end {
          do {
            _ = try await pair.propose(ShardID(3), .addLearner, node: 2)
          } catch let status as GRPCStatus {
            refusal = status.message
          }
        }
        #expect(refusal.contains(expected))
        let members = try await pair.change(ShardID(2), .demote, node: 2).members
        #expect(members.first { $0.node == 2 }?.role == .learner)
      }
    }
  }
}

extension PairHarness {
  /// A pool over both regions without locations: its shards are 2 and 3.
  fileprivate func putPool() async throws {
    _ = try await settled(
      .putPool, API.PutPoolRequest(pool: "p", regions: Self.regions, locations: []), at: 0,
      as: API.PutPoolResponse.self)
  }

  private func request(
    _ shard: ShardID, _ kind: API.MemberChangeKind, _ node: UInt64
  ) -> API.ChangeMembersRequest {
    API.ChangeMembersRequest(
      shard: shard.rawValue, changes: [API.MemberChange(node: node, kind: kind)])
  }

  fileprivate func propose(
    _ shard: ShardID, _ kind: API.MemberChangeKind, node: UInt64
  ) async throws -> API.ChangeMembersResponse {
    try await call(.changeMembers, request(shard, kind, node), at: 0)
  }

  /// Proposes a change until it can be made: a learner has to catch up, a leader to be there.
  @discardableResult
  fileprivate func change(
    _ shard: ShardID, _ kind: API.MemberChangeKind, node: UInt64
  ) async throws -> API.ChangeMembersResponse {
    try await settled(
      .changeMembers, request(shard, kind, node), at: 0,
      while: [.unavailable, .failedPrecondition])
  }

  /// Asks node 1 for what its shard's leader knows.
  fileprivate func availability(_ region: Int) async throws -> API.QueryAvailabilityResponse {
    var query = API.QueryAvailabilityRequest()
    (query.pool, query.region, query.skus) = ("p", Self.regions[region], ["s"])
    return try await settled(.queryAvailability, query, at: 0)
  }
}
