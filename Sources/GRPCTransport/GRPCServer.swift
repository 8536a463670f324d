// The server: listeners, loops, drain.

package import NIOCore
import NIOConcurrencyHelpers
import NIOPosix

/// Why a listener could not be opened.
package struct ListenError: Error, Hashable, Sendable, CustomStringConvertible {
  package var description: String
}

/// A gRPC server on some event loops. Each loop has its own `ServerLoop` and dispatcher; a
/// connection stays on one loop for life.
package final class GRPCServer: Sendable {
  private struct State {
    var listeners: [any Channel] = []
    var connections = 0
    var draining = false
  }

  package let health = HealthService()
  private let settings: ServerSettings
  private let group: any EventLoopGroup
  private let loops: [NIOLoopBoundBox<ServerLoop>]
  private let state = NIOLockedValueBox(State())

  /// `makeDispatcher` runs once per loop, on that loop.
  package init(
    settings: ServerSettings,
    methods: MethodTable,
    group: any EventLoopGroup,
    makeDispatcher: @escaping @Sendable (ServerLoop) -> any CallDispatcher
  ) {
    self.settings = settings
    self.group = group
    let table = methods.adding(BuiltInServices.entries(reflection: !settings.reflection.isEmpty))
    let health = health
    let reflection = Reflection(files: settings.reflection)
    loops = group.makeIterator().enumerated().map { index, eventLoop in
      let loop = ServerLoop(
        eventLoop: eventLoop, index: index, settings: settings, methods: table)
      let box = NIOLoopBoundBox.makeBoxSendingValue(loop, eventLoop: eventLoop)
      eventLoop.execute {
        let loop = box.value
        loop.start(
          dispatcher: makeDispatcher(loop),
          builtIn: BuiltInServices(loop: loop, health: health, reflection: reflection))
      }
      return box
    }
  }

  /// Opens a listener and returns its address (port 0 takes a free one). Without TLS only
  /// loopback addresses are accepted.
  package func listen(host: String, port: Int, tls: ServerTLS?) async throws -> SocketAddress {
    let address = try SocketAddress.makeAddressResolvingHost(host, port: port)
    guard tls != nil || address.isLoopback else {
      throw ListenError(description: "plaintext is for loopback only, not for \(host)")
    }
    let channel = try await ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 1_024)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelOption(.maxMessagesPerRead, value: 4)
      .childChannelOption(
        .recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 64 << 10)
      )
      .childChannelOption(
        .writeBufferWaterMark, value: .init(low: 256 << 10, high: 1 << 20)
      )
      .childChannelInitializer { channel in self.set(up: channel, tls: tls) }
      .bind(to: address).get()
    let late = state.withLockedValue { state in
      state.listeners.append(channel)
      return state.draining
    }
    if late { channel.close(promise: nil) }
    return channel.localAddress ?? address
  }

  /// Connections that are open now, half-open handshakes included.
  package var connectionCount: Int { state.withLockedValue { $0.connections } }

  private func set(up channel: any Channel, tls: ServerTLS?) -> EventLoopFuture<Void> {
    let admitted = state.withLockedValue { state in
      guard !state.draining, state.connections < settings.connectionsMax else { return false }
      state.connections += 1
      return true
    }
    guard admitted, let box = loops.first(where: { $0.eventLoop === channel.eventLoop }) else {
      return channel.eventLoop.makeFailedFuture(ChannelError.alreadyClosed)
    }
    channel.closeFuture.whenComplete { _ in self.state.withLockedValue { $0.connections -= 1 } }
    return channel.eventLoop.makeCompletedFuture {
      let pipeline = channel.pipeline.syncOperations
      if let tls {
        try pipeline.addHandler(
          TLSHandler(server: tls, handshakeTimeout: settings.handshakeTimeout))
      }
      try pipeline.addHandler(
        ConnectionHandler(
          loop: box.value, isPlaintext: tls == nil, allocator: channel.allocator))
    }
  }

  /// Stops listening, asks every client to go (GOAWAY in two steps), waits for the calls in
  /// flight, and closes what is left when the grace is over.
  package func drain(grace: TimeAmount) async {
    let listeners = state.withLockedValue { state in
      state.draining = true
      defer { state.listeners = [] }
      return state.listeners
    }
    for listener in listeners { try? await listener.close() }
    let end = NIODeadline.now() + grace
    await onEachLoop { loop in
      for connection in loop.connections { connection.announceDrain() }
    }
    try? await Task.sleep(nanoseconds: UInt64(min(settings.drainNotice, grace).nanoseconds))
    await onEachLoop { loop in
      loop.finishBuiltInStreams()
      for connection in loop.connections { connection.drain() }
    }
    while connectionCount > 0, NIODeadline.now() < end {
      try? await Task.sleep(nanoseconds: 10_000_000)
      if Task.isCancelled { break }
    }
    await onEachLoop { loop in
      for connection in loop.connections { connection.transport?.abort() }
      loop.stop()
    }
    health.removeObservers()
  }

  private func onEachLoop(_ body: @escaping @Sendable (ServerLoop) -> Void) async {
    for box in loops {
      try? await box.eventLoop.submit {
        body(box.value)
        box.value.flush()
      }.get()
    }
  }
}

extension SocketAddress {
  /// 127.0.0.0/8 or ::1.
  var isLoopback: Bool {
    switch self {
    case .v4: ipAddress?.hasPrefix("127.") == true
    case .v6: ipAddress == "::1"
    case .unixDomainSocket: false
    }
  }
}
