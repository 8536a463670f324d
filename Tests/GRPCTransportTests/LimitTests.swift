import GRPCTransport
import NIOCore
import Testing

@Suite(.timeLimit(.minutes(1)))
struct LimitTests {
  @Test func aMessageAboveTheLimitIsRefusedBeforeItIsRead() async throws {
    try await TestServer.with { server in
      // Only the prefix is ever sent.
      let prefixes: [([UInt8], String)] = [
        ([0] + bigEndian((4 << 20) + 1), "8"), ([0] + bigEndian(.max), "8"),
        ([2] + bigEndian(1), "13"),
      ]
      for (prefix, status) in prefixes {
        for method in [TestMethod.echo, .chat] {
          let peer = try await RawPeer.connect(port: server.port)
          await peer.send(
            Frame(Frame.headers, flags: 4, stream: 1, requestBlock(method.path)).bytes
              + Frame(Frame.data, stream: 1, prefix).bytes)
          let answer = await peer.answer(stream: 1)
          #expect(answer.status == status, "\(prefix) \(method)")
          await peer.close()
        }
      }
    }
  }

  @Test func aClientAboveTheLimitGetsAStatus() async throws {
    try await TestServer.with { server in
      let channel = server.channel()
      defer { channel.close() }
      let result = await channel.call(
        TestMethod.echo.methodPath, message: [UInt8](repeating: 0, count: (4 << 20) + 1),
        options: .timeout(patience))
      #expect(result.status.code == .resourceExhausted)
    }
  }

  @Test func anAnswerAboveTheClientsLimitIsRefused() async throws {
    try await TestServer.with { server in
      var settings = ChannelSettings()
      settings.messageBytesMax = 1_000
      let channel = server.channel(settings: settings)
      defer { channel.close() }
      let result = await channel.call(
        TestMethod.echo.methodPath, message: [UInt8](repeating: 0, count: 1_001),
        options: .timeout(patience))
      #expect(result.status.code == .resourceExhausted)
    }
  }

  @Test func incompleteAndSurplusMessagesAreInternal() async throws {
    try await TestServer.with { server in
      let bodies: [[UInt8]?] = [
        nil, [], [0, 0], [0, 0, 0, 0, 5, 1], framed([1]) + framed([2]),
        framed([1], compressed: true),
      ]
      for method in [TestMethod.echo, .count] {
        for body in bodies {
          let answer = try await ask(server, requestBlock(method.path), body: body)
          let surplusIsLate = method == .count && body == framed([1]) + framed([2])
          #expect(
            answer.status == "13" || surplusIsLate, "\(method) \(String(describing: body))")
        }
      }
    }
  }

  @Test func metadataAboveTheClientsLimitIsRefused() async throws {
    try await TestServer.with { server in
      var settings = ChannelSettings()
      settings.metadataBytesMax = 300
      let channel = server.channel(settings: settings)
      defer { channel.close() }
      let result = await channel.call(
        TestMethod.details.methodPath, message: [UInt8](repeating: 1, count: 400),
        options: .timeout(patience))
      #expect(result.status.code == .resourceExhausted)
    }
  }

  @Test func streamsAboveTheLimitAreRefusedAndCallsBelowItWork() async throws {
    var settings = ServerSettings()
    settings.concurrentStreamsMax = 8
    try await TestServer.with(settings: settings) { server in
      // A good client waits for its turn.
      let channel = server.channel()
      defer { channel.close() }
      try await withThrowingTaskGroup(of: Void.self) { group in
        for i in 0..<100 {
          group.addTask {
            let message = [UInt8(i)]
            let reply = try await channel.unary(
              TestMethod.echo.methodPath, message: message, options: .timeout(patience))
            #expect(reply == message)
          }
        }
        try await group.waitForAll()
      }
      // A bad one is refused, stream by stream or whole.
      let peer = try await RawPeer.connect(port: server.port)
      _ = await peer.next(Frame.settings)
      await peer.send(Frame(Frame.settings, flags: 1).bytes)
      for i in 0..<20 { await peer.open(stream: UInt32(2 * i + 1), path: "/x", end: false) }
      for i in 0..<20 {
        await peer.open(stream: UInt32(2 * i + 41), path: TestMethod.chat.path, end: false)
      }
      while let frame = await peer.next() {
        if frame.type == Frame.reset, frame.errorCode == 7 { break }
        if frame.type == Frame.goaway { break }
      }
      await peer.close()
    }
  }

  @Test func callsAboveTheLoopsLimitCanBeRetried() async throws {
    var settings = ServerSettings()
    settings.callsPerLoopMax = 2
    try await TestServer.with(settings: settings) { server in
      let channel = server.channel()
      defer { channel.close() }
      async let one = channel.call(
        TestMethod.never.methodPath, message: [], options: .timeout(patience))
      async let two = channel.call(
        TestMethod.never.methodPath, message: [], options: .timeout(patience))
      let first = try #require(await server.journal.nextHeld())
      let second = try #require(await server.journal.nextHeld())
      let third = await channel.call(
        TestMethod.echo.methodPath, message: [], options: .timeout(patience))
      #expect(third.status.code == .unavailable)
      #expect(third.neverProcessed)
      try await server.loop.run { loop in
        for call in [first, second] { loop.respond(call, message: [4], range: 0..<1) }
        loop.flush()
      }
      #expect(await one.message == [4])
      #expect(await two.message == [4])
    }
  }

  @Test func gzipGoesBothWays() async throws {
    var settings = ServerSettings()
    settings.compressAnswersFrom = 1_000
    try await TestServer.with(settings: settings) { server in
      var client = ChannelSettings()
      client.compressRequestsFrom = 1_000
      let channel = server.channel(settings: client)
      defer { channel.close() }
      for size in [10, 999, 1_000, 1 << 20] {
        let message = (0..<size).map { UInt8(truncatingIfNeeded: $0 / 7) }
        let reply = try await channel.unary(
          TestMethod.echo.methodPath, message: message, options: .timeout(patience))
        #expect(reply == message)
      }
    }
  }

  @Test func aGzipBombIsRefused() async throws {
    try await TestServer.with { server in
      let bomb = TestGzip.zeros(count: 8 << 20)
      #expect(bomb.count < 64 << 10)
      let answer = try await ask(
        server, requestBlock(TestMethod.echo.path, extra: [("grpc-encoding", "gzip")]),
        body: framed(bomb, compressed: true))
      #expect(answer.status == "8")
      let broken = try await ask(
        server, requestBlock(TestMethod.echo.path, extra: [("grpc-encoding", "gzip")]),
        body: framed([31, 139, 8, 0, 1], compressed: true))
      #expect(broken.status == "13")
    }
  }
}

/// gzip of zeros, written by hand: stored data would not fit into one frame.
enum TestGzip {
  static func zeros(count: Int) -> [UInt8] {
    // Deflate's fixed code: a literal 0, then matches of length 258 at distance 1.
    var bits: [UInt8] = []
    var pending: UInt32 = 0
    var filled: UInt32 = 0
    func put(_ value: UInt32, _ n: UInt32) {
      pending |= value << filled
      filled += n
      while filled >= 8 {
        bits.append(UInt8(truncatingIfNeeded: pending))
        pending >>= 8
        filled -= 8
      }
    }
    put(0b011, 3)
    put(0b0000_1100, 8)
    for _ in 0..<(count - 1) / 258 {
      // Symbol 285 (code 11000101, bit-reversed), distance code 0.
      put(0b1010_0011, 8)
      put(0, 5)
    }
    put(0, 7)
    put(0, 7)
    return [31, 139, 8, 0, 0, 0, 0, 0, 0, 3] + bits + [UInt8](repeating: 0, count: 8)
  }
}
