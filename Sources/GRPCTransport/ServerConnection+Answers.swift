// An answer on its way out: one message and a trailer, or a status alone.

import CNghttp2
import NIOCore

extension ServerConnection {
  /// One message and status OK; ends the call.
  func respond(_ slot: CallSlot, _ message: UnsafeRawBufferPointer) {
    if let streaming = slot.streaming {
      unsafe enqueue(slot, streaming, message)
      return finish(slot, streaming, .ok)
    }
    let compressed = unsafe fillAnswer(slot, message)
    pendingAnswerBytes += slot.answer.count
    loop.charge(slot)
    var provider = unsafe nghttp2_data_provider(
      source: nghttp2_data_source(ptr: SlotRef(slot).pointer),
      read_callback: readAnswer)
    let headers = compressed ? StaticHeaders.compressedAnswer : StaticHeaders.answer
    unsafe nghttp2_submit_response(session, slot.stream, headers.list, headers.count, &provider)
    settle(slot)
  }

  /// Whether the message went in compressed.
  private func fillAnswer(_ slot: CallSlot, _ message: UnsafeRawBufferPointer) -> Bool {
    slot.answer.truncate(0)
    if slot.acceptsGzip, let floor = loop.settings.compressAnswersFrom, message.count >= floor {
      let packed = unsafe Gzip.compress(message)
      slot.answer.appendPrefix(length: packed.count, compressed: true)
      unsafe packed.withUnsafeBytes { unsafe slot.answer.append($0) }
      return true
    }
    slot.answer.appendPrefix(length: message.count, compressed: false)
    unsafe slot.answer.append(message)
    return false
  }

  /// Ends a call with a status only: trailers-only when nothing was sent before, else trailers.
  func fail(_ slot: CallSlot, _ status: GRPCStatus) {
    if let streaming = slot.streaming, streaming.headersSent {
      return finish(slot, streaming, status)
    }
    var block = HeaderBlock()
    block.add(":status", "200")
    block.add("content-type", "application/grpc")
    if status.code == .unimplemented { block.add("grpc-accept-encoding", "identity,gzip") }
    block.add(loop.bounded(status))
    unsafe block.withHeaders {
      _ = unsafe nghttp2_submit_response(session, slot.stream, $0, $1, nil)
    }
    abandonRequest(slot)
    settle(slot)
  }

  /// Refuses a request that no dispatcher knows as a unary call.
  func reject(_ slot: CallSlot, _ refusal: HeaderRefusal) {
    switch refusal {
    case .status(let status): fail(slot, status)
    case .unsupportedMediaType: rejectHTTP(slot, StaticHeaders.unsupportedMediaType)
    case .methodNotAllowed: rejectHTTP(slot, StaticHeaders.methodNotAllowed)
    }
  }

  private func rejectHTTP(_ slot: CallSlot, _ headers: StaticHeaders) {
    unsafe nghttp2_submit_response(session, slot.stream, headers.list, headers.count, nil)
    abandonRequest(slot)
    settle(slot)
  }

  /// What is still coming of the request is not wanted: a whole answer, then NO_ERROR
  /// (RFC 9113, section 8.1). nghttp2 would drop an answer that is reset before it is sent.
  func abandonRequest(_ slot: CallSlot) {
    if !slot.requestEnded { abandoned.append(slot.stream) }
  }

  /// Resets abandoned streams whose answers are out; true when there were any.
  func resetAbandoned() -> Bool {
    guard !abandoned.isEmpty else { return false }
    for stream in abandoned where unsafe ServerCallbacks.slot(session, stream) != nil {
      unsafe nghttp2_submit_rst_stream(session, 0, stream, NGHTTP2_NO_ERROR.rawValue)
    }
    abandoned.removeAll(keepingCapacity: true)
    return true
  }

  /// The call is answered: its handle is dead, its slot lives until nghttp2 has sent all.
  func settle(_ slot: CallSlot) {
    slot.generation &+= 1
    slot.phase = .answered
    slot.since = loop.now
    slot.body.truncate(0)
    if slot.deadline != nil { loop.stopTimer(slot) }
    watch.answered()
    if pendingAnswerBytes > loop.settings.pendingAnswerBytesMax {
      refuse(NGHTTP2_ENHANCE_YOUR_CALM, "answers_not_taken")
    }
    markDirty()
  }
}

/// nghttp2 asks for the bytes of a unary answer.
private let readAnswer: nghttp2_data_source_read_callback = {
  session, stream, buffer, length, flags, source, user in
  var n = 0
  var isLast = false
  unsafe SlotRef(source!.pointee.ptr).with { slot in
    let left = slot.answer.count - slot.answerSent
    n = min(left, length)
    isLast = n == left
    unsafe UnsafeMutableRawPointer(buffer!).copyMemory(
      from: slot.answer.bytes.baseAddress! + slot.answerSent, byteCount: n)
    slot.answerSent += n
  }
  unsafe Unmanaged<ServerConnection>.fromOpaque(user!)._withUnsafeGuaranteedRef {
    $0.answerTaken(n)
  }
  if isLast {
    unsafe flags!.pointee =
      NGHTTP2_DATA_FLAG_EOF.rawValue | NGHTTP2_DATA_FLAG_NO_END_STREAM.rawValue
    let trailer = StaticHeaders.okTrailer
    unsafe nghttp2_submit_trailer(session, stream, trailer.list, trailer.count)
  }
  return n
}

extension ServerConnection {
  func answerTaken(_ n: Int) {
    pendingAnswerBytes -= n
    watch.dataSent(n)
  }
}
