// One call of a channel, from the moment it is made until nghttp2 has let go of its stream.

import NIOCore

/// Where a call's answer goes.
enum ClientCallSink {
  case unary((UnaryReply) -> Void)
  case stream(any ClientStreamReceiver)
  /// Told already.
  case none
}

/// State of one call; unary ones are pooled by their channel.
final class ClientCall {
  let index: Int
  var sink = ClientCallSink.none
  var path = MethodPath("")
  var options = CallOptions()
  var connection: ClientConnection?
  var positionInConnection = 0
  var stream: Int32 = -1
  /// Refused once by a server that certainly did nothing; tried again without asking.
  var attempts = 0
  var isStreaming = false

  /// The request: prefix and message of a unary call.
  var request = ByteStore()
  var requestSent = 0
  /// The request of a streaming call.
  var outbound = ByteQueue()
  var halfClosed = false
  var deferred = false
  var wasUnwritable = false

  var httpStatus = 0
  var sawHeaders = false
  var answerGzip = false
  var headerBytes = 0
  var status: GRPCStatus?
  var metadata = RawMetadata()
  var body = ByteStore()
  var assembler = MessageAssembler()
  var parked = ByteStore()
  var paused = false
  var delivering = false
  var ended: GRPCStatus?
  var unconsumed = 0

  init(index: Int) { self.index = index }

  /// Forgets what an earlier attempt received.
  func resetAnswer() {
    connection = nil
    stream = -1
    requestSent = 0
    httpStatus = 0
    sawHeaders = false
    answerGzip = false
    headerBytes = 0
    status = nil
    metadata.clear()
    body.clear()
    unconsumed = 0
    deferred = false
  }

  func reset() {
    resetAnswer()
    sink = .none
    options = CallOptions()
    attempts = 0
    request.clear()
  }
}
