// TLS between the socket and HTTP/2: OpenSSL on memory BIOs, `ByteBuffer` on both sides.

import COpenSSL
import NIOCore

/// Decrypts what comes, encrypts what goes, and fires `TLSHandshakeDone` once in between.
@safe final class TLSHandler: ChannelDuplexHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private enum Phase {
    case handshake
    case open
    case closed
  }

  /// Plaintext that is handed on at once.
  private static let plainBytes = 64 << 10

  private let session: TLSSession
  private let timeout: TimeAmount
  private var phase = Phase.handshake
  private var deadline: Scheduled<Void>?
  private var readAnything = false

  init(server: ServerTLS, handshakeTimeout: TimeAmount) throws {
    session = try TLSSession(server: server)
    timeout = handshakeTimeout
  }

  init(client: ClientTLS, host: String, handshakeTimeout: TimeAmount) throws {
    session = try TLSSession(client: client, host: host)
    timeout = handshakeTimeout
  }

  func handlerAdded(context: ChannelHandlerContext) {
    if context.channel.isActive { begin(context) }
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    deadline?.cancel()
    phase = .closed
  }

  func channelActive(context: ChannelHandlerContext) {
    begin(context)
    context.fireChannelActive()
  }

  private func begin(_ context: ChannelHandlerContext) {
    guard deadline == nil else { return }
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    deadline = context.eventLoop.scheduleTask(in: timeout) {
      let (handler, context) = bound.value
      if handler.phase == .handshake { handler.fail(context, TLSError("handshake timed out")) }
    }
    shakeHands(context)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if phase == .closed { return }
    let bytes = Self.unwrapInboundIn(data)
    unsafe bytes.withUnsafeReadableBytes { unsafe session.received($0) }
    if phase == .handshake { shakeHands(context) }
    if phase == .open { readPlaintext(context) }
    send(context)
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    context.fireChannelReadComplete()
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    let bytes = Self.unwrapOutboundIn(data)
    guard phase == .open, unsafe bytes.withUnsafeReadableBytes({ unsafe session.write($0) }) else {
      promise?.fail(ChannelError.ioOnClosedChannel)
      return
    }
    promise?.succeed()
  }

  func flush(context: ChannelHandlerContext) { send(context) }

  func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
    if phase == .open {
      session.sayGoodbye()
      send(context)
    }
    phase = .closed
    context.close(mode: mode, promise: promise)
  }

  private func shakeHands(_ context: ChannelHandlerContext) {
    switch session.handshake() {
    case .again: send(context)
    case .failed(let error): fail(context, error)
    case .done(let uris):
      phase = .open
      deadline?.cancel()
      send(context)
      context.fireUserInboundEventTriggered(TLSHandshakeDone(peerURIs: uris))
    }
  }

  private func readPlaintext(_ context: ChannelHandlerContext) {
    while phase == .open {
      var plain = context.channel.allocator.buffer(capacity: Self.plainBytes)
      let end = session.read(into: &plain, upTo: Self.plainBytes)
      if plain.readableBytes > 0 { context.fireChannelRead(Self.wrapInboundOut(plain)) }
      switch end {
      case .full: continue
      case .again: return
      case .closed: return context.close(promise: nil)
      case .failed(let error): return fail(context, error)
      }
    }
  }

  /// Writes what OpenSSL has for the peer.
  private func send(_ context: ChannelHandlerContext) {
    let pending = session.pendingOutput
    guard pending > 0 else { return }
    var sealed = context.channel.allocator.buffer(capacity: pending)
    session.takeOutput(into: &sealed, pending)
    context.writeAndFlush(Self.wrapOutboundOut(sealed), promise: nil)
  }

  /// The alert goes out first, so that the peer learns why.
  private func fail(_ context: ChannelHandlerContext, _ error: TLSError) {
    guard phase != .closed else { return }
    send(context)
    phase = .closed
    context.fireErrorCaught(error)
    context.close(promise: nil)
  }
}
