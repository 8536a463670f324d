import GRPCTransport
import NIOConcurrencyHelpers
import NIOCore
import Testing

/// Collects a streaming answer; its end is awaited.
final class Collector: ClientStreamReceiver, Sendable {
  private struct State {
    var messages: [[UInt8]] = []
  }
  private let state = NIOLockedValueBox(State())
  private let (ends, continuation) = AsyncStream.makeStream(of: GRPCStatus.self)
  private let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self)

  func received(_ message: UnsafeRawBufferPointer) {
    let bytes = unsafe Array(message)
    state.withLockedValue { $0.messages.append(bytes) }
    arrived.yield()
  }
  func ended(_ status: GRPCStatus, metadata: Metadata) {
    continuation.yield(status)
    continuation.finish()
    arrived.finish()
  }

  var messages: [[UInt8]] { state.withLockedValue { $0.messages } }
  func end() async -> GRPCStatus? { await ends.first { _ in true } }
  func nextArrival() async { await arrivals.first { _ in true } }
}

extension GRPCChannel {
  /// Opens a stream from a test and hands it over.
  func open(
    _ method: TestMethod, _ receiver: Collector, options: CallOptions = .timeout(patience)
  ) async throws -> NIOLoopBound<ClientStream> {
    try await eventLoop.submit {
      NIOLoopBound(
        self.stream(method.methodPath, options: options, receiver: receiver),
        eventLoop: self.eventLoop)
    }.get()
  }

  func on(
    _ stream: NIOLoopBound<ClientStream>, _ body: @escaping @Sendable (ClientStream) -> Void
  ) async throws {
    try await eventLoop.submit { body(stream.value) }.get()
  }
}

@Suite(.timeLimit(.minutes(1)))
struct StreamingTests {
  @Test func aServerStreamArrivesInOrder() async throws {
    try await TestServer.with { server in
      let channel = server.channel()
      defer { channel.close() }
      var got: [[UInt8]] = []
      for try await message in channel.serverStream(
        TestMethod.count.methodPath, message: [200], options: .timeout(patience))
      {
        got.append(message)
      }
      #expect(got == (0..<200).map { [UInt8($0)] })
    }
  }

  @Test func anEmptyServerStreamIsTrailersOnly() async throws {
    try await TestServer.with { server in
      let channel = server.channel()
      defer { channel.close() }
      let collector = Collector()
      let stream = try await channel.open(.count, collector)
      try await channel.on(stream) {
        $0.send([0])
        $0.halfClose()
      }
      #expect(await collector.end() == .ok)
      #expect(collector.messages.isEmpty)
    }
  }

  @Test func aClientStreamIsCollected() async throws {
    try await TestServer.with { server in
      let channel = server.channel()
      defer { channel.close() }
      let collector = Collector()
      let stream = try await channel.open(.collect, collector)
      for part in 0..<50 {
        try await channel.on(stream) { $0.send([UInt8](repeating: UInt8(part), count: 10_000)) }
      }
      try await channel.on(stream) { $0.halfClose() }
      #expect(await collector.end() == .ok)
      #expect(
        collector.messages == [(0..<50).flatMap { [UInt8](repeating: UInt8($0), count: 10_000) }])
    }
  }

  @Test func aConversationGoesBothWays() async throws {
    try await TestServer.with { server in
      let channel = server.channel()
      defer { channel.close() }
      let collector = Collector()
      let stream = try await channel.open(.chat, collector)
      for i in 0..<20 {
        try await channel.on(stream) { $0.send([UInt8(i)]) }
        await collector.nextArrival()
        #expect(collector.messages.count == i + 1)
      }
      try await channel.on(stream) { $0.halfClose() }
      #expect(await collector.end() == .ok)
    }
  }

  @Test func aPausedCallSlowsItsClientDownAndLosesNothing() async throws {
    try await TestServer.with { server in
      let channel = server.channel()
      defer { channel.close() }
      let collector = Collector()
      let stream = try await channel.open(.pausing, collector)
      let call = try #require(await server.journal.nextHeld())
      // Far more than the stream's window: the client has to stop.
      let block = [UInt8](repeating: 5, count: 256 << 10)
      try await channel.on(stream) { stream in
        for _ in 0..<16 { stream.send(block) }
        stream.halfClose()
        #expect(!stream.isWritable)
      }
      // A call on the same connection goes through meanwhile.
      let other = try await channel.unary(
        TestMethod.echo.methodPath, message: [1], options: .timeout(patience))
      #expect(other == [1])
      try await server.loop.run { loop in
        loop.resume(call)
        loop.flush()
      }
      #expect(await collector.end() == .ok)
      #expect(collector.messages.first?.count == 16 * 256 << 10)
    }
  }

  @Test func aSlowReaderStopsTheServersSending() async throws {
    try await TestServer.with { server in
      var settings = ChannelSettings()
      settings.streamWindowBytes = 64 << 10
      let channel = server.channel(settings: settings)
      defer { channel.close() }
      let collector = Collector()
      let stream = try await channel.open(.flood, collector)
      try await channel.on(stream) {
        $0.pause()
        $0.send([100])
        $0.halfClose()
      }
      // The first burst ends at the high mark, long before 100 blocks.
      var left: Int?
      for await event in server.journal.events {
        if case .poured(let n) = event {
          left = n
          break
        }
      }
      #expect(try #require(left) > 80)
      try await channel.on(stream) { $0.resume() }
      #expect(await collector.end() == .ok)
      #expect(collector.messages.count == 100)
      #expect(collector.messages.allSatisfy { $0.count == 64 << 10 })
    }
  }

  @Test func cancellingAStreamReachesTheServer() async throws {
    try await TestServer.with { server in
      let channel = server.channel()
      defer { channel.close() }
      let collector = Collector()
      let stream = try await channel.open(.chat, collector)
      try await channel.on(stream) { $0.send([1]) }
      await collector.nextArrival()
      try await channel.on(stream) { $0.cancel() }
      #expect(await collector.end()?.code == .cancelled)
      #expect(await server.journal.nextCancelled() == .reset)
    }
  }
}
