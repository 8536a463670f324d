// nghttp2's callbacks of the server side, each handed on to the connection at once.

import CNghttp2

/// The options of a server session; the caller deletes them.
func makeServerOptions(_ settings: ServerSettings) -> OpaquePointer? {
  var options: OpaquePointer?
  unsafe nghttp2_option_new(&options)
  unsafe nghttp2_option_set_no_auto_window_update(options, 1)
  unsafe nghttp2_option_set_no_closed_streams(options, 1)
  unsafe nghttp2_option_set_stream_reset_rate_limit(
    options, settings.resetBurst, settings.resetsPerSecond)
  return unsafe options
}

@safe struct CallbackTable: @unchecked Sendable {
  let pointer: OpaquePointer
}

enum ServerCallbacks {
  /// Copied by nghttp2 into each session, so one table serves all.
  static let table: CallbackTable = {
    var callbacks: OpaquePointer?
    unsafe nghttp2_session_callbacks_new(&callbacks)
    unsafe nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks) {
      _, frame, user in
      unsafe frame!.pointee.headers.cat == NGHTTP2_HCAT_REQUEST
        ? connection(user).beginRequest(frame!.pointee.hd.stream_id) : 0
    }
    unsafe nghttp2_session_callbacks_set_on_header_callback(callbacks) {
      session, frame, name, nameLength, value, valueLength, _, user in
      guard let slot = unsafe slot(session, frame!.pointee.hd.stream_id) else { return 0 }
      return unsafe connection(user).header(
        slot, UnsafeRawBufferPointer(start: name, count: nameLength),
        UnsafeRawBufferPointer(start: value, count: valueLength))
    }
    unsafe nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks) {
      session, _, stream, data, length, user in
      let connection = unsafe connection(user)
      connection.unconsumed += Int32(length)
      guard let slot = unsafe slot(session, stream) else { return 0 }
      unsafe connection.data(slot, UnsafeRawBufferPointer(start: data, count: length))
      return 0
    }
    unsafe nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks) { session, frame, user in
      unsafe connection(user).frameReceived(frame!)
    }
    unsafe nghttp2_session_callbacks_set_on_stream_close_callback(callbacks) {
      session, stream, code, user in
      guard let slot = unsafe slot(session, stream) else { return 0 }
      return unsafe connection(user).streamClosed(slot)
    }
    return unsafe CallbackTable(pointer: callbacks!)
  }()

  /// The session's user pointer is its connection, which outlives it.
  @inline(__always)
  private static func connection(_ user: UnsafeMutableRawPointer?) -> ServerConnection {
    unsafe Unmanaged<ServerConnection>.fromOpaque(user!).takeUnretainedValue()
  }

  /// A stream's user pointer is its slot, which the loop's pool keeps for ever.
  @inline(__always)
  static func slot(_ session: OpaquePointer?, _ stream: Int32) -> CallSlot? {
    guard let user = unsafe nghttp2_session_get_stream_user_data(session, stream) else {
      return nil
    }
    return unsafe Unmanaged<CallSlot>.fromOpaque(user).takeUnretainedValue()
  }
}
