// The three streaming kinds: several messages either way, with backpressure in both directions.

import CNghttp2
import NIOCore

extension ServerConnection {
  func openStreaming(_ slot: CallSlot) {
    slot.streaming = StreamingState()
    slot.phase = .dispatched
    let context = CallContext(slot: SlotRef(slot), peer: peer)
    loop.dispatcher(of: slot.method).streamOpened(
      loop.handle(slot), method: slot.method, context: context)
  }

  func streamingData(_ slot: CallSlot, _ chunk: UnsafeRawBufferPointer) {
    guard slot.phase == .dispatched, let streaming = slot.streaming else { return }
    if streaming.paused || streaming.parked.count > 0 {
      unsafe streaming.parked.append(chunk)
      loop.charge(slot)
      return
    }
    unsafe deliver(slot, streaming, chunk)
  }

  /// Hands over the messages in `chunk`; what a pause leaves over is parked.
  private func deliver(
    _ slot: CallSlot, _ streaming: StreamingState, _ chunk: UnsafeRawBufferPointer
  ) {
    var rest = unsafe chunk
    let generation = slot.generation
    streaming.delivering = true
    defer { streaming.delivering = false }
    while rest.count > 0 {
      if streaming.paused {
        unsafe streaming.parked.append(rest)
        break
      }
      let step = unsafe streaming.assembler.step(&rest, limit: loop.settings.messageBytesMax)
      if let refusal = take(slot, streaming, step) {
        let call = loop.handle(slot)
        fail(slot, refusal)
        return loop.cancelled(call, method: slot.method, reason: .reset)
      }
      guard slot.generation == generation else { return }
    }
    loop.charge(slot)
    if loop.isOverBudget {
      let call = loop.handle(slot)
      fail(slot, GRPCStatus(.resourceExhausted, "request buffers are full"))
      return loop.cancelled(call, method: slot.method, reason: .reset)
    }
    openWindow(slot, chunk.count - rest.count)
  }

  /// Performs one step; a status means that the call is refused.
  private func take(
    _ slot: CallSlot, _ streaming: StreamingState, _ step: AssemblyStep
  ) -> GRPCStatus? {
    switch step {
    case .needsMore: return nil
    case .refused(let status): return status
    case .message(let compressed):
      streaming.messagesTaken += 1
      if slot.kind.takesOneMessage, streaming.messagesTaken > 1 {
        return GRPCStatus(.internalError, "more than one request message")
      }
      let dispatcher = loop.dispatcher(of: slot.method)
      let call = loop.handle(slot)
      guard compressed else {
        unsafe dispatcher.streamMessage(
          call, method: slot.method, message: streaming.assembler.message)
        return nil
      }
      guard slot.requestGzip else {
        return GRPCStatus(.internalError, "compressed message without grpc-encoding")
      }
      do throws(GRPCStatus) {
        let plain = unsafe try Gzip.decompress(
          streaming.assembler.message, limit: loop.settings.messageBytesMax)
        unsafe plain.withUnsafeBytes {
          unsafe dispatcher.streamMessage(call, method: slot.method, message: $0)
        }
        return nil
      } catch {
        return error
      }
    }
  }

  func streamingRequestEnded(_ slot: CallSlot) {
    guard slot.phase == .dispatched, let streaming = slot.streaming else { return }
    if streaming.paused || streaming.parked.count > 0 { return }
    deliverHalfClose(slot, streaming)
  }

  private func deliverHalfClose(_ slot: CallSlot, _ streaming: StreamingState) {
    guard slot.requestEnded, !streaming.halfCloseDelivered else { return }
    streaming.halfCloseDelivered = true
    let missing = slot.kind.takesOneMessage && streaming.messagesTaken == 0
    if missing || !streaming.assembler.isAtBoundary {
      let call = loop.handle(slot)
      fail(slot, GRPCStatus(.internalError, "request message is incomplete"))
      return loop.cancelled(call, method: slot.method, reason: .reset)
    }
    loop.dispatcher(of: slot.method).streamHalfClosed(loop.handle(slot), method: slot.method)
  }

  func pause(_ slot: CallSlot) { slot.streaming?.paused = true }

  func resume(_ slot: CallSlot) {
    guard let streaming = slot.streaming, streaming.paused else { return }
    streaming.paused = false
    // Inside a delivery the loop above goes on by itself.
    if streaming.delivering { return }
    if streaming.parked.count > 0 {
      let parked = unsafe Array(streaming.parked.bytes)
      streaming.parked.clear()
      let generation = slot.generation
      unsafe parked.withUnsafeBytes { unsafe deliver(slot, streaming, $0) }
      markDirty()
      guard slot.generation == generation else { return }
    }
    if !streaming.paused { deliverHalfClose(slot, streaming) }
  }

  /// Queues one message of a streaming answer.
  func enqueue(_ slot: CallSlot, _ streaming: StreamingState, _ message: UnsafeRawBufferPointer) {
    let before = streaming.outbound.count
    unsafe streaming.outbound.appendMessage(message)
    pendingAnswerBytes += streaming.outbound.count - before
    loop.charge(slot)
    if streaming.outbound.count >= loop.settings.streamSendBytesHigh {
      streaming.wasUnwritable = true
    }
    startAnswer(slot, streaming)
    if pendingAnswerBytes > loop.settings.pendingAnswerBytesMax {
      refuse(NGHTTP2_ENHANCE_YOUR_CALM, "answers_not_taken")
    }
    watch.answered()
    markDirty()
  }

  /// Trailers after all that is queued.
  func finish(_ slot: CallSlot, _ streaming: StreamingState, _ status: GRPCStatus) {
    streaming.ending = status
    startAnswer(slot, streaming)
    settle(slot)
  }

  private func startAnswer(_ slot: CallSlot, _ streaming: StreamingState) {
    if streaming.headersSent {
      if streaming.deferred {
        streaming.deferred = false
        unsafe nghttp2_session_resume_data(session, slot.stream)
      }
      return
    }
    streaming.headersSent = true
    var provider = unsafe nghttp2_data_provider(
      source: nghttp2_data_source(ptr: Unmanaged.passUnretained(slot).toOpaque()),
      read_callback: readStreaming)
    let headers = StaticHeaders.answer
    unsafe nghttp2_submit_response(session, slot.stream, headers.list, headers.count, &provider)
  }

  func streamingTaken(_ slot: CallSlot, _ streaming: StreamingState, _ n: Int) {
    answerTaken(n)
    if streaming.wasUnwritable, streaming.outbound.count < loop.settings.streamSendBytesHigh / 2 {
      streaming.wasUnwritable = false
      becameWritable.append(slot)
    }
  }
}

/// nghttp2 asks for the bytes of a streaming answer.
private let readStreaming: nghttp2_data_source_read_callback = {
  session, stream, buffer, length, flags, source, _ in
  let slot = unsafe Unmanaged<CallSlot>.fromOpaque(source!.pointee.ptr).takeUnretainedValue()
  guard let streaming = slot.streaming, let connection = slot.connection else {
    return Int(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue)
  }
  let n = unsafe streaming.outbound.take(into: buffer!, room: length)
  connection.streamingTaken(slot, streaming, n)
  if streaming.outbound.count == 0 {
    if let status = streaming.ending {
      unsafe flags!.pointee =
        NGHTTP2_DATA_FLAG_EOF.rawValue | NGHTTP2_DATA_FLAG_NO_END_STREAM.rawValue
      var block = HeaderBlock()
      block.add(connection.loop.bounded(status))
      unsafe block.withHeaders { _ = unsafe nghttp2_submit_trailer(session, stream, $0, $1) }
      connection.abandonRequest(slot)
    } else if n == 0 {
      streaming.deferred = true
      return Int(NGHTTP2_ERR_DEFERRED.rawValue)
    }
  }
  return n
}
