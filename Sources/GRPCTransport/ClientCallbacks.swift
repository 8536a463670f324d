// nghttp2's callbacks of the client side.

import CNghttp2

enum ClientCallbacks {
  static let table: CallbackTable = {
    var callbacks: OpaquePointer?
    unsafe nghttp2_session_callbacks_new(&callbacks)
    unsafe nghttp2_session_callbacks_set_on_header_callback(callbacks) {
      session, frame, name, nameLength, value, valueLength, _, user in
      guard let call = unsafe call(session, frame!.pointee.hd.stream_id) else { return 0 }
      unsafe connection(user).header(
        call, UnsafeRawBufferPointer(start: name, count: nameLength),
        UnsafeRawBufferPointer(start: value, count: valueLength))
      return 0
    }
    unsafe nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks) {
      session, _, stream, data, length, user in
      let connection = unsafe connection(user)
      connection.unconsumed += Int32(length)
      guard let call = unsafe call(session, stream) else { return 0 }
      unsafe connection.data(call, UnsafeRawBufferPointer(start: data, count: length))
      return 0
    }
    unsafe nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks) { _, frame, user in
      unsafe connection(user).frameReceived(frame!)
      return 0
    }
    unsafe nghttp2_session_callbacks_set_on_frame_send_callback(callbacks) { _, frame, user in
      if unsafe UInt32(frame!.pointee.hd.type) == NGHTTP2_HEADERS.rawValue {
        unsafe connection(user).lastSentStream = unsafe frame!.pointee.hd.stream_id
      }
      return 0
    }
    unsafe nghttp2_session_callbacks_set_on_stream_close_callback(callbacks) {
      session, stream, code, user in
      guard let call = unsafe call(session, stream) else { return 0 }
      unsafe nghttp2_session_set_stream_user_data(session, stream, nil)
      unsafe connection(user).streamClosed(call, code)
      return 0
    }
    return unsafe CallbackTable(pointer: callbacks!)
  }()

  @inline(__always)
  private static func connection(_ user: UnsafeMutableRawPointer?) -> ClientConnection {
    unsafe Unmanaged<ClientConnection>.fromOpaque(user!).takeUnretainedValue()
  }

  /// A call is kept by its connection's list until its stream is closed.
  @inline(__always)
  private static func call(_ session: OpaquePointer?, _ stream: Int32) -> ClientCall? {
    guard let user = unsafe nghttp2_session_get_stream_user_data(session, stream) else {
      return nil
    }
    return unsafe Unmanaged<ClientCall>.fromOpaque(user).takeUnretainedValue()
  }
}
