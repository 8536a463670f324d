// Who gets the calls: one object per event loop.

package import NIOCore

/// Takes the calls of one server loop. Every function runs on that loop and returns at once; the
/// answer comes through `ServerLoop`, during the function or later.
package protocol CallDispatcher: AnyObject {
  /// One complete unary call. `message` and `context` are valid during the call only.
  func unary(
    _ call: CallHandle, method: Int, message: UnsafeRawBufferPointer, context: CallContext)

  /// A streaming call (any other kind) began. `context` is valid during the call only.
  func streamOpened(_ call: CallHandle, method: Int, context: CallContext)
  /// One message of a streaming call; a server-streaming call gets exactly one.
  func streamMessage(_ call: CallHandle, method: Int, message: UnsafeRawBufferPointer)
  /// The client has sent its last message.
  func streamHalfClosed(_ call: CallHandle, method: Int)
  /// `isWritable(call)` was false and is true again.
  func streamWritable(_ call: CallHandle, method: Int)

  /// The call is over before it was answered; its handle is dead already.
  func cancelled(_ call: CallHandle, method: Int, reason: CancelReason)

  /// Everything of one socket read was handed over: the lane's bell.
  func burstEnded()
}

extension CallDispatcher {
  package func streamOpened(_ call: CallHandle, method: Int, context: CallContext) {}
  package func streamMessage(_ call: CallHandle, method: Int, message: UnsafeRawBufferPointer) {}
  package func streamHalfClosed(_ call: CallHandle, method: Int) {}
  package func streamWritable(_ call: CallHandle, method: Int) {}
  package func burstEnded() {}
}

/// What came with a call besides its message. Valid only while the dispatcher is being called.
package struct CallContext {
  let slot: SlotRef
  let peer: PeerIdentity

  /// When the client stops waiting, on NIO's monotonic clock; nil without a `grpc-timeout`.
  package var deadline: NIODeadline? { slot.with { $0.deadline } }

  /// The URI SANs of the client's verified certificate; empty without one.
  package var peerURIs: [String] { peer.uris }

  /// Whether the connection is plaintext (loopback only).
  package var isPlaintext: Bool { peer.isPlaintext }

  /// The first value of a metadata key (lower case), undecoded; nil when absent.
  package func metadata(_ key: StaticString) -> [UInt8]? {
    slot.with { $0.metadata.first(key) }
  }

  /// All metadata that the client sent, `-bin` values decoded.
  package var allMetadata: Metadata { slot.with { $0.metadata.decoded() } }
}

/// Who is at the other end of a connection.
package struct PeerIdentity: Sendable {
  package var uris: [String]
  package var isPlaintext: Bool
  package init(uris: [String], isPlaintext: Bool) {
    self.uris = uris
    self.isPlaintext = isPlaintext
  }
}

/// Takes nothing.
final class NoDispatcher: CallDispatcher {
  func unary(
    _ call: CallHandle, method: Int, message: UnsafeRawBufferPointer, context: CallContext
  ) {}
  func cancelled(_ call: CallHandle, method: Int, reason: CancelReason) {}
}
