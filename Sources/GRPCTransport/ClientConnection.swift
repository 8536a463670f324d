// One HTTP/2 connection of a channel, without its socket.

import CNghttp2
import NIOCore

/// The nghttp2 session and the calls of one client connection.
@safe final class ClientConnection {
  let channel: ChannelCore
  /// The call whose answer's headers are being received.
  var current: CallRef?
  weak var transport: (any ConnectionTransport)?
  var session: OpaquePointer?
  var open: [ClientCall] = []
  var isReceiving = false
  var isSending = false
  var unconsumed: Int32 = 0
  /// The server's SETTINGS have arrived: it speaks HTTP/2.
  var isReady = false
  /// GOAWAY has arrived: no new calls.
  var isLeaving = false
  var lastSentStream: Int32 = 0
  var lastReceived: NIODeadline
  var pingSent: NIODeadline?
  var failure: String?
  var becameWritable: [ClientCall] = []

  init(channel: ChannelCore, now: NIODeadline) {
    self.channel = channel
    lastReceived = now
    unsafe session = nil
    start()
  }

  deinit { unsafe nghttp2_session_del(session) }

  private func start() {
    var options: OpaquePointer?
    unsafe nghttp2_option_new(&options)
    defer { unsafe nghttp2_option_del(options) }
    unsafe nghttp2_option_set_no_auto_window_update(options, 1)
    unsafe nghttp2_option_set_no_closed_streams(options, 1)
    let user = unsafe Unmanaged.passUnretained(self).toOpaque()
    let made = unsafe nghttp2_session_client_new2(
      &session, ClientCallbacks.table.pointer, user, options)
    precondition(made == 0, "nghttp2 session: \(made)")
    let settings = channel.settings
    let entries = [
      nghttp2_settings_entry(
        settings_id: Int32(NGHTTP2_SETTINGS_ENABLE_PUSH.rawValue), value: 0),
      nghttp2_settings_entry(
        settings_id: Int32(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE.rawValue),
        value: UInt32(settings.streamWindowBytes)),
      nghttp2_settings_entry(
        settings_id: Int32(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE.rawValue),
        value: UInt32(settings.metadataBytesMax)),
      nghttp2_settings_entry(
        settings_id: Int32(NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES.rawValue), value: 1),
    ]
    unsafe nghttp2_submit_settings(session, 0, entries, entries.count)
    unsafe nghttp2_session_set_local_window_size(
      session, 0, 0, Int32(settings.connectionWindowBytes))
  }

  var isFinished: Bool {
    unsafe failure != nil
      || (nghttp2_session_want_read(session) == 0 && nghttp2_session_want_write(session) == 0)
  }

  func receive(_ bytes: UnsafeRawBufferPointer) {
    guard failure == nil, let base = bytes.baseAddress, bytes.count > 0 else { return }
    lastReceived = channel.now
    pingSent = nil
    isReceiving = true
    let taken = unsafe nghttp2_session_mem_recv(
      session, base.assumingMemoryBound(to: UInt8.self), bytes.count)
    isReceiving = false
    if taken < 0 {
      failure = "HTTP/2: \(nghttp2Text(Int32(taken)))"
    } else if unconsumed > 0 {
      unsafe nghttp2_session_consume_connection(session, Int(unconsumed))
      unconsumed = 0
    }
  }

  func takeOutput(into buffer: inout ByteBuffer, limit: Int) {
    isSending = true
    defer { isSending = false }
    while failure == nil, buffer.readableBytes < limit {
      var data: UnsafePointer<UInt8>?
      let n = unsafe nghttp2_session_mem_send(session, &data)
      if n < 0 { failure = failure ?? "HTTP/2: \(nghttp2Text(Int32(n)))" }
      guard n > 0 else { break }
      unsafe buffer.writeBytes(UnsafeRawBufferPointer(start: data, count: n))
    }
  }

  /// Tells streams that have room again; not inside nghttp2. True when somebody was told.
  func notifyWritable() -> Bool {
    let ready = becameWritable
    becameWritable.removeAll(keepingCapacity: true)
    for call in ready where call.connection === self {
      if case .stream(let receiver) = call.sink { receiver.becameWritable() }
    }
    return !ready.isEmpty
  }

  // MARK: Requests

  /// Hands a call to nghttp2, which keeps it back while the server's stream limit is reached.
  func submit(_ call: ClientCall) {
    var provider = unsafe nghttp2_data_provider(
      source: nghttp2_data_source(ptr: Unmanaged.passUnretained(call).toOpaque()),
      read_callback: call.isStreaming ? readStreamingRequest : readRequest)
    let user = unsafe Unmanaged.passUnretained(call).toOpaque()
    let timeout = call.options.deadline.map { max($0 - channel.now, .nanoseconds(1_000)) }
    let stream = unsafe channel.requestHeaders.with(
      call.path, timeout: timeout, metadata: call.options.metadata
    ) { list, count in
      unsafe nghttp2_submit_request(session, nil, list, count, &provider, user)
    }
    guard stream >= 0 else {
      unsafe channel.finish(
        call, GRPCStatus(.unavailable, "HTTP/2: \(nghttp2Text(stream))"), neverProcessed: true)
      return channel.giveBack(call)
    }
    call.stream = stream
    call.connection = self
    call.positionInConnection = open.count
    open.append(call)
  }

  /// The call was told its end already; the stream is given up.
  func abandon(_ call: ClientCall) {
    guard call.stream > 0 else { return }
    unsafe nghttp2_submit_rst_stream(session, 0, call.stream, NGHTTP2_CANCEL.rawValue)
  }

  func resumeData(_ call: ClientCall) {
    guard call.deferred else { return }
    call.deferred = false
    unsafe nghttp2_session_resume_data(session, call.stream)
  }

  func remove(_ call: ClientCall) {
    let last = open.removeLast()
    if last !== call {
      open[call.positionInConnection] = last
      last.positionInConnection = call.positionInConnection
    }
    call.connection = nil
  }

  /// The socket is gone: what was sent has an unknown outcome, what was not can be tried again.
  func connectionLost(_ reason: String) {
    failure = failure ?? reason
    current = nil
    for call in open.sorted(by: { $0.stream < $1.stream }) {
      remove(call)
      channel.lost(call, neverSent: call.stream > lastSentStream, reason: reason)
    }
  }

  /// Ping on silence; false when the last one was not answered in time.
  func keepAlive(now: NIODeadline) -> Bool {
    guard let time = channel.settings.keepaliveTime, !open.isEmpty else { return true }
    if let sent = pingSent { return now - sent <= channel.settings.keepaliveTimeout }
    if now - lastReceived >= time {
      pingSent = now
      unsafe nghttp2_submit_ping(session, 0, nil)
      transport?.pump()
    }
    return true
  }

  /// Says goodbye; the connection ends when its last call does.
  func leave() {
    if failure != nil { return }
    isLeaving = true
    unsafe nghttp2_submit_goaway(session, 0, 0, NGHTTP2_NO_ERROR.rawValue, nil, 0)
    transport?.pump()
  }
}

/// nghttp2 asks for the bytes of a unary request.
private let readRequest: nghttp2_data_source_read_callback = {
  _, _, buffer, length, flags, source, _ in
  let call = unsafe Unmanaged<ClientCall>.fromOpaque(source!.pointee.ptr).takeUnretainedValue()
  let left = call.request.count - call.requestSent
  let n = min(left, length)
  if n > 0 {
    unsafe UnsafeMutableRawPointer(buffer!).copyMemory(
      from: call.request.bytes.baseAddress! + call.requestSent, byteCount: n)
  }
  call.requestSent += n
  if n == left { unsafe flags!.pointee = NGHTTP2_DATA_FLAG_EOF.rawValue }
  return n
}

/// nghttp2 asks for the bytes of a streaming request.
private let readStreamingRequest: nghttp2_data_source_read_callback = {
  _, _, buffer, length, flags, source, _ in
  let call = unsafe Unmanaged<ClientCall>.fromOpaque(source!.pointee.ptr).takeUnretainedValue()
  let n = unsafe call.outbound.take(into: buffer!, room: length)
  if call.wasUnwritable, call.outbound.count < ChannelCore.streamSendBytesHigh / 2 {
    call.wasUnwritable = false
    call.connection?.becameWritable.append(call)
  }
  if call.outbound.count == 0 {
    if call.halfClosed {
      unsafe flags!.pointee = NGHTTP2_DATA_FLAG_EOF.rawValue
    } else if n == 0 {
      call.deferred = true
      return Int(NGHTTP2_ERR_DEFERRED.rawValue)
    }
  }
  return n
}
