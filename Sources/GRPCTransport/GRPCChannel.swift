// A client's connection to one server, kept up by itself.

package import NIOCore

/// A method's path, as the bytes that go on the wire.
package struct MethodPath: Hashable, Sendable, ExpressibleByStringLiteral {
  package let bytes: [UInt8]
  package init(_ path: String) { bytes = Array(path.utf8) }
  package init(stringLiteral path: String) { self.init(path) }
}

/// How one call is to be made.
package struct CallOptions: Sendable {
  /// When to give up, on NIO's monotonic clock; nil waits for ever.
  package var deadline: NIODeadline?
  package var metadata: Metadata
  /// Wait for a connection until the deadline instead of failing with UNAVAILABLE at once.
  package var waitForReady: Bool

  package init(
    deadline: NIODeadline? = nil, metadata: Metadata = Metadata(), waitForReady: Bool = false
  ) {
    self.deadline = deadline
    self.metadata = metadata
    self.waitForReady = waitForReady
  }

  package static func timeout(
    _ time: TimeAmount, metadata: Metadata = Metadata(), waitForReady: Bool = false
  ) -> CallOptions {
    CallOptions(deadline: .now() + time, metadata: metadata, waitForReady: waitForReady)
  }
}

/// How a unary call ended.
@safe package struct UnaryReply {
  package let status: GRPCStatus
  /// The message; empty unless the status is OK. Valid during the callback only.
  package let message: UnsafeRawBufferPointer
  /// Metadata of the answer: headers, then trailers.
  package let metadata: Metadata
  /// The server certainly did not act on the call, so that a retry is free of danger.
  package let neverProcessed: Bool
}

/// One HTTP/2 connection to one server. Callback functions are for the channel's own loop; the
/// `async` ones may be called from anywhere. It connects at the first call, reconnects with
/// exponential backoff and jitter, and honours GOAWAY.
package final class GRPCChannel: Sendable {
  package let eventLoop: any EventLoop
  private let core: NIOLoopBoundBox<ChannelCore>

  package init(
    host: String, port: Int, tls: ClientTLS?, settings: ChannelSettings = ChannelSettings(),
    eventLoop: any EventLoop
  ) {
    self.eventLoop = eventLoop
    let core = ChannelCore(host: host, port: port, tls: tls, settings: settings, loop: eventLoop)
    self.core = NIOLoopBoundBox.makeBoxSendingValue(core, eventLoop: eventLoop)
  }

  /// Makes a unary call; on the loop. `completion` runs on the loop, exactly once, never inside
  /// this function. The call goes out with the next `flush()`, or at the end of the loop's tick.
  package func unary(
    _ path: MethodPath, message: UnsafeRawBufferPointer, options: CallOptions,
    completion: @escaping (UnaryReply) -> Void
  ) {
    unsafe core.value.unary(path, message, options, completion)
  }

  /// Opens a streaming call; on the loop.
  package func stream(
    _ path: MethodPath, options: CallOptions, receiver: any ClientStreamReceiver
  ) -> ClientStream {
    core.value.stream(path, options, receiver)
  }

  /// Writes what has been submitted since the last flush; on the loop.
  package func flush() { core.value.flush() }

  /// Calls that were made and have not ended; on the loop.
  package var callsInFlight: Int { core.value.callsInFlight }

  /// Fails what is left and closes; from anywhere.
  package func close() {
    eventLoop.execute { self.core.value.close() }
  }
}
