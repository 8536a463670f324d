// A server that greets like HTTP/2 and then never says anything again.

import NIOCore
import NIOPosix

struct DeafServer: Sendable {
  private let listener: any Channel
  var port: Int { listener.localAddress!.port! }

  static func start() async throws -> DeafServer {
    let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(Greeter())
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    return DeafServer(listener: listener)
  }

  func stop() async { try? await listener.close() }

  private final class Greeter: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    func channelActive(context: ChannelHandlerContext) {
      let greeting = ByteBuffer(bytes: Frame(Frame.settings).bytes)
      context.writeAndFlush(Self.wrapOutboundOut(greeting), promise: nil)
    }
  }
}
