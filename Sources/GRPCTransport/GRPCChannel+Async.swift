// The channel for callers that are not on its loop.

import NIOCore

/// What an asynchronous unary call brings back.
package struct UnaryResult: Sendable {
  package var status: GRPCStatus
  package var message: [UInt8]
  package var metadata: Metadata
  /// The server certainly did not act on the call.
  package var neverProcessed: Bool
}

extension GRPCChannel {
  /// Makes a unary call from anywhere; every end of the call is a value.
  package func call(
    _ path: MethodPath, message: [UInt8], options: CallOptions
  ) async -> UnaryResult {
    await withCheckedContinuation { continuation in
      eventLoop.execute {
        unsafe message.withUnsafeBytes { bytes in
          unsafe self.unary(path, message: bytes, options: options) { reply in
            continuation.resume(
              returning: UnaryResult(
                status: reply.status, message: unsafe Array(reply.message),
                metadata: reply.metadata, neverProcessed: reply.neverProcessed))
          }
        }
      }
    }
  }

  /// Makes a unary call from anywhere; anything but OK is thrown.
  package func unary(
    _ path: MethodPath, message: [UInt8], options: CallOptions
  ) async throws(GRPCStatus) -> [UInt8] {
    let result = await call(path, message: message, options: options)
    guard result.status.code == .ok else { throw result.status }
    return result.message
  }

  /// Opens a server-streaming call from anywhere: one request, then messages as they come. The
  /// stream ends normally at status OK and throws any other `GRPCStatus`; dropping it cancels. A
  /// reader that falls `streamedMessagesMax` messages behind ends it with RESOURCE_EXHAUSTED;
  /// whoever wants to slow the server down instead uses `stream` with `pause` and `resume`.
  package func serverStream(
    _ path: MethodPath, message: [UInt8], options: CallOptions
  ) -> AsyncThrowingStream<[UInt8], any Error> {
    AsyncThrowingStream(bufferingPolicy: .bufferingOldest(streamedMessagesMax)) { continuation in
      eventLoop.execute {
        let receiver = StreamPump(continuation)
        let stream = self.stream(path, options: options, receiver: receiver)
        let bound = NIOLoopBound(stream, eventLoop: self.eventLoop)
        let loop = self.eventLoop
        continuation.onTermination = { _ in
          loop.execute { bound.value.cancel() }
        }
        stream.send(message)
        stream.halfClose()
      }
    }
  }
}

/// Messages of one `serverStream` that wait for their reader.
private let streamedMessagesMax = 4_096

/// Hands messages on to an `AsyncThrowingStream`.
private final class StreamPump: ClientStreamReceiver {
  private let continuation: AsyncThrowingStream<[UInt8], any Error>.Continuation

  init(_ continuation: AsyncThrowingStream<[UInt8], any Error>.Continuation) {
    self.continuation = continuation
  }

  func received(_ message: UnsafeRawBufferPointer) {
    // Ending it cancels the call through `onTermination`.
    if case .dropped = continuation.yield(unsafe Array(message)) {
      continuation.finish(
        throwing: GRPCStatus(.resourceExhausted, "reader is too slow for the stream"))
    }
  }

  func ended(_ status: GRPCStatus, metadata: Metadata) {
    if status.code == .ok { continuation.finish() } else { continuation.finish(throwing: status) }
  }
}
