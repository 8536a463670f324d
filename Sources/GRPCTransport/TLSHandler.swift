import NIOCore

final class TLSHandler: ChannelDuplexHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer
  init(server: ServerTLS, handshakeTimeout: TimeAmount) {}
  init(client: ClientTLS, host: String, handshakeTimeout: TimeAmount) {}
}
