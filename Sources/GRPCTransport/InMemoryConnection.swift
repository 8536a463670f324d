// A server connection without a socket: for tests that feed it arbitrary bytes.

package import NIOCore

/// One connection with its own loop state, driven by hand; use it on `eventLoop`.
package final class InMemoryConnection {
  private let loop: ServerLoop
  private let connection: ServerConnection

  package init(
    settings: ServerSettings, methods: MethodTable, eventLoop: any EventLoop,
    makeDispatcher: (ServerLoop) -> any CallDispatcher
  ) {
    loop = ServerLoop(
      eventLoop: eventLoop, index: 0, settings: settings,
      methods: methods.adding(BuiltInServices.entries(reflection: true)))
    loop.start(
      dispatcher: makeDispatcher(loop),
      builtIn: BuiltInServices(
        loop: loop, health: HealthService(), reflection: Reflection(files: settings.reflection)))
    connection = ServerConnection(
      loop: loop, peer: PeerIdentity(uris: [], isPlaintext: true), now: .now())
  }

  /// Feeds bytes as one socket read and returns what would be written.
  package func receive(_ bytes: [UInt8]) -> [UInt8] {
    loop.burstBegan()
    unsafe bytes.withUnsafeBytes { unsafe connection.receive($0) }
    loop.burstEnded()
    var out: [UInt8] = []
    repeat {
      var buffer = ByteBuffer()
      connection.takeOutput(into: &buffer, limit: 1 << 20)
      out += buffer.readableBytesView
    } while connection.notifyWritable()
    return out
  }

  /// Whether the connection has come to its end.
  package var isFinished: Bool { connection.isFinished }
  package var openCalls: Int { loop.openCalls }

  /// The peer is gone.
  package func close() {
    connection.connectionLost()
    loop.stop()
  }
}
