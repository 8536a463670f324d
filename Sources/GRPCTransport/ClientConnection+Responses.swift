// An answer on its way in.

import CNghttp2
import NIOCore

extension ClientConnection {
  func header(_ call: ClientCall, _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
    call.headerBytes += name.count + value.count + 32
    guard call.headerBytes <= channel.settings.metadataBytesMax else {
      if call.status == nil || call.status?.code != .resourceExhausted {
        call.status = GRPCStatus(.resourceExhausted, "metadata of the answer is too large")
      }
      return
    }
    switch name.count {
    case 7 where unsafe bytesEqual(name, ":status"):
      call.httpStatus = unsafe value.reduce(0) { $0 * 10 + Int($1) - 48 }
    case 11 where unsafe bytesEqual(name, "grpc-status"):
      let number = unsafe UInt8(String(decoding: value, as: UTF8.self))
      setStatus(call) { $0.code = number.flatMap(StatusCode.init(rawValue:)) ?? .unknown }
    case 12 where unsafe bytesEqual(name, "grpc-message"):
      let text = unsafe PercentCoding.decode(Array(value))
      setStatus(call) { $0.message = text }
    case 12 where unsafe bytesEqual(name, "content-type"): return
    case 13 where unsafe bytesEqual(name, "grpc-encoding"):
      call.answerGzip = unsafe bytesEqual(value, "gzip")
    case 23 where unsafe bytesEqual(name, "grpc-status-details-bin"):
      let bytes = unsafe Base64.decode(value) ?? []
      setStatus(call) { $0.details = bytes }
    default:
      unsafe call.metadata.append(name: name, value: value)
    }
  }

  private func setStatus(_ call: ClientCall, _ change: (inout GRPCStatus) -> Void) {
    var status = call.status ?? GRPCStatus(.unknown)
    change(&status)
    call.status = status
  }

  func data(_ call: ClientCall, _ chunk: UnsafeRawBufferPointer) {
    if call.isStreaming { return unsafe channel.streamingData(call, chunk) }
    guard case .unary = call.sink else { return }
    unsafe call.body.append(chunk)
    if call.body.count >= 5 {
      let limit = channel.settings.messageBytesMax
      guard let length = unsafe messageLength(call.body.bytes, limit: limit) else {
        return giveUp(call, unsafe prefixRefusal(call.body.bytes, limit: limit))
      }
      guard call.body.count <= 5 + length else {
        return giveUp(call, GRPCStatus(.internalError, "more than one message in the answer"))
      }
    }
    openWindow(call, chunk.count)
  }

  func openWindow(_ call: ClientCall, _ n: Int) {
    call.unconsumed += n
    guard call.unconsumed >= 64 << 10, call.stream > 0 else { return }
    unsafe nghttp2_session_consume_stream(session, call.stream, call.unconsumed)
    call.unconsumed = 0
  }

  /// Ends a call by our own decision.
  func giveUp(_ call: ClientCall, _ status: GRPCStatus) {
    unsafe channel.finish(call, status)
    abandon(call)
  }

  // MARK: Frames and ends

  func frameReceived(_ frame: UnsafePointer<nghttp2_frame>) {
    switch unsafe UInt32(frame.pointee.hd.type) {
    case NGHTTP2_SETTINGS.rawValue:
      let isAck = unsafe frame.pointee.hd.flags & UInt8(NGHTTP2_FLAG_ACK.rawValue) != 0
      if !isAck, !isReady {
        isReady = true
        channel.connectionReady(self)
      }
    case NGHTTP2_GOAWAY.rawValue:
      isLeaving = true
      channel.connectionLeaving(self)
    default: break
    }
  }

  func streamClosed(_ call: ClientCall, _ code: UInt32) {
    remove(call)
    guard case .none = call.sink else {
      let neverSent = code == NGHTTP2_REFUSED_STREAM.rawValue || call.stream > lastSentStream
      if neverSent, call.status == nil {
        return channel.lost(call, neverSent: true, reason: "stream refused by the server")
      }
      if call.isStreaming, call.parked.count > 0 || call.paused {
        call.ended = finalStatus(call, code)
        call.stream = -1
        return
      }
      complete(call, code)
      return channel.giveBack(call)
    }
    channel.giveBack(call)
  }

  private func complete(_ call: ClientCall, _ code: UInt32) {
    let status = finalStatus(call, code)
    guard status.code == .ok, !call.isStreaming else { return unsafe channel.finish(call, status) }
    let body = unsafe call.body.bytes
    guard body.count >= 5,
      let length = unsafe messageLength(body, limit: channel.settings.messageBytesMax),
      body.count == 5 + length
    else {
      return unsafe channel.finish(
        call, GRPCStatus(.internalError, "message of the answer is incomplete"))
    }
    let message = unsafe UnsafeRawBufferPointer(rebasing: body[5...])
    guard unsafe body[0] == 1 else { return unsafe channel.finish(call, .ok, message: message) }
    do throws(GRPCStatus) {
      let plain = unsafe try Gzip.decompress(message, limit: channel.settings.messageBytesMax)
      unsafe plain.withUnsafeBytes { unsafe channel.finish(call, .ok, message: $0) }
    } catch {
      unsafe channel.finish(call, error)
    }
  }

  private func finalStatus(_ call: ClientCall, _ code: UInt32) -> GRPCStatus {
    if let status = call.status { return status }
    if call.httpStatus != 0, call.httpStatus != 200 {
      return GRPCStatus(StatusMapping.fromHTTP(call.httpStatus), "HTTP status \(call.httpStatus)")
    }
    return GRPCStatus(
      StatusMapping.fromReset(code), "stream ended without a status (HTTP/2 code \(code))")
  }
}
