import Foundation
import GRPCTransport
import LogStorage
import Logging
import NIOCore
import NodeCore
import Primitives
import Testing
import WireFormat

@testable import NodeRuntime

/// Rule C9: a node is listened to if it comes with the disk that it was first heard with.
@Suite(.timeLimit(.minutes(1)))
struct IntroductionTests {
  private let own = DiskName(Hash128(high: 9, low: 9))
  private let first = DiskName(Hash128(high: 1, low: 1))
  private let second = DiskName(Hash128(high: 2, low: 2))

  private func introductions(_ folder: String, _ log: RecordingLog) throws -> Introductions {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    return Introductions(
      node: NodeID(1), disk: own, peers: try PeerDisks(directory: folder),
      events: EventLog(log.logger),
      fatal: { Issue.record("ended: \($0)") })
  }

  private func answer(
    _ introductions: Introductions, _ node: UInt64, _ disk: DiskName,
    knowing others: [Greeting.Acquaintance] = []
  ) async -> RequestRefusal? {
    let greeting = Greeting(disk: disk, others: others)
    return await withCheckedContinuation { answer in
      introductions.introduce(NodeID(node), greeting) { answer.resume(returning: $0) }
    }
  }

  @Test func ruleC9_anotherDiskIsRefusedAndSaidOnce() async throws {
    try await NodeHarness.withFolder { folder in
      let log = RecordingLog()
      let introductions = try introductions(folder, log)
      #expect(await answer(introductions, 2, first) == nil)
      #expect(await answer(introductions, 2, first) == nil)
      for _ in 0..<3 {
        let refusal = await answer(introductions, 2, second)
        #expect(refusal?.reason == .notPermitted)
        #expect(refusal?.message.contains("a number that no node ever had") == true)
      }
      #expect(await answer(introductions, 2, first) == nil, "the node that it was may come back")
      #expect(introductions.refused == 3)
      #expect(log.lines.count { $0.message.hasPrefix("refused a node") } == 1)
      let later = try self.introductions(folder, log)
      #expect(await answer(later, 2, second)?.reason == .notPermitted)
    }
  }

  /// Node 3 was down when this one joined, and comes back with an empty folder: node 2 knew it.
  @Test func ruleC9_aDiskThatAnotherNodeKnewIsKnown() async throws {
    try await NodeHarness.withFolder { folder in
      let introductions = try introductions(folder, RecordingLog())
      let three = Greeting.Acquaintance(node: NodeID(3), disk: first)
      let itself = Greeting.Acquaintance(node: NodeID(1), disk: second)
      #expect(await answer(introductions, 2, first, knowing: [itself, three]) == nil)
      #expect(introductions.greeting.others.map(\.node) == [NodeID(2), NodeID(3)])
      #expect(await answer(introductions, 3, second)?.reason == .notPermitted)
      #expect(await answer(introductions, 3, first) == nil)
    }
  }

  /// What somebody says whose own disk is another's is nothing that anybody knows.
  @Test func ruleC9_whoIsRefusedIntroducesNobody() async throws {
    try await NodeHarness.withFolder { folder in
      let introductions = try introductions(folder, RecordingLog())
      #expect(await answer(introductions, 2, first) == nil)
      let three = Greeting.Acquaintance(node: NodeID(3), disk: second)
      #expect(await answer(introductions, 2, second, knowing: [three]) != nil)
      #expect(await answer(introductions, 3, first) == nil)
    }
  }

  @Test func aGreetingIsReadAsItWasWritten() {
    let others = (2...4).map { Greeting.Acquaintance(node: NodeID($0), disk: second) }
    for greeting in [Greeting(disk: first), Greeting(disk: first, others: others)] {
      let metadata = greeting.metadata
      let read = Greeting(
        disk: metadata["holdfast-disk"], others: metadata["holdfast-disks"] ?? [])
      #expect(read == greeting)
    }
    let name = Array(first.description.utf8)
    let wrong: [([UInt8]?, String)] = [
      (nil, ""), ([], ""), (Array("x".utf8), ""), (name, "2"), (name, "2=1"), (name, "0=\(second)"),
      (name, "two=\(second)"), (name, "2=\(second)=3"),
      (name, (1...257).map { "\($0)=\(second)" }.joined(separator: ",")),
    ]
    for (disk, others) in wrong {
      #expect(Greeting(disk: disk, others: Array(others.utf8)) == nil, "\(others)")
    }
  }

  /// Numbers are never used again: who is there has the highest.
  @Test func aGreetingThatIsFullNamesTheNewestNodes() {
    let all = (1...300).map { Greeting.Acquaintance(node: NodeID($0), disk: second) }
    let named = Greeting(disk: first, others: all).others.map(\.node.rawValue)
    #expect(named == Array(45...300))
  }

  /// Node 2 takes what node 1 says and is heard by nobody, so node 1 has no majority any more.
  @Test func ruleC9_aNodeWithAnEmptiedFolderIsNotHeard() async throws {
    let logs = [RecordingLog(), RecordingLog()]
    try await NodeHarness.withFolder { folder in
      try await PairHarness.with(folder: folder) { pair in
        let reserved = try await pair.reserved(0)
        #expect(reserved == 0)
      }
      try FileManager.default.removeItem(atPath: folder + "/2")
      try await PairHarness.run(folder: folder, loggers: logs.map(\.logger)) { pair in
        while !logs.allSatisfy({ $0.lines.contains { Self.isRefusal($0.message) } }) {
          await Task.yield()
        }
        var query = API.QueryAvailabilityRequest()
        (query.pool, query.region, query.skus) = ("p", "eu", ["s"])
        let request = query
        await #expect(throws: (any Error).self) {
          _ = try await pair.call(
            .queryAvailability, request, at: 0, timeout: .seconds(2),
            as: API.QueryAvailabilityResponse.self)
        }
      }
    }
  }

  private static func isRefusal(_ message: String) -> Bool {
    message.hasPrefix("refused a node") || message.hasPrefix("another node refuses")
  }
}
