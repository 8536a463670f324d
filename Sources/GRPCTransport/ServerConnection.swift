// One HTTP/2 connection of the server, without its socket: bytes in, calls out, bytes out.

import CNghttp2
import NIOCore

/// What is told to whoever moves the bytes.
protocol ConnectionTransport: AnyObject {
  /// Take output now and write it.
  func pump()
  /// Close at once.
  func abort()
  /// The socket takes no more for now.
  var isBlocked: Bool { get }
}

/// The nghttp2 session and the calls of one connection. It knows no socket, so that tests can feed
/// it any bytes.
@safe final class ServerConnection {
  let loop: ServerLoop
  /// The call whose headers are being received; header blocks are never interleaved.
  var current: SlotRef?
  weak var transport: (any ConnectionTransport)?
  var session: OpaquePointer?
  var peer: PeerIdentity
  var positionInLoop = -1
  /// Slots of the calls that are open on this connection, in no order.
  var open: [Int] = []
  var isDirty = false
  var isReceiving = false
  var isSending = false
  /// Received DATA bytes for which the connection's window was not opened again yet.
  var unconsumed: Int32 = 0
  /// Bytes of answers that nghttp2 has not taken yet.
  var pendingAnswerBytes = 0
  var becameWritable: [CallSlot] = []
  /// Streams whose request is to be cut off once their answer is sent.
  var abandoned: [Int32] = []
  var watch: ConnectionWatch
  var failure: String?

  init(loop: ServerLoop, peer: PeerIdentity, now: NIODeadline) {
    self.loop = loop
    self.peer = peer
    watch = ConnectionWatch(now: now)
    unsafe session = nil
    start()
  }

  deinit { unsafe nghttp2_session_del(session) }

  private func start() {
    let user = unsafe Unmanaged.passUnretained(self).toOpaque()
    let settings = loop.settings
    let options = unsafe makeServerOptions(settings)
    defer { unsafe nghttp2_option_del(options) }
    let made = unsafe nghttp2_session_server_new3(
      &session, ServerCallbacks.table.pointer, user, options, loop.memory.table)
    precondition(made == 0, "nghttp2 session: \(made)")
    let entries = [
      nghttp2_settings_entry(
        settings_id: Int32(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS.rawValue),
        value: UInt32(settings.concurrentStreamsMax)),
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

  /// Whether nghttp2 has nothing more to do with this connection, or its farewell is out.
  var isFinished: Bool {
    if failure != nil { return true }
    return unsafe (watch.closing || nghttp2_session_want_read(session) == 0)
      && nghttp2_session_want_write(session) == 0
  }

  var wantsWrite: Bool { unsafe nghttp2_session_want_write(session) != 0 }

  /// Feeds received bytes. Afterwards `isFinished` may be true.
  func receive(_ bytes: UnsafeRawBufferPointer) {
    guard failure == nil, let base = bytes.baseAddress, bytes.count > 0 else { return }
    isReceiving = true
    watch.received(at: loop.now)
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

  /// Moves output of nghttp2 into `buffer` until it has `limit` bytes.
  func takeOutput(into buffer: inout ByteBuffer, limit: Int) {
    isSending = true
    defer { isSending = false }
    while failure == nil, buffer.readableBytes < limit {
      var data: UnsafePointer<UInt8>?
      let n = unsafe nghttp2_session_mem_send(session, &data)
      if n < 0 { failure = failure ?? "HTTP/2: \(nghttp2Text(Int32(n)))" }
      if n == 0, resetAbandoned() { continue }
      guard n > 0 else { break }
      unsafe buffer.writeBytes(UnsafeRawBufferPointer(start: data, count: n))
    }
  }

  /// Tells dispatchers of streams that have room again; not inside nghttp2. True when somebody was
  /// told, so that there may be more to send.
  func notifyWritable() -> Bool {
    let ready = becameWritable
    becameWritable.removeAll(keepingCapacity: true)
    for slot in ready where slot.connection === self && slot.phase == .dispatched {
      loop.dispatcher(of: slot.method).streamWritable(loop.handle(slot), method: slot.method)
    }
    return !ready.isEmpty
  }

  /// Answers were added: the next flush of the loop writes them.
  func markDirty() {
    if isDirty { return }
    isDirty = true
    loop.dirty.append(self)
  }

  func adopt(_ slot: CallSlot) {
    slot.connection = self
    slot.positionInConnection = open.count
    open.append(slot.index)
  }

  func release(_ slot: CallSlot) {
    if let current, current.isFor(slot) { self.current = nil }
    let last = open.removeLast()
    if last != slot.index {
      open[slot.positionInConnection] = last
      loop.slot(last).positionInConnection = slot.positionInConnection
    }
    pendingAnswerBytes -= slot.answer.count - slot.answerSent
    if let streaming = slot.streaming { pendingAnswerBytes -= streaming.outbound.count }
    loop.giveBack(slot)
  }

  /// The socket is gone: every call that was not answered is cancelled.
  func connectionLost() {
    failure = failure ?? "connection closed"
    current = nil
    while let index = open.last {
      let slot = loop.slot(index)
      let owed = slot.phase == .dispatched
      let call = loop.handle(slot)
      let method = slot.method
      release(slot)
      if owed { loop.cancelled(call, method: method, reason: .connectionLost) }
    }
  }

  /// GOAWAY with a reason; the connection ends when it is written.
  func refuse(_ code: nghttp2_error_code, _ reason: StaticString) {
    guard failure == nil else { return }
    let last = unsafe nghttp2_session_get_last_proc_stream_id(session)
    unsafe nghttp2_submit_goaway(
      session, UInt8(NGHTTP2_FLAG_NONE.rawValue), last, code.rawValue, reason.utf8Start,
      reason.utf8CodeUnitCount)
    watch.closing = true
    markDirty()
  }
}

func nghttp2Text(_ code: Int32) -> String {
  unsafe String(cString: nghttp2_strerror(code))
}
