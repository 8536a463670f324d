// Moves bytes between a NIO channel and a client connection.

import NIOCore

/// The last handler of a client channel.
final class ClientHandler: ChannelInboundHandler, ConnectionTransport {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let core: ChannelCore
  private let attempt: ConnectAttempt
  private let isPlaintext: Bool
  private var connection: ClientConnection?
  private var context: ChannelHandlerContext?
  private var output: ByteBuffer
  private var reason = "connection closed by the server"
  private var told = false

  init(
    core: ChannelCore, attempt: ConnectAttempt, isPlaintext: Bool, allocator: ByteBufferAllocator
  ) {
    self.core = core
    self.attempt = attempt
    self.isPlaintext = isPlaintext
    output = allocator.buffer(capacity: 16 << 10)
  }

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func channelActive(context: ChannelHandlerContext) {
    if isPlaintext { open() }
    context.fireChannelActive()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is TLSHandshakeDone { open() }
    context.fireUserInboundEventTriggered(event)
  }

  private func open() {
    core.now = .now()
    let connection = ClientConnection(channel: core, now: core.now)
    connection.transport = self
    self.connection = connection
    pump()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard let connection else { return }
    core.now = .now()
    let bytes = Self.unwrapInboundIn(data)
    unsafe bytes.withUnsafeReadableBytes { unsafe connection.receive($0) }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    pump()
    context.fireChannelReadComplete()
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable { pump() }
    context.fireChannelWritabilityChanged()
  }

  var isBlocked: Bool { context?.channel.isWritable == false }

  func pump() {
    guard let connection, let context, !connection.isSending, !connection.isReceiving else {
      return
    }
    repeat {
      while context.channel.isWritable {
        output.clear()
        connection.takeOutput(into: &output, limit: 256 << 10)
        guard output.readableBytes > 0 else { break }
        context.writeAndFlush(Self.wrapOutboundOut(output), promise: nil)
      }
    } while connection.notifyWritable()
    if connection.isFinished { context.close(promise: nil) }
  }

  func abort() { context?.close(promise: nil) }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    reason = String(describing: error)
    context.close(promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) {
    lost()
    context.fireChannelInactive()
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    lost()
    self.context = nil
  }

  private func lost() {
    if told { return }
    told = true
    let connection = connection
    self.connection = nil
    connection?.transport = nil
    core.connectionClosed(connection, attempt: attempt, reason: connection?.failure ?? reason)
  }
}
