import GRPCTransport
import NIOCore
import Testing

/// After each attack the server has to serve a good client as before.
func stillServes(_ server: TestServer) async throws {
  let channel = server.channel()
  defer { channel.close() }
  let reply = try await channel.unary(
    TestMethod.echo.methodPath, message: [1, 2, 3], options: .timeout(patience))
  #expect(reply == [1, 2, 3])
}

@Suite(.timeLimit(.minutes(1)))
struct HostileTests {
  @Test func trap39_rapidResetIsCutOff() async throws {
    try await TestServer.with { server in
      let peer = try await RawPeer.connect(port: server.port)
      var bytes: [UInt8] = []
      for i in 0..<20_000 {
        let stream = UInt32(2 * i + 1)
        bytes +=
          Frame(Frame.headers, flags: 4, stream: stream, requestBlock("/test.Service/never"))
          .bytes
        bytes += Frame(Frame.reset, stream: stream, bigEndian(8)).bytes
      }
      await peer.send(bytes)
      let goodbye = try #require(await peer.goodbye())
      #expect(goodbye.errorCode != 0)
      // Slots are used again: resets leave nothing behind.
      #expect(try await server.loop.run { $0.openCalls } == 0)
      try await stillServes(server)
    }
  }

  @Test func trap39_resetsThatTheServerIsMadeToSendCountToo() async throws {
    var settings = ServerSettings()
    settings.resetBurst = 100
    settings.resetsPerSecond = 1
    try await TestServer.with(settings: settings) { server in
      let peer = try await RawPeer.connect(port: server.port)
      var bytes: [UInt8] = []
      for i in 0..<1_000 {
        let stream = UInt32(2 * i + 1)
        bytes +=
          Frame(Frame.headers, flags: 4, stream: stream, requestBlock("/test.Service/chat"))
          .bytes
        // A window of zero is a stream error: the server has to reset.
        bytes += Frame(Frame.windowUpdate, stream: stream, bigEndian(0)).bytes
      }
      await peer.send(bytes)
      let goodbye = try #require(await peer.goodbye())
      #expect(goodbye.errorCode != 0)
      try await stillServes(server)
    }
  }

  @Test func trap39_endlessContinuationIsCutOff() async throws {
    try await TestServer.with { server in
      let peer = try await RawPeer.connect(port: server.port)
      var bytes = Frame(Frame.headers, stream: 1, requestBlock("/x")).bytes
      for i in 0..<1_000 {
        let filler = headerBlock([("x-\(i)", String(repeating: "a", count: 1_000))])
        bytes += Frame(Frame.continuation, stream: 1, filler).bytes
      }
      await peer.send(bytes)
      _ = await peer.goodbye()
      try await stillServes(server)
    }
  }

  @Test func trap39_aHeaderBombIsAnsweredOrCutOff() async throws {
    try await TestServer.with { server in
      let peer = try await RawPeer.connect(port: server.port)
      // One large entry in the dynamic table, then thousands of one-byte references to it.
      var block = requestBlock("/x")
      block +=
        [0x40] + Array(headerBlock([("bomb", String(repeating: "b", count: 3_000))]).dropFirst())
      block += [UInt8](repeating: 0xBE, count: 10_000)
      await peer.send(Frame(Frame.headers, flags: 5, stream: 1, block).bytes)
      let answer = await peer.answer(stream: 1)
      #expect(answer.status == "8" || answer.resetCode != nil)
      await peer.close()
      try await stillServes(server)
    }
  }

  @Test func trap39_brokenHPACKEndsTheConnection() async throws {
    try await TestServer.with { server in
      for block: [UInt8] in [
        [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], [0x80], [0x40], [0x3F, 0xFF, 0xFF, 0x7F],
      ] {
        let peer = try await RawPeer.connect(port: server.port)
        await peer.send(Frame(Frame.headers, flags: 5, stream: 1, block).bytes)
        let goodbye = await peer.goodbye()
        #expect(goodbye?.errorCode == 9)
      }
      try await stillServes(server)
    }
  }

  @Test func trap39_aFourGigabytePrefixCostsNothing() async throws {
    try await TestServer.with { server in
      let peer = try await RawPeer.connect(port: server.port)
      for i in 0..<100 {
        let stream = UInt32(2 * i + 1)
        await peer.send(
          Frame(Frame.headers, flags: 4, stream: stream, requestBlock("/test.Service/echo")).bytes
            + Frame(Frame.data, stream: stream, [0, 255, 255, 255, 255, 1]).bytes)
        #expect(await peer.answer(stream: stream).status == "8")
      }
      await peer.close()
      try await stillServes(server)
    }
  }

  @Test func trap39_aReaderWithATinyWindowIsTimedOut() async throws {
    var settings = ServerSettings()
    settings.writeTimeout = .milliseconds(300)
    try await TestServer.with(settings: settings) { server in
      // Initial window 1: nothing but the first byte of an answer ever goes out.
      let tiny = try await RawPeer.connect(port: server.port, greet: false)
      await tiny.send(preface + Frame(Frame.settings, [0, 4] + bigEndian(1)).bytes)
      for i in 0..<10 {
        await tiny.open(
          stream: UInt32(2 * i + 1), path: TestMethod.echo.path,
          message: [UInt8](repeating: 1, count: 1_000))
      }
      _ = await tiny.goodbye()
      try await stillServes(server)
    }
  }

  @Test func trap39_answersThatNobodyTakesAreBounded() async throws {
    var settings = ServerSettings()
    settings.pendingAnswerBytesMax = 1 << 20
    try await TestServer.with(settings: settings) { server in
      let greedy = try await RawPeer.connect(port: server.port, greet: false)
      await greedy.send(preface + Frame(Frame.settings, [0, 4] + bigEndian(0)).bytes)
      for i in 0..<200 {
        await greedy.open(
          stream: UInt32(2 * i + 1), path: TestMethod.echo.path,
          message: [UInt8](repeating: 1, count: 16_000))
      }
      let goodbye = try #require(await greedy.goodbye())
      #expect(goodbye.errorCode == 11)
      try await stillServes(server)
    }
  }

  @Test(arguments: ["ping", "settings", "empty data", "priority", "unknown"])
  func trap39_floodsOfSmallFramesEnd(kind: String) async throws {
    try await TestServer.with { server in
      let peer = try await RawPeer.connect(port: server.port)
      await peer.open(stream: 1, path: TestMethod.chat.path, end: false)
      let frame =
        switch kind {
        case "ping": Frame(Frame.ping, [UInt8](repeating: 0, count: 8))
        case "settings": Frame(Frame.settings)
        case "empty data": Frame(Frame.data, stream: 1)
        case "priority": Frame(2, stream: 1, [0, 0, 0, 0, 1])
        default: Frame(0xFA, stream: 1, [1])
        }
      // Either the server ends it or it takes all and stays well.
      for _ in 0..<50 {
        if await !peer.sendAll(Array(repeatElement(frame.bytes, count: 400).joined())) { break }
      }
      if ["ping", "empty data"].contains(kind) {
        let goodbye = await peer.goodbye()
        // The farewell itself may be lost in the flood.
        #expect(goodbye == nil || goodbye?.errorCode == 11)
      }
      await peer.close()
      try await stillServes(server)
    }
  }

  @Test func trap39_halfOpenHandshakesAreTimedOut() async throws {
    var settings = ServerSettings()
    settings.handshakeTimeout = .milliseconds(100)
    let certificates = try TestCertificates()
    try await TestServer.with(settings: settings, tls: ServerTLS(identity: certificates.node())) {
      server in
      for bytes: [UInt8] in [[], [22, 3, 1], Array("GET / HTTP/1.1\r\n\r\n".utf8)] {
        let peer = try await RawPeer.connect(port: server.port, greet: false)
        await peer.send(bytes)
        _ = await peer.goodbye()
      }
    }
  }

  @Test func trap39_connectionsAreCounted() async throws {
    var settings = ServerSettings()
    settings.connectionsMax = 3
    try await TestServer.with(settings: settings) { server in
      var peers: [RawPeer] = []
      for _ in 0..<3 {
        let peer = try await RawPeer.connect(port: server.port)
        _ = await peer.next(Frame.settings)
        peers.append(peer)
      }
      let surplus = try await RawPeer.connect(port: server.port)
      #expect(await surplus.next() == nil)
      await peers[0].close()
      _ = await peers[0].goodbye()
      for peer in peers { await peer.close() }
    }
  }

  @Test(arguments: [
    "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "\u{0}\u{0}\u{0}\u{0}", "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n",
  ])
  func whatIsNotHTTP2IsClosed(text: String) async throws {
    try await TestServer.with { server in
      let peer = try await RawPeer.connect(port: server.port, greet: false)
      await peer.send(Array(text.utf8) + [UInt8](repeating: 0, count: 64))
      _ = await peer.goodbye()
      try await stillServes(server)
    }
  }

  @Test func manyLargeRequestsTogetherAreBounded() async throws {
    var settings = ServerSettings()
    settings.heldBytesMax = 1 << 20
    try await TestServer.with(settings: settings) { server in
      let peer = try await RawPeer.connect(port: server.port)
      _ = await peer.next(Frame.settings)
      await peer.send(Frame(Frame.settings, flags: 1).bytes)
      var refused = 0
      for i in 0..<20 {
        let stream = UInt32(2 * i + 1)
        await peer.send(
          Frame(Frame.headers, flags: 4, stream: stream, requestBlock("/test.Service/echo")).bytes
            + Frame(Frame.data, stream: stream, [0, 0, 48, 0, 0]).bytes)
        for _ in 0..<8 {
          await peer.send(
            Frame(Frame.data, stream: stream, [UInt8](repeating: 0, count: 16_000)).bytes)
        }
      }
      while refused == 0, let frame = await peer.next() {
        if frame.type == Frame.headers { refused += 1 }
      }
      #expect(refused > 0)
      await peer.close()
      try await stillServes(server)
    }
  }
}
