import GRPCTransport
import NIOCore
import Testing

@Suite(.timeLimit(.minutes(1)))
struct LifeTests {
  @Test func trap38_aDrainTellsTwiceAndLosesNoCall() async throws {
    var settings = ServerSettings()
    settings.drainNotice = .seconds(2)
    try await TestServer.with(settings: settings) { server in
      let peer = try await RawPeer.connect(port: server.port)
      await peer.open(stream: 1, path: TestMethod.never.path, message: [1])
      let held = try #require(await server.journal.nextHeld())
      async let drained: Void = server.server.drain(grace: patience)

      let notice = try #require(await peer.next(Frame.goaway))
      #expect(notice.payload[0..<4].elementsEqual(bigEndian(0x7FFF_FFFF)))
      // On its way when the notice came: still served.
      await peer.open(stream: 3, path: TestMethod.echo.path, message: [3])
      let late = await peer.answer(stream: 3)
      #expect(late.status == "0")
      let last = try #require(await peer.next(Frame.goaway))
      #expect(last.payload[0..<4].elementsEqual(bigEndian(3)))
      #expect(last.errorCode == 0)

      try await server.loop.run { loop in
        loop.respond(held, message: [8], range: 0..<1)
        loop.flush()
      }
      let answer = await peer.answer(stream: 1)
      #expect(answer.status == "0")
      #expect(answer.data == framed([8]))
      let more = await peer.goodbye()
      #expect(more == nil)
      await drained
    }
  }

  @Test func trap38_aClientMovesOnAfterGoaway() async throws {
    let port = try await TestServer.with { server in
      let channel = server.channel()
      async let held = channel.call(
        TestMethod.never.methodPath, message: [], options: .timeout(patience))
      let call = try #require(await server.journal.nextHeld())
      async let drained: Void = server.server.drain(grace: patience)
      try await server.loop.run { loop in
        loop.respond(call, message: [6], range: 0..<1)
        loop.flush()
      }
      #expect(await held.message == [6])
      await drained
      let after = await channel.call(
        TestMethod.echo.methodPath, message: [], options: .timeout(patience))
      #expect(after.status.code == .unavailable)
      #expect(after.neverProcessed)
      channel.close()
      return server.port
    }
    #expect(port > 0)
  }

  @Test func aServerThatComesBackIsFoundAgain() async throws {
    let port = try await TestServer.with { $0.port }
    let channel = GRPCChannel(host: "127.0.0.1", port: port, tls: nil, eventLoop: anyLoop())
    defer { channel.close() }
    let waiting = Task {
      await channel.call(
        TestMethod.echo.methodPath, message: [1], options: .timeout(patience, waitForReady: true))
    }
    try await TestServer.with { server in
      _ = try await server.server.listen(host: "127.0.0.1", port: port, tls: nil)
      #expect(await waiting.value.message == [1])
    }
  }

  @Test func trap40_aLostConnectionIsAnUnknownOutcome() async throws {
    try await TestServer.with { server in
      let channel = server.channel()
      defer { channel.close() }
      async let held = channel.call(
        TestMethod.never.methodPath, message: [], options: .timeout(patience))
      _ = await server.journal.nextHeld()
      await server.server.drain(grace: .milliseconds(1))
      let result = await held
      #expect(result.status.code == .unavailable)
      #expect(!result.neverProcessed)
      #expect(await server.journal.nextCancelled() == .connectionLost)
    }
  }

  @Test func tooManyPingsEndTheConnection() async throws {
    try await TestServer.with { server in
      let peer = try await RawPeer.connect(port: server.port)
      let ping = Frame(Frame.ping, [UInt8](repeating: 0, count: 8)).bytes
      for _ in 0..<4 { await peer.send(ping) }
      let goodbye = try #require(await peer.goodbye())
      #expect(goodbye.errorCode == 11)
      #expect(String(decoding: goodbye.payload.dropFirst(8), as: UTF8.self) == "too_many_pings")
    }
  }

  @Test func trap38_pingStrikesAreForgottenWhenDataFlows() async throws {
    try await TestServer.with { server in
      let peer = try await RawPeer.connect(port: server.port)
      let ping = Frame(Frame.ping, [UInt8](repeating: 0, count: 8)).bytes
      for i in 0..<10 {
        await peer.send(ping + ping)
        let stream = UInt32(2 * i + 1)
        await peer.open(stream: stream, path: TestMethod.echo.path, message: [1])
        let answer = await peer.answer(stream: stream)
        #expect(answer.status == "0")
      }
      await peer.close()
    }
  }

  @Test func aDeadServerIsNoticedByKeepalive() async throws {
    let deaf = try await DeafServer.start()
    var settings = ChannelSettings()
    settings.keepaliveTime = .milliseconds(100)
    settings.keepaliveTimeout = .milliseconds(100)
    let channel = GRPCChannel(
      host: "127.0.0.1", port: deaf.port, tls: nil, settings: settings, eventLoop: anyLoop())
    defer { channel.close() }
    let result = await channel.call(
      TestMethod.echo.methodPath, message: [], options: .timeout(patience))
    #expect(result.status.code == .unavailable)
    await deaf.stop()
  }

  @Test func anIdleConnectionIsToldToGo() async throws {
    var settings = ServerSettings()
    settings.idleTimeout = .milliseconds(100)
    try await TestServer.with(settings: settings) { server in
      let idle = try await RawPeer.connect(port: server.port)
      let goodbye = try #require(await idle.goodbye())
      #expect(goodbye.errorCode == 0)
    }
  }

  @Test func aSilentConnectionIsClosed() async throws {
    var settings = ServerSettings()
    settings.handshakeTimeout = .milliseconds(100)
    try await TestServer.with(settings: settings) { server in
      let silent = try await RawPeer.connect(port: server.port, greet: false)
      let farewell = await silent.goodbye()
      #expect(farewell == nil)
    }
  }
}
