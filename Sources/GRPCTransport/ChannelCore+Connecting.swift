// How a channel gets, keeps and loses its connection.

import NIOCore
import NIOPosix

/// One try to connect; an old one that ends late is recognised by its identity.
final class ConnectAttempt {
  var channel: (any Channel)?
}

extension ChannelCore {
  func connect() {
    let attempt = ConnectAttempt()
    state = .connecting(attempt)
    let (host, tls) = (host, tls)
    let bound = NIOLoopBound((self, attempt), eventLoop: eventLoop)
    ClientBootstrap(group: eventLoop)
      .connectTimeout(settings.connectTimeout)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 64 << 10))
      .channelOption(.writeBufferWaterMark, value: .init(low: 256 << 10, high: 1 << 20))
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let (core, attempt) = bound.value
          let pipeline = channel.pipeline.syncOperations
          if let tls {
            try pipeline.addHandler(
              TLSHandler(client: tls, host: host, handshakeTimeout: core.settings.connectTimeout))
          }
          try pipeline.addHandler(
            ClientHandler(
              core: core, attempt: attempt, isPlaintext: tls == nil, allocator: channel.allocator))
        }
      }
      .connect(host: host, port: port)
      .assumeIsolated()
      .whenComplete { result in
        switch result {
        case .success(let channel): self.connected(attempt, channel)
        case .failure(let error): self.connectFailed(attempt, String(describing: error))
        }
      }
  }

  /// The socket is open; HTTP/2 has to answer before the time is over.
  private func connected(_ attempt: ConnectAttempt, _ channel: any Channel) {
    attempt.channel = channel
    guard isCurrent(attempt) else { return }
    let timeout = settings.connectTimeout
    eventLoop.assumeIsolated().scheduleTask(in: timeout) {
      if self.isCurrent(attempt) { channel.close(promise: nil) }
    }
  }

  private func isCurrent(_ attempt: ConnectAttempt) -> Bool {
    if case .connecting(let current) = state { current === attempt } else { false }
  }

  func connectFailed(_ attempt: ConnectAttempt, _ reason: String) {
    guard isCurrent(attempt) else { return }
    failures += 1
    lastFailure = "cannot connect to \(host):\(port): \(reason)"
    backOff()
    for call in takeWaiting({ !$0.options.waitForReady }) {
      unsafe finish(call, GRPCStatus(.unavailable, lastFailure), neverProcessed: true)
      giveBack(call)
    }
  }

  func connectionReady(_ connection: ClientConnection) {
    guard case .connecting = state else { return connection.leave() }
    state = .ready(connection)
    now = .now()
    readySince = now
    lastFailure = "connection lost"
    for call in takeWaiting({ _ in true }) { connection.submit(call) }
    scheduleFlush()
    scheduleKeepalive(connection)
  }

  /// The server said GOAWAY: what it has goes on there, the rest goes elsewhere.
  func connectionLeaving(_ connection: ClientConnection) {
    guard case .ready(let current) = state, current === connection else { return }
    leaving.append(connection)
    lastFailure = "server is going away"
    reconnectIfNeeded()
  }

  func connectionClosed(
    _ connection: ClientConnection?, attempt: ConnectAttempt, reason: String
  ) {
    now = .now()
    if let connection {
      leaving.removeAll { $0 === connection }
      if case .ready(let current) = state, current === connection {
        lastFailure = reason
        reconnectIfNeeded()
      }
      connection.connectionLost(reason)
    }
    connectFailed(attempt, reason)
  }

  /// A connection that did not live for a second counts as a failed one.
  private func reconnectIfNeeded() {
    failures = now - readySince > .seconds(1) ? 0 : failures + 1
    if failures > 1 { return backOff() }
    state = .idle
    if !waiting.isEmpty { connect() }
  }

  private func backOff() {
    state = .backoff
    eventLoop.assumeIsolated().scheduleTask(in: nextBackoff()) {
      guard case .backoff = self.state else { return }
      self.state = .idle
      if !self.waiting.isEmpty { self.connect() }
    }
  }

  /// Doubles from base to maximum, spread by ±20 %.
  private func nextBackoff() -> TimeAmount {
    let doubled = settings.backoffBase.nanoseconds << Int64(min(20, max(0, failures - 1)))
    let capped = min(doubled, settings.backoffMax.nanoseconds)
    random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return .nanoseconds(capped / 10 * 8 + capped / 1_000 * Int64(random >> 33) % 400)
  }

  private func scheduleKeepalive(_ connection: ClientConnection) {
    eventLoop.assumeIsolated().scheduleTask(in: .seconds(1)) {
      guard connection.failure == nil, connection.transport != nil else { return }
      self.now = .now()
      if connection.keepAlive(now: self.now) {
        self.scheduleKeepalive(connection)
      } else {
        connection.failure = "keepalive was not answered"
        connection.transport?.abort()
      }
    }
  }

  /// Fails what is left and closes.
  func close() {
    let before = state
    state = .closed
    switch before {
    case .ready(let connection): connection.transport?.abort()
    case .connecting(let attempt): attempt.channel?.close(promise: nil)
    case .idle, .backoff, .closed: break
    }
    for connection in leaving { connection.transport?.abort() }
    for call in takeWaiting({ _ in true }) {
      unsafe finish(call, GRPCStatus(.unavailable, "channel is closed"), neverProcessed: true)
      giveBack(call)
    }
  }
}
