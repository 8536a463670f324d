import GRPCTransport
import LogStorage
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NodeCore
import Primitives
import Testing
import WireFormat

@testable import NodeRuntime

@Suite(.timeLimit(.minutes(1)))
struct PeerLinkTests {
  /// What a node had to say while its peer was down is old news when the peer is back (trap 28):
  /// the first thing that the peer hears was said to its face.
  @Test func trap28_nothingIsKeptForAPeerThatIsDown() async throws {
    let port = try LoopbackPorts.take(1)[0]
    let link = try link(to: port)
    try await link.channel.eventLoop.submit {
      for sequence in 1...1_000 { link.send(envelope(UInt64(sequence))) }
      #expect(link.envelopesDropped == 1_000)
    }.get()
    let first = try await Peer.with(port: port) { peer in
      // Until the link is up all of these are lost.
      let sending = link.channel.eventLoop.scheduleRepeatedTask(
        initialDelay: .zero, delay: .milliseconds(20)
      ) { _ in
        link.send(envelope(5_000))
        link.flush()
      }
      defer { sending.cancel() }
      return await peer.next()
    }
    #expect(first == 5_000)
    link.onLoop { link.close() }
  }

  /// A peer that was killed and came back is heard of again, as often as that happens.
  @Test func aPeerThatComesBackIsFoundAgain() async throws {
    let port = try LoopbackPorts.take(1)[0]
    let link = try link(to: port)
    let sending = link.channel.eventLoop.scheduleRepeatedTask(
      initialDelay: .zero, delay: .milliseconds(20)
    ) { _ in
      link.send(envelope(7))
      link.flush()
    }
    for _ in 0..<3 {
      let heard = try await Peer.with(port: port) { await $0.next() }
      #expect(heard == 7)
    }
    sending.cancel()
    link.onLoop { link.close() }
  }

  /// Full envelopes that are sent in one turn, and a small one behind them, all arrive: a link that
  /// drops what comes behind a large append makes its leader begin anew with each of them.
  @Test func trap28_aFullEnvelopeCostsNotTheNext() async throws {
    let port = try LoopbackPorts.take(1)[0]
    let link = try link(to: port)
    let heard = try await Peer.with(port: port) { peer in
      let sending = link.channel.eventLoop.scheduleRepeatedTask(
        initialDelay: .zero, delay: .milliseconds(20)
      ) { _ in
        link.send(envelope(1))
        link.flush()
      }
      #expect(await peer.next() == 1)
      sending.cancel()
      try await link.channel.eventLoop.submit {
        let before = link.envelopesDropped
        for sequence in 2...4 { link.send(envelope(UInt64(sequence), bytes: 1 << 20)) }
        link.send(envelope(5))
        link.flush()
        #expect(link.envelopesDropped == before)
      }.get()
      var heard: [UInt64] = []
      while heard.last != 5, let next = await peer.next() { heard.append(next) }
      return heard
    }
    #expect(heard.filter { $0 > 1 } == [2, 3, 4, 5])
    link.onLoop { link.close() }
  }

  /// Links ask a silent peer every other second; nodes must not take that for an attack.
  @Test func trap38_linksMayPingNodes() {
    #expect(PeerLink.pingIntervalMin < PeerLink.keepaliveTime)
  }

  private func link(to port: Int) throws -> PeerLink {
    let seat = NodeSeat(
      id: NodeID(2), region: Array("eu".utf8), zone: Array("a".utf8),
      address: Array("127.0.0.1:\(port)".utf8))
    return PeerLink(
      own: NodeID(1), peer: seat, host: "127.0.0.1", port: port,
      tls: ClientTLS(identity: try TestIdentity.node(1), expectedURI: "holdfast:node/2"),
      introductions: Introductions(
        node: NodeID(1), disk: DiskName(.zero), peers: try PeerDisks(directory: "/nowhere"),
        events: EventLog(NodeHarness.quiet()), fatal: { Issue.record("ended: \($0)") }),
      events: EventLog(NodeHarness.quiet()),
      loop: MultiThreadedEventLoopGroup.singleton.next())
  }
}

private func envelope(_ sequence: UInt64, bytes: Int = 0) -> PeerEnvelope {
  var envelope = PeerEnvelope()
  if bytes > 0 {
    envelope.catalogPushes = [
      CatalogPush(
        shard: ShardID(2), term: Term(1), fromVersion: 0, toVersion: 1,
        items: [UInt8](repeating: 7, count: bytes))
    ]
  }
  envelope.clock = ClockSample(wall: 1, sequence: sequence, heardSequence: 0)
  return envelope
}

/// Node 2, which only listens.
private struct Peer {
  let port: Int
  private let heard: AsyncStream<UInt64>

  /// The clock's sequence in the next envelope that arrives.
  func next() async -> UInt64? { await heard.first { _ in true } }

  static func with<T: Sendable>(
    port: Int, _ body: (Peer) async throws -> T
  ) async throws -> T {
    let (heard, continuation) = AsyncStream.makeStream(of: UInt64.self)
    let exchange = HoldfastMethod.exchange
    let server = GRPCServer(
      settings: ServerSettings(),
      methods: MethodTable([
        MethodDescription(path: exchange.path, id: exchange.rawValue, kind: .bidi)
      ]),
      group: MultiThreadedEventLoopGroup.singleton.next()
    ) { _ in Listener(continuation) }
    let address = try await server.listen(
      host: "127.0.0.1", port: port,
      tls: ServerTLS(identity: try TestIdentity.node(2), clientCertificate: .require))
    let result = try await body(Peer(port: address.port!, heard: heard))
    await server.drain(grace: .milliseconds(1))
    return result
  }

  private final class Listener: CallDispatcher {
    private let continuation: AsyncStream<UInt64>.Continuation
    init(_ continuation: AsyncStream<UInt64>.Continuation) { self.continuation = continuation }

    func unary(
      _ call: CallHandle, method: Int, message: UnsafeRawBufferPointer, context: CallContext
    ) {}

    func streamMessage(_ call: CallHandle, method: Int, message: UnsafeRawBufferPointer) {
      let envelope = try? unsafe PeerCodec.decode(message, from: NodeID(1), to: NodeID(2))
      if let clock = envelope?.clock { continuation.yield(clock.sequence) }
    }

    func cancelled(_ call: CallHandle, method: Int, reason: CancelReason) {}
  }
}
