import GRPCTransport
import NIOCore
import NIOPosix
import NodeCore
import Primitives
import ReservationClient
import StockLedger
import Testing
import WireFormat

@testable import NodeRuntime

@Suite(.timeLimit(.minutes(1)))
struct WatchTests {
  /// A watcher that takes nothing is sent what its window and one buffer hold, and not what happens
  /// meanwhile; when it goes on, it gets to the newest state by the next message. Another watcher
  /// of the same shard is told of everything in time.
  @Test func trap28_aSlowWatcherSkipsToTheNewestState() async throws {
    let rounds = 40
    try await NodeHarness.with({ $0.server.streamSendBytesHigh = 16 << 10 }) { node in
      try await node.stock(units: 1)
      // The same SKU again and again: each change is worth a large message.
      let slow = try await Watcher(node.port, skus: 1_000, isPaused: true)
      let fast = try await Watcher(node.port, skus: 1, isPaused: false)
      #expect(await fast.next() == 1)
      for round in 2...rounds {
        try await node.adjust(by: 1)
        #expect(await fast.next() == Int64(round))
      }
      try await slow.resume()
      var states: [Int64] = []
      while states.last != Int64(rounds), let next = await slow.next() { states.append(next) }
      #expect(states.last == Int64(rounds))
      #expect(states.count < 12, "\(states)")
      #expect(states == states.sorted())
      try await slow.cancel()
      try await fast.cancel()
    }
  }

  /// A tick may end before it has looked at all; the next goes on where it ended.
  @Test func watchersTakeTurns() {
    let watches = (0..<3).map { number in
      Watch(call: CallHandle(token: UInt64(number)), shard: ShardID(2), skus: ["s"], day: nil)
    }
    var list = WatchList()
    #expect(list.takeNext() == nil)
    for watch in watches { list.add(watch) }
    let turns = (0..<4).map { _ in list.takeNext() }
    #expect(turns.map { $0?.call } == [0, 1, 2, 0].map { watches[$0].call })
    list.remove(watches[1])
    #expect((0..<2).map { _ in list.takeNext()?.call } == [2, 0].map { watches[$0].call })
  }

  /// The same across event loops: half of the shards and connections are elsewhere.
  @Test func watchersAreToldAcrossLanes() async throws {
    try await NodeHarness.with({ $0.lanes = 2 }) { node in
      try await node.stock(units: 1)
      var watchers: [Watcher] = []
      for _ in 0..<4 { watchers.append(try await Watcher(node.port, skus: 1, isPaused: false)) }
      for round in 1...5 {
        for watcher in watchers { #expect(await watcher.next() == Int64(round)) }
        try await node.adjust(by: 1)
      }
      for watcher in watchers { try await watcher.cancel() }
    }
  }

  /// Two ledgers that differ: nobody knows which is right, the shard stops, and what a watch showed
  /// is not to be trusted. Node 2's build is made to refuse what node 1's takes.
  @Test func ruleC10_aWatchEndsWhenTheLedgersDifferAndNoMajorityAgrees() async throws {
    try await PairHarness.with({
      $0.core.digestEveryMilliseconds = 50
      if $0.core.node == NodeID(2) { $0.core.ledger.quantityMax = 100 }
    }) { pair in
      let watcher = try await Watcher(pair.plaintextPorts[0], skus: 1, isPaused: false)
      #expect(await watcher.next() == 100)
      // Digests are taken at log times; each entry moves the log time on.
      let (account, end) = (pair.account(0), NIODeadline.now() + patience)
      var refusal: GRPCStatus?
      while refusal == nil, .now() < end {
        do {
          _ = try await pair.call(
            .adjustSupply, API.AdjustSupplyRequest(source: "test", account: account, delta: 1_000),
            at: 0, as: API.AdjustSupplyResponse.self)
        } catch let status as GRPCStatus {
          refusal = status
        }
      }
      for status in [refusal, await watcher.end()] {
        let failure = CallFailure(try #require(status))
        #expect(failure.code == .unavailable)
        #expect(failure.reason == "LEDGERS_DIFFER")
      }
      try await watcher.cancel()
    }
  }
}
