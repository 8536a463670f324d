// The server: listeners, loops, drain.

package import NIOCore

/// A gRPC server on some event loops. Each loop has its own `ServerLoop` and dispatcher; a
/// connection stays on one loop for life.
package final class GRPCServer: Sendable {
  package let health: HealthService

  /// `makeDispatcher` runs once per loop, on that loop.
  package init(
    settings: ServerSettings,
    methods: MethodTable,
    group: any EventLoopGroup,
    makeDispatcher: @escaping @Sendable (ServerLoop) -> any CallDispatcher
  ) {
    fatalError("not built yet")
  }

  /// Opens a listener and returns its address (port 0 takes a free one). Without TLS only
  /// loopback addresses are accepted.
  package func listen(host: String, port: Int, tls: ServerTLS?) async throws -> SocketAddress {
    fatalError("not built yet")
  }

  /// Stops listening, asks every client to go (GOAWAY in two steps), waits for the calls in
  /// flight, and closes what is left when the grace is over.
  package func drain(grace: TimeAmount) async { fatalError("not built yet") }
}
