// The limits of both ends, with the reasons beside them.

package import NIOCore

/// Limits of a server. Everything that a client can make grow has a number here.
package struct ServerSettings: Sendable {
  /// Largest message in either direction (CONTRACTS, section 2).
  package var messageBytesMax = 4 << 20
  /// Largest header list, counted as HPACK does: name + value + 32 (CONTRACTS, section 2).
  package var metadataBytesMax = 16 << 10
  package var concurrentStreamsMax = 1_024
  /// Connections of the whole server, half-open handshakes included.
  package var connectionsMax = 4_096
  /// Per-stream window: a whole small message without an update.
  package var streamWindowBytes = 256 << 10
  /// Connection window: what all unfinished requests of one connection may hold in memory at once.
  package var connectionWindowBytes = 8 << 20
  /// Answers that wait for a slow reader, per connection; above it the connection is closed.
  package var pendingAnswerBytesMax = 32 << 20
  /// Unsent bytes of one stream above which `isWritable` is false.
  package var streamSendBytesHigh = 256 << 10
  /// A handshake (TLS and HTTP/2 preface) has to be over by then.
  package var handshakeTimeout = TimeAmount.seconds(10)
  /// A peer that takes nothing of what waits for it is cut off after this.
  package var writeTimeout = TimeAmount.seconds(20)
  /// The server's own ping on an otherwise silent connection, and how long it waits for the answer.
  package var keepaliveTime = TimeAmount.seconds(120)
  package var keepaliveTimeout = TimeAmount.seconds(20)
  /// A client may ping this often; more often is a strike, and the third strike ends it.
  package var pingIntervalMin = TimeAmount.seconds(10)
  package var pingStrikesMax = 2
  /// A connection without a call for so long is drained.
  package var idleTimeout = TimeAmount.minutes(30)
  /// Between the two GOAWAYs of a drain: a round trip for what is on its way.
  package var drainNotice = TimeAmount.milliseconds(200)
  /// Resets by the client: burst and rate per second (rapid reset, CVE-2023-44487).
  /// The burst leaves room for an honest client whose 1,024 calls all ran out of time at once.
  package var resetBurst: UInt64 = 4_096
  package var resetsPerSecond: UInt64 = 1_024
  /// Calls in flight on one loop; more are refused with REFUSED_STREAM, which is safe to retry.
  package var callsPerLoopMax = 65_536
  /// Bytes of requests and answers that one loop holds; above it large requests are refused.
  package var heldBytesMax = 256 << 20
  /// A unary request has to be complete, and its answer taken, within this.
  package var transferTimeout = TimeAmount.seconds(60)
  /// Answers are compressed when the caller accepts gzip and the message is at least this long;
  /// nil never compresses.
  package var compressAnswersFrom: Int?
  /// A serialized `FileDescriptorSet` that the reflection services serve; empty turns them off.
  package var reflection: [UInt8] = []

  package init() {}
}

/// Limits and habits of a client channel.
package struct ChannelSettings: Sendable {
  package var messageBytesMax = 4 << 20
  package var metadataBytesMax = 16 << 10
  package var streamWindowBytes = 4 << 20
  package var connectionWindowBytes = 16 << 20
  package var connectTimeout = TimeAmount.seconds(5)
  /// First wait before a reconnect; doubles up to the maximum, with jitter.
  package var backoffBase = TimeAmount.milliseconds(50)
  package var backoffMax = TimeAmount.seconds(5)
  /// Ping on a connection with calls in flight that has been silent; nil never pings.
  package var keepaliveTime: TimeAmount? = .seconds(20)
  package var keepaliveTimeout = TimeAmount.seconds(10)
  /// Calls that may wait for a connection or a free stream; more fail with RESOURCE_EXHAUSTED.
  package var waitingCallsMax = 65_536
  /// Compress requests of at least this size; nil never.
  package var compressRequestsFrom: Int?
  package var userAgent = "holdfast"

  package init() {}
}
