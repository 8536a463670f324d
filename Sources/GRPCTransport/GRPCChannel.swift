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

  package static func timeout(_ time: TimeAmount, metadata: Metadata = Metadata()) -> CallOptions {
    CallOptions(deadline: .now() + time, metadata: metadata)
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

/// Takes what comes back on a streaming call; called on the channel's loop.
package protocol ClientStreamReceiver: AnyObject {
  func received(_ message: UnsafeRawBufferPointer)
  func ended(_ status: GRPCStatus, metadata: Metadata)
  /// `isWritable` was false and is true again.
  func becameWritable()
}

extension ClientStreamReceiver {
  package func becameWritable() {}
}

/// One streaming call of a channel; use it on the channel's loop.
package final class ClientStream {
  package func send(_ message: UnsafeRawBufferPointer) { fatalError("not built yet") }
  package func halfClose() { fatalError("not built yet") }
  package func cancel() { fatalError("not built yet") }
  package var isWritable: Bool { fatalError("not built yet") }
  package func pause() { fatalError("not built yet") }
  package func resume() { fatalError("not built yet") }
}

/// One HTTP/2 connection to one server. Callback functions are for the channel's own loop; the
/// `async` ones may be called from anywhere. It connects at the first call, reconnects with
/// exponential backoff and jitter, and honours GOAWAY.
package final class GRPCChannel: @unchecked Sendable {
  package let eventLoop: any EventLoop

  package init(
    host: String, port: Int, tls: ClientTLS?, settings: ChannelSettings = ChannelSettings(),
    eventLoop: any EventLoop
  ) {
    self.eventLoop = eventLoop
  }

  /// Makes a unary call; on the loop. `completion` runs on the loop, exactly once, never inside
  /// this function. The call goes out with the next `flush()`, or at the end of the loop's tick.
  package func unary(
    _ path: MethodPath, message: UnsafeRawBufferPointer, options: CallOptions,
    completion: @escaping (UnaryReply) -> Void
  ) {
    fatalError("not built yet")
  }

  /// Opens a streaming call; on the loop.
  package func stream(
    _ path: MethodPath, options: CallOptions, receiver: any ClientStreamReceiver
  ) -> ClientStream {
    fatalError("not built yet")
  }

  /// Writes what has been submitted since the last flush.
  package func flush() { fatalError("not built yet") }

  /// Makes a unary call from anywhere.
  package func unary(
    _ path: MethodPath, message: [UInt8], options: CallOptions
  ) async throws(GRPCStatus) -> [UInt8] {
    fatalError("not built yet")
  }

  /// Calls that were made and have not ended.
  package var callsInFlight: Int { fatalError("not built yet") }

  /// Fails what is left and closes; from anywhere.
  package func close() { fatalError("not built yet") }
}
