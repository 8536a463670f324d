// A request on its way in: headers, message bytes, end.

import CNghttp2
import NIOCore

extension ServerConnection {
  func beginHeaders(_ stream: Int32, isRequest: Bool) {
    guard isRequest else {
      current = unsafe ServerCallbacks.slot(session, stream)
      return
    }
    guard !watch.closing, let reference = loop.takeSlot() else {
      current = nil
      unsafe nghttp2_submit_rst_stream(session, 0, stream, NGHTTP2_REFUSED_STREAM.rawValue)
      return
    }
    current = reference
    reference.with { slot in
      slot.stream = stream
      slot.since = loop.now
      adopt(slot)
    }
    watch.callBegan(at: loop.now)
    unsafe nghttp2_session_set_stream_user_data(
      session, stream, reference.pointer)
  }

  func header(
    _ slot: CallSlot, _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer
  ) -> Int32 {
    guard slot.phase == .opening else { return 0 }
    slot.headerBytes += name.count + value.count + 32
    let limit = loop.settings.metadataBytesMax
    if slot.headerBytes > limit {
      slot.refusal = .status(
        GRPCStatus(.resourceExhausted, "metadata is larger than \(limit) bytes"))
      slot.metadata.clear()
      // Far beyond the limit nothing is answered any more.
      return slot.headerBytes > 8 * limit ? NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue : 0
    }
    unsafe classify(slot, name, value)
    return 0
  }

  private func classify(
    _ slot: CallSlot, _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer
  ) {
    switch name.count {
    case 5 where unsafe bytesEqual(name, ":path"):
      guard let found = unsafe loop.methods.lookup(value) else { return }
      slot.knownPath = true
      slot.method = found.id
      slot.kind = found.kind
      return
    case 7 where unsafe bytesEqual(name, ":method"):
      slot.isPost = unsafe bytesEqual(value, "POST")
      return
    case 7 where unsafe bytesEqual(name, ":scheme"): return
    case 10 where unsafe bytesEqual(name, ":authority"): return
    case 10 where unsafe bytesEqual(name, "user-agent"): return
    case 2 where unsafe bytesEqual(name, "te"): return
    case 12 where unsafe bytesEqual(name, "content-type"):
      slot.isGRPC = unsafe isGRPCContentType(value)
      return
    case 12 where unsafe bytesEqual(name, "grpc-timeout"):
      guard let timeout = unsafe GRPCTimeout.parse(value) else {
        slot.refusal = .status(GRPCStatus(.invalidArgument, "malformed grpc-timeout"))
        return
      }
      slot.deadline = loop.now + timeout
      return
    case 13 where unsafe bytesEqual(name, "grpc-encoding"):
      if unsafe bytesEqual(value, "gzip") {
        slot.requestGzip = true
      } else if unsafe !bytesEqual(value, "identity") {
        slot.refusal = .status(GRPCStatus(.unimplemented, "grpc-encoding is not supported"))
      }
      return
    case 14 where unsafe bytesEqual(name, "content-length"): return
    case 20 where unsafe bytesEqual(name, "grpc-accept-encoding"):
      slot.acceptsGzip = unsafe lists(value, "gzip")
      return
    default: break
    }
    unsafe slot.metadata.append(name: name, value: value)
  }

  func frameReceived(_ frame: UnsafePointer<nghttp2_frame>) {
    let header = unsafe frame.pointee.hd
    let ends = header.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0
    switch UInt32(header.type) {
    case NGHTTP2_HEADERS.rawValue:
      let isRequest = unsafe frame.pointee.headers.cat == NGHTTP2_HCAT_REQUEST
      current?.with { slot in
        if isRequest { accept(slot) }
        if ends { requestEnded(slot) }
      }
      current = nil
    case NGHTTP2_DATA.rawValue:
      if !ends {
        if header.length == 0, watch.emptyFrame() {
          refuse(NGHTTP2_ENHANCE_YOUR_CALM, "too_many_empty_frames")
        }
        return
      }
      unsafe ServerCallbacks.slot(session, header.stream_id)?.with { requestEnded($0) }
    case NGHTTP2_PING.rawValue:
      if header.flags & UInt8(NGHTTP2_FLAG_ACK.rawValue) == 0, watch.pinged(loop) {
        refuse(NGHTTP2_ENHANCE_YOUR_CALM, "too_many_pings")
      }
    case NGHTTP2_SETTINGS.rawValue: watch.handshakeDone = true
    default: break
    }
  }

  /// All headers are there: the call goes on or is refused.
  private func accept(_ slot: CallSlot) {
    if !slot.isPost { return reject(slot, .methodNotAllowed) }
    if !slot.isGRPC { return reject(slot, .unsupportedMediaType) }
    if let refusal = slot.refusal { return reject(slot, refusal) }
    if !slot.knownPath {
      return reject(slot, .status(GRPCStatus(.unimplemented, "unknown method")))
    }
    slot.phase = .receiving
    if let deadline = slot.deadline { loop.startTimer(slot, deadline) }
    if slot.kind != .unary { openStreaming(slot) }
  }

  func data(_ slot: CallSlot, _ chunk: UnsafeRawBufferPointer) {
    if slot.streaming != nil { return unsafe streamingData(slot, chunk) }
    guard slot.phase == .receiving else { return }
    unsafe slot.body.append(chunk)
    loop.charge(slot)
    if slot.body.count >= 5 {
      guard let length = unsafe messageLength(slot.body.bytes, limit: loop.settings.messageBytesMax)
      else {
        let reason = unsafe prefixRefusal(slot.body.bytes, limit: loop.settings.messageBytesMax)
        return reject(slot, .status(reason))
      }
      guard slot.body.count <= 5 + length else {
        return reject(slot, .status(GRPCStatus(.internalError, "more than one request message")))
      }
    }
    if loop.isOverBudget {
      return reject(slot, .status(GRPCStatus(.resourceExhausted, "request buffers are full")))
    }
    openWindow(slot, chunk.count)
  }

  /// Lets the client send more on this stream, in large steps.
  func openWindow(_ slot: CallSlot, _ n: Int) {
    slot.unconsumed += n
    guard slot.unconsumed >= 64 << 10 else { return }
    unsafe nghttp2_session_consume_stream(session, slot.stream, slot.unconsumed)
    slot.unconsumed = 0
  }

  private func requestEnded(_ slot: CallSlot) {
    slot.requestEnded = true
    if slot.streaming != nil { return streamingRequestEnded(slot) }
    guard slot.phase == .receiving else { return }
    let body = unsafe slot.body.bytes
    guard body.count >= 5,
      let length = unsafe messageLength(body, limit: loop.settings.messageBytesMax),
      body.count == 5 + length
    else {
      return reject(slot, .status(GRPCStatus(.internalError, "request message is incomplete")))
    }
    let message = unsafe UnsafeRawBufferPointer(rebasing: body[5...])
    unsafe body[0] == 1 ? dispatchCompressed(slot, message) : dispatch(slot, message)
  }

  private func dispatchCompressed(_ slot: CallSlot, _ message: UnsafeRawBufferPointer) {
    guard slot.requestGzip else {
      return reject(
        slot, .status(GRPCStatus(.internalError, "compressed message without grpc-encoding")))
    }
    do throws(GRPCStatus) {
      let plain = unsafe try Gzip.decompress(message, limit: loop.settings.messageBytesMax)
      unsafe plain.withUnsafeBytes { unsafe dispatch(slot, $0) }
    } catch {
      reject(slot, .status(error))
    }
  }

  private func dispatch(_ slot: CallSlot, _ message: UnsafeRawBufferPointer) {
    slot.phase = .dispatched
    slot.since = loop.now
    let context = CallContext(slot: SlotRef(slot), peer: peer)
    unsafe loop.dispatcher(of: slot.method).unary(
      loop.handle(slot), method: slot.method, message: message, context: context)
  }

  /// nghttp2 has closed the stream: by its end, or by a reset from either side.
  func streamClosed(_ slot: CallSlot) {
    let phase = slot.phase
    let call = loop.handle(slot)
    let method = slot.method
    let streaming = slot.streaming != nil
    release(slot)
    guard phase != .answered else { return }
    if watch.wasted(at: loop.now, loop.settings) {
      refuse(NGHTTP2_ENHANCE_YOUR_CALM, "too_many_resets")
    }
    if phase == .dispatched || streaming {
      loop.cancelled(call, method: method, reason: .reset)
    }
  }
}

private func isGRPCContentType(_ value: UnsafeRawBufferPointer) -> Bool {
  let name = 16
  guard value.count >= name,
    unsafe bytesEqual(UnsafeRawBufferPointer(rebasing: value[0..<name]), "application/grpc")
  else { return false }
  if value.count == name { return true }
  if unsafe value[name] == UInt8(ascii: ";") { return true }
  let rest = unsafe UnsafeRawBufferPointer(rebasing: value[name...])
  return unsafe bytesEqual(rest, "+proto") || (rest.starts(with: Array("+proto;".utf8)))
}

/// Whether a comma-separated list has an entry.
private func lists(_ value: UnsafeRawBufferPointer, _ entry: StaticString) -> Bool {
  var start = 0
  while start < value.count {
    var end = start
    while end < value.count, unsafe value[end] != UInt8(ascii: ",") { end += 1 }
    let next = end + 1
    while start < end, unsafe value[start] == UInt8(ascii: " ") { start += 1 }
    while end > start, unsafe value[end - 1] == UInt8(ascii: " ") { end -= 1 }
    if unsafe bytesEqual(UnsafeRawBufferPointer(rebasing: value[start..<end]), entry) {
      return true
    }
    start = next
  }
  return false
}
