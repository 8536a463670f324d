// What a dispatcher answers through: the part of the server that lives on one event loop.

package import NIOCore

/// One event loop's share of a server. Use it on that loop only. Answers are collected until
/// `flush()`, which writes once per connection.
package final class ServerLoop {
  package let eventLoop: any EventLoop
  /// Its place in the server; also part of each handle that it gives out.
  package let index: Int

  init(eventLoop: any EventLoop, index: Int) {
    self.eventLoop = eventLoop
    self.index = index
  }

  /// Answers with one message and status OK. The bytes are copied before this returns.
  package func respond(_ call: CallHandle, message: UnsafeRawBufferPointer) {
    fatalError("not built yet")
  }

  /// Answers with a part of an array.
  package func respond(_ call: CallHandle, message: [UInt8], range: Range<Int>) {
    unsafe message.withUnsafeBytes {
      unsafe respond(call, message: UnsafeRawBufferPointer(rebasing: $0[range]))
    }
  }

  /// Ends a call with a status and without a (further) message.
  package func fail(_ call: CallHandle, status: GRPCStatus) { fatalError("not built yet") }

  /// Sends one message of a streaming answer; false when the call is over.
  @discardableResult
  package func send(_ call: CallHandle, message: UnsafeRawBufferPointer) -> Bool {
    fatalError("not built yet")
  }

  /// Ends a streaming answer after all that was sent.
  package func finish(_ call: CallHandle, status: GRPCStatus = .ok) { fatalError("not built yet") }

  /// False while too much of this stream waits to be sent; `streamWritable` tells when it is not.
  package func isWritable(_ call: CallHandle) -> Bool { fatalError("not built yet") }

  /// Stops taking messages of a streaming call; the client is slowed down by its window.
  package func pause(_ call: CallHandle) { fatalError("not built yet") }
  package func resume(_ call: CallHandle) { fatalError("not built yet") }

  /// Writes all answers since the last flush, one write per connection.
  package func flush() { fatalError("not built yet") }

  /// Calls that were handed over and are not answered yet.
  package var openCalls: Int { fatalError("not built yet") }
}
