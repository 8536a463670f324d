// The way to one other node: a channel for forwarded calls, and one stream of envelopes on it.

import GRPCTransport
import NIOCore
import NodeCore
import Primitives
import WireFormat

/// Sends to one peer; used on its channel's loop.
///
/// Envelopes may be lost, so nothing is queued for a peer that doesn't take them: Raft's own
/// retries make it good, and a slow peer costs no memory here.
final class PeerLink: @unchecked Sendable {  // used on `channel.eventLoop` only
  let node: NodeID
  let region: [UInt8]
  let address: String
  let channel: GRPCChannel

  private let own: NodeID
  private let introductions: Introductions
  private let events: EventLog
  /// That the peer refuses was said.
  private var refusalIsTold = false
  private var stream: ClientStream?
  private var reopenIsDue = false
  private var isClosed = false
  private var wantsFlush = false
  private var bytes: [UInt8] = []
  /// See `RuntimeSettings.linkDelayMilliseconds`.
  private let delay: TimeAmount
  private(set) var envelopesDropped: UInt64 = 0

  /// A stream that broke is opened again after this, and not at once, so that a peer that refuses
  /// streams costs little.
  private static let reopenAfter = TimeAmount.milliseconds(50)
  /// One that was refused because of who this node is stays refused until an operator does something.
  private static let reopenRefusedAfter = TimeAmount.seconds(1)

  /// A peer that is silent for so long is asked whether it is there. It has nothing to say on this
  /// stream, so this happens all the time, and servers of nodes must allow it.
  static let keepaliveTime = TimeAmount.seconds(2)
  static let pingIntervalMin = TimeAmount.seconds(1)

  /// Unsent bytes above which envelopes are dropped. The largest envelope has to fit, and what comes
  /// right behind it: a chunk of a snapshot or an append of a full batch must not cost the next ones,
  /// or the heartbeats.
  static let waitingBytesMax = 4 << 20
  /// What a node takes of a stream without a round trip: regions are 100 ms apart.
  static let windowBytes = 2 << 20

  init(
    own: NodeID, peer: NodeSeat, host: String, port: Int, tls: ClientTLS,
    introductions: Introductions, events: EventLog, loop: any EventLoop,
    delayMilliseconds: Int64 = 0
  ) {
    self.own = own
    self.introductions = introductions
    self.events = events
    delay = .milliseconds(delayMilliseconds)
    node = peer.id
    region = peer.region
    address = String(decoding: peer.address, as: UTF8.self)
    var settings = ChannelSettings()
    settings.backoffMax = .milliseconds(500)
    settings.keepaliveTime = Self.keepaliveTime
    settings.keepaliveTimeout = Self.keepaliveTime
    channel = GRPCChannel(host: host, port: port, tls: tls, settings: settings, eventLoop: loop)
  }

  func send(_ envelope: PeerEnvelope) {
    channel.eventLoop.assertInEventLoop()
    guard delay > .zero else { return sendNow(envelope) }
    // Of two that are due at once the earlier one runs first: the order stays.
    channel.eventLoop.assumeIsolated().scheduleTask(in: delay) { [self] in
      sendNow(envelope)
      flush()
    }
  }

  private func sendNow(_ envelope: PeerEnvelope) {
    guard !isClosed else { return }
    // What waits for a connection would arrive all at once, and late: a flood of appends that the
    // peer refuses one by one, and of heartbeats from terms gone by.
    guard let stream = stream ?? open(), stream.isConnected,
      stream.waitingBytes < Self.waitingBytesMax
    else {
      envelopesDropped += 1
      return
    }
    bytes.removeAll(keepingCapacity: true)
    PeerCodec.encode(envelope, from: own, to: node, into: &bytes)
    unsafe bytes.withUnsafeBytes { unsafe stream.send($0) }
    wantsFlush = true
  }

  /// Runs on the channel's loop, at once if this is it.
  func onLoop(_ body: @escaping @Sendable () -> Void) {
    if channel.eventLoop.inEventLoop { body() } else { channel.eventLoop.execute(body) }
  }

  /// Writes what one turn had for the peer at once.
  func flush() {
    guard wantsFlush else { return }
    wantsFlush = false
    channel.flush()
  }

  func close() {
    isClosed = true
    stream?.cancel()
    stream = nil
    channel.close()
  }

  private func open() -> ClientStream? {
    guard !reopenIsDue else { return nil }
    let opened = channel.stream(
      MethodPath(HoldfastMethod.exchange.path),
      options: CallOptions(metadata: introductions.greeting.metadata, waitForReady: true),
      receiver: self)
    // It may have ended before it was known here.
    guard !reopenIsDue else { return nil }
    stream = opened
    return opened
  }
}

extension PeerLink: ClientStreamReceiver {
  /// The peer has a stream of its own for what it has to say.
  func received(_ message: UnsafeRawBufferPointer) {}

  func ended(_ status: GRPCStatus, metadata: Metadata) {
    stream = nil
    guard !isClosed else { return }
    reopenIsDue = true
    let isRefused = status.code == .permissionDenied
    if isRefused && !refusalIsTold { events.note(refusedBy: node, status) }
    refusalIsTold = refusalIsTold || isRefused
    let wait = isRefused ? Self.reopenRefusedAfter : Self.reopenAfter
    channel.eventLoop.assumeIsolated().scheduleTask(in: wait) { [self] in reopenIsDue = false }
  }
}
