// Moves bytes between a NIO channel and a server connection.

import NIOCore

/// The last handler of a server channel: `ByteBuffer` in, `ByteBuffer` out, one write per burst.
final class ConnectionHandler: ChannelInboundHandler, ConnectionTransport {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// Bytes that one write holds at most.
  private static let writeBytes = 256 << 10
  private static let lingering = TimeAmount.milliseconds(500)

  private let loop: ServerLoop
  private let isPlaintext: Bool
  private var connection: ServerConnection?
  private var context: ChannelHandlerContext?
  private var output: ByteBuffer

  init(loop: ServerLoop, isPlaintext: Bool, allocator: ByteBufferAllocator) {
    self.loop = loop
    self.isPlaintext = isPlaintext
    output = allocator.buffer(capacity: 16 << 10)
  }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    if isPlaintext, context.channel.isActive { open() }
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    lost()
    self.context = nil
  }

  func channelActive(context: ChannelHandlerContext) {
    if isPlaintext { open() }
    context.fireChannelActive()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if let done = event as? TLSHandshakeDone { open(uris: done.peerURIs) }
    context.fireUserInboundEventTriggered(event)
  }

  private func open(uris: [String] = []) {
    guard connection == nil else { return }
    let connection = ServerConnection(
      loop: loop, peer: PeerIdentity(uris: uris, isPlaintext: isPlaintext), now: .now())
    connection.transport = self
    self.connection = connection
    loop.add(connection)
    pump()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard let connection else { return }
    loop.burstBegan()
    let bytes = Self.unwrapInboundIn(data)
    unsafe bytes.withUnsafeReadableBytes { unsafe connection.receive($0) }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    loop.burstEnded()
    pump()
    context.fireChannelReadComplete()
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable { pump() }
    context.fireChannelWritabilityChanged()
  }

  var isBlocked: Bool { context?.channel.isWritable == false }

  /// Writes what nghttp2 has, as long as the socket takes it.
  func pump() {
    guard let connection, let context, !connection.isSending, !connection.isReceiving else {
      return
    }
    repeat {
      while context.channel.isWritable {
        output.clear()
        connection.takeOutput(into: &output, limit: Self.writeBytes)
        guard output.readableBytes > 0 else { break }
        context.writeAndFlush(Self.wrapOutboundOut(output), promise: nil)
      }
    } while connection.notifyWritable()
    if connection.isFinished { finish(context) }
  }

  /// Closes our side, and reads on for a moment without looking: a socket that is closed over
  /// unread bytes is reset, and the peer would never see the farewell.
  private func finish(_ context: ChannelHandlerContext) {
    lost()
    context.close(mode: .output, promise: nil)
    let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
    context.eventLoop.scheduleTask(in: Self.lingering) { bound.value.close(promise: nil) }
  }

  func abort() { context?.close(promise: nil) }

  func channelInactive(context: ChannelHandlerContext) {
    lost()
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }

  private func lost() {
    guard let connection else { return }
    self.connection = nil
    connection.transport = nil
    loop.burstBegan()
    connection.connectionLost()
    loop.remove(connection)
    loop.burstEnded()
  }
}

/// Fired by the TLS handler when both sides know each other.
struct TLSHandshakeDone {
  var peerURIs: [String]
}
