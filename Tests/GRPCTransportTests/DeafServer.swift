// A server that greets like HTTP/2, says what it was told to say, and then nothing again.

import NIOCore
import NIOPosix

struct DeafServer: Sendable {
  private let listener: any Channel
  var port: Int { listener.localAddress!.port! }

  static func start(saying words: [UInt8] = []) async throws -> DeafServer {
    let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(Greeter(words))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    return DeafServer(listener: listener)
  }

  func stop() async { try? await listener.close() }

  private final class Greeter: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    private let words: [UInt8]
    private var spoke = false
    init(_ words: [UInt8]) { self.words = words }

    func channelActive(context: ChannelHandlerContext) {
      let greeting = ByteBuffer(bytes: Frame(Frame.settings).bytes)
      context.writeAndFlush(Self.wrapOutboundOut(greeting), promise: nil)
    }

    /// Once the client has spoken, its first call is on stream 1.
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      if spoke || words.isEmpty { return }
      spoke = true
      context.writeAndFlush(Self.wrapOutboundOut(ByteBuffer(bytes: words)), promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      context.close(promise: nil)
    }
  }
}
