// One node from its start to its stop: stores are recovered, cores built on them, listeners opened;
// at the end callers are drained before the stores close.

import GRPCTransport
package import Logging
package import NIOCore

import LogStorage
import NIOPosix
import NodeCore
import Primitives
import RaftConsensus
import ServiceLifecycle
import StockLedger
import WireFormat

/// A running `holdfast serve`.
package final class HoldfastNode: Service {
  private let settings: RuntimeSettings
  private let events: EventLog
  private let onReady: @Sendable (HoldfastNode.Addresses) -> Void

  /// Where the node listens.
  package struct Addresses: Sendable {
    package var grpc: SocketAddress
    package var plaintext: SocketAddress?
  }

  package init(
    settings: RuntimeSettings, logger: Logger,
    onReady: @escaping @Sendable (Addresses) -> Void = { _ in }
  ) {
    self.settings = settings
    events = EventLog(logger)
    self.onReady = onReady
  }

  package func run() async throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: settings.lanes)
    do {
      let node = try RunningNode(settings, events, group)
      try await node.serve(onReady)
      await node.stop()
    } catch {
      try? await group.shutdownGracefully()
      throw error
    }
    try await group.shutdownGracefully()
  }
}

/// What `run` builds up and takes down again.
private final class RunningNode: Sendable {
  private let settings: RuntimeSettings
  private let hub: Hub
  private let server: GRPCServer
  private let group: MultiThreadedEventLoopGroup

  init(
    _ settings: RuntimeSettings, _ events: EventLog, _ group: MultiThreadedEventLoopGroup
  ) throws {
    self.settings = settings
    self.group = group
    let introductions = try Recovery.introductions(settings, events)
    let hub = Hub(settings: settings, events: events, introductions: introductions)
    self.hub = hub
    let loops = Array(group.makeIterator())
    for (index, loop) in loops.enumerated() {
      hub.lanes.append(try Recovery.lane(index, on: loop, hub))
    }
    hub.links = Self.links(hub, on: loops[0])
    var server = settings.server
    server.reflection = descriptorSetBytes()
    // Links between nodes ask all the time, and would be cut off as a nuisance.
    server.pingIntervalMin = min(server.pingIntervalMin, PeerLink.pingIntervalMin)
    server.streamWindowBytes = max(server.streamWindowBytes, PeerLink.windowBytes)
    let methods = HoldfastMethod.allCases.map {
      MethodDescription(path: $0.path, id: $0.rawValue, kind: CallKind($0.kind))
    }
    self.server = GRPCServer(settings: server, methods: MethodTable(methods), group: group) {
      loop in
      let dispatcher = Dispatcher(server: loop, hub: hub)
      hub.add(dispatcher)
      return dispatcher
    }
  }

  private static func links(_ hub: Hub, on loop: any EventLoop) -> [PeerLink] {
    let settings = hub.settings
    let own = settings.core.node
    return settings.core.nodes.filter { $0.id != own }.map { peer in
      let (host, port) = hostAndPort(peer.address)
      return PeerLink(
        own: own, peer: peer, host: host, port: port,
        tls: ClientTLS(
          identity: settings.identity, expectedURI: "holdfast:node/\(peer.id.rawValue)"),
        introductions: hub.introductions, events: hub.events, loop: loop,
        delayMilliseconds: settings.linkDelayMilliseconds)
    }
  }

  /// Serves until a graceful shutdown is asked for.
  func serve(_ onReady: @Sendable (HoldfastNode.Addresses) -> Void) async throws {
    try await dispatchersAreThere()
    setHealth(.notServing)
    let grpc = try await server.listen(
      host: settings.grpc.host, port: settings.grpc.port,
      tls: ServerTLS(identity: settings.identity, clientCertificate: .require))
    var plaintext: SocketAddress?
    if let listener = settings.plaintext {
      plaintext = try await server.listen(host: listener.host, port: listener.port, tls: nil)
    }
    for lane in hub.lanes {
      let milliseconds = settings.tickMilliseconds
      lane.loop.execute { lane.start(tickMilliseconds: milliseconds) }
    }
    let disk = hub.watchDisk()
    defer { disk.cancel() }
    guard await CatchingUp(hub: hub, stall: settings.recoveryStall).wait() else { return }
    for dispatcher in hub.dispatchers {
      try await dispatcher.server.eventLoop.submit { dispatcher.hasStarted = true }.get()
    }
    setHealth(.serving)
    hub.events.logger.notice(
      "serving",
      metadata: ["grpc": "\(grpc)", "plaintext": "\(plaintext.map { "\($0)" } ?? "off")"])
    onReady(HoldfastNode.Addresses(grpc: grpc, plaintext: plaintext))
    try? await gracefulShutdown()
  }

  private func setHealth(_ status: HealthService.Status) {
    for service in [""] + HoldfastMethod.services { server.health.set(service, status) }
  }

  /// Each loop makes its own dispatcher, as the first thing that it was given to do: before a call
  /// or a lane looks for it, all of them are there.
  private func dispatchersAreThere() async throws {
    for lane in hub.lanes { try await lane.loop.submit {}.get() }
    precondition(
      hub.dispatchers.count == hub.lanes.count,
      "\(hub.dispatchers.count) dispatchers for \(hub.lanes.count) lanes")
  }

  /// Leads go first, then callers, then peers, then the stores: what was acknowledged is on disk by
  /// then, and nobody waits for an election.
  func stop() async {
    setHealth(.notServing)
    await handOver()
    await finishCalls()
    await server.drain(grace: .milliseconds(500))
    for lane in hub.lanes { try? await lane.loop.submit { lane.stop() }.get() }
    try? await hub.lanes[0].loop.submit { [hub] in for link in hub.links { link.close() } }.get()
    await hub.endOfDiskWatch()
    for lane in hub.lanes { lane.store.close() }
    hub.events.logger.notice("stopped")
  }
}

extension RunningNode {
  /// A hand-over takes a round trip and a sync. Where it takes longer, the others are stopping too.
  private static let handOverMax = Duration.milliseconds(500)

  /// Hands over what this node leads, as far as somebody takes it.
  private func handOver() async {
    let end = ContinuousClock.now + Self.handOverMax
    while ContinuousClock.now < end, await leadsAfterHandingOver() > 0 {
      try? await Task.sleep(for: .milliseconds(5))
    }
  }

  private func leadsAfterHandingOver() async -> Int {
    var count = 0
    for lane in hub.lanes { count += (try? await lane.loop.submit { lane.handOver() }.get()) ?? 0 }
    return count
  }

  /// Takes no more calls, and gives those under way their time: they need the peers' streams, so
  /// these end last.
  private func finishCalls() async {
    for dispatcher in hub.dispatchers {
      try? await dispatcher.server.eventLoop.submit { dispatcher.isServing = false }.get()
    }
    let end = ContinuousClock.now + .seconds(settings.drainSeconds)
    while ContinuousClock.now < end, await callsUnderWay() > 0 {
      try? await Task.sleep(for: .milliseconds(5))
    }
    for dispatcher in hub.dispatchers {
      try? await dispatcher.server.eventLoop.submit { dispatcher.endStreams() }.get()
    }
  }

  private func callsUnderWay() async -> Int {
    var count = 0
    for dispatcher in hub.dispatchers {
      count += (try? await dispatcher.server.eventLoop.submit { dispatcher.calls.count }.get()) ?? 0
    }
    return count
  }
}

extension CallKind {
  fileprivate init(_ kind: HoldfastMethod.Kind) {
    switch kind {
    case .unary: self = .unary
    case .clientStream: self = .clientStream
    case .serverStream: self = .serverStream
    case .bidirectional: self = .bidi
    }
  }
}

/// Splits `host:port` or `[v6]:port`; the configuration was checked before.
func hostAndPort(_ address: [UInt8]) -> (String, Int) {
  let text = String(decoding: address, as: UTF8.self)
  guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...])
  else {
    preconditionFailure("address '\(text)' has no port")
  }
  var host = text[..<colon]
  if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
  return (String(host), port)
}
