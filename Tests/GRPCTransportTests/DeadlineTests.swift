import GRPCTransport
import NIOCore
import Testing

@Suite(.timeLimit(.minutes(1)))
struct DeadlineTests {
  /// Connects, so that a short deadline is the server's to see.
  private func warmUp(_ channel: GRPCChannel) async {
    let ready = await channel.call(
      TestMethod.echo.methodPath, message: [], options: .timeout(patience))
    #expect(ready.status == .ok)
  }

  @Test func trap37_aDeadlineEndsTheCallOnBothSides() async throws {
    try await TestServer.with { server in
      let channel = server.channel()
      defer { channel.close() }
      await warmUp(channel)
      let result = await channel.call(
        TestMethod.never.methodPath, message: [], options: .timeout(.seconds(1)))
      #expect(result.status.code == .deadlineExceeded)
      #expect(!result.neverProcessed)
      // By its own wheel or by the client's reset, whichever comes first.
      #expect(await server.journal.nextCancelled() != nil)
    }
  }

  @Test func trap37_theServerKeepsTheTimeByItself() async throws {
    try await TestServer.with { server in
      let peer = try await RawPeer.connect(port: server.port)
      await peer.open(
        stream: 1, path: TestMethod.never.path, extra: [("grpc-timeout", "50m")], message: [1])
      let answer = await peer.answer(stream: 1)
      #expect(answer.status == "4")
      #expect(answer.headerBlocks == 1)
      #expect(await server.journal.nextCancelled() == .deadline)
      await peer.close()
    }
  }

  @Test func trap37_anAnswerAfterTheDeadlineGoesNowhere() async throws {
    try await TestServer.with { server in
      let channel = server.channel()
      defer { channel.close() }
      await warmUp(channel)
      async let late = channel.call(
        TestMethod.never.methodPath, message: [], options: .timeout(.seconds(1)))
      let call = try #require(await server.journal.nextHeld())
      #expect(await late.status.code == .deadlineExceeded)
      _ = await server.journal.nextCancelled()
      try await server.loop.run { loop in
        loop.respond(call, message: [1, 2, 3], range: 0..<3)
        loop.fail(call, status: GRPCStatus(.aborted))
        #expect(!loop.isWritable(call))
        loop.flush()
      }
      let next = try await channel.unary(
        TestMethod.echo.methodPath, message: [9], options: .timeout(patience))
      #expect(next == [9])
    }
  }

  @Test func aDeadlineInThePastFailsAtOnce() async throws {
    try await TestServer.with { server in
      let channel = server.channel()
      defer { channel.close() }
      let result = await channel.call(
        TestMethod.echo.methodPath, message: [], options: CallOptions(deadline: .now()))
      #expect(result.status.code == .deadlineExceeded)
      #expect(result.neverProcessed)
    }
  }

  @Test func aCallWaitsForAServerOnlyWhenAsked() async throws {
    // A port that was free a moment ago.
    let port = try await TestServer.with { $0.port }
    let channel = GRPCChannel(
      host: "127.0.0.1", port: port, tls: nil, eventLoop: anyLoop())
    defer { channel.close() }
    let refused = await channel.call(
      TestMethod.echo.methodPath, message: [], options: .timeout(patience))
    #expect(refused.status.code == .unavailable)
    #expect(refused.neverProcessed)
    let waited = await channel.call(
      TestMethod.echo.methodPath, message: [],
      options: .timeout(.milliseconds(200), waitForReady: true))
    #expect(waited.status.code == .deadlineExceeded)
    #expect(waited.neverProcessed)
  }

  @Test(arguments: [
    ("1H", 3_600_000_000_000 as Int64), ("2M", 120_000_000_000), ("3S", 3_000_000_000),
    ("4m", 4_000_000), ("5u", 5_000), ("6n", 6), ("99999999n", 99_999_999),
    // Far beyond any clock: a year.
    ("99999999H", 31_536_000_000_000_000), ("99999999M", 31_536_000_000_000_000),
  ])
  func timeoutsAreRead(text: String, nanoseconds: Int64) {
    let parsed = unsafe Array(text.utf8).withUnsafeBytes { unsafe GRPCTimeout.parse($0) }
    #expect(parsed == .nanoseconds(nanoseconds))
  }

  @Test func manyCallsThatWaitInVainAllEnd() async throws {
    let port = try await TestServer.with { $0.port }
    let channel = GRPCChannel(host: "127.0.0.1", port: port, tls: nil, eventLoop: anyLoop())
    defer { channel.close() }
    await withTaskGroup(of: UnaryResult.self) { group in
      for i in 0..<500 {
        group.addTask {
          await channel.call(
            TestMethod.echo.methodPath, message: [],
            options: .timeout(.milliseconds(Int64(50 + i % 7 * 20)), waitForReady: true))
        }
      }
      for await result in group {
        #expect(result.status.code == .deadlineExceeded)
        #expect(result.neverProcessed)
      }
    }
  }

  @Test(arguments: ["", "1", "S", "-1S", "1s", "123456789S", "1.5S", " 1S", "1 S"])
  func otherTimeoutsAreRefused(text: String) {
    let parsed = unsafe Array(text.utf8).withUnsafeBytes { unsafe GRPCTimeout.parse($0) }
    #expect(parsed == nil)
  }

  @Test func writtenTimeoutsAreNeverLonger() {
    for nanoseconds in [0, 999, 1_000, 99_999_999_999, 100_000_000_000, Int64.max / 2] {
      let text = GRPCTimeout.format(.nanoseconds(nanoseconds))
      let parsed = unsafe text.withUnsafeBytes { unsafe GRPCTimeout.parse($0) }
      #expect(text.count <= 9)
      #expect((parsed?.nanoseconds ?? .max) <= nanoseconds)
    }
  }
}
