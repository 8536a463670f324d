// nghttp2's callbacks of the client side.

import CNghttp2

enum ClientCallbacks {
  static let table: CallbackTable = {
    var callbacks: OpaquePointer?
    unsafe nghttp2_session_callbacks_new(&callbacks)
    unsafe nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks) {
      session, frame, user in
      unsafe with(user) { $0.current = unsafe call(session, frame!.pointee.hd.stream_id) }
      return 0
    }
    unsafe nghttp2_session_callbacks_set_on_header_callback(callbacks) {
      _, _, name, nameLength, value, valueLength, _, user in
      unsafe with(user) { connection in
        connection.current?.with { call in
          unsafe connection.header(
            call, UnsafeRawBufferPointer(start: name, count: nameLength),
            UnsafeRawBufferPointer(start: value, count: valueLength))
        }
      }
      return 0
    }
    unsafe nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks) {
      session, _, stream, data, length, user in
      unsafe with(user) { connection in
        connection.unconsumed += Int32(length)
        unsafe call(session, stream)?.with { call in
          unsafe connection.data(call, UnsafeRawBufferPointer(start: data, count: length))
        }
      }
      return 0
    }
    unsafe nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks) { _, frame, user in
      unsafe with(user) { unsafe $0.frameReceived(frame!) }
      return 0
    }
    unsafe nghttp2_session_callbacks_set_on_frame_send_callback(callbacks) { _, frame, user in
      if unsafe UInt32(frame!.pointee.hd.type) == NGHTTP2_HEADERS.rawValue {
        unsafe with(user) { $0.lastSentStream = unsafe frame!.pointee.hd.stream_id }
      }
      return 0
    }
    unsafe nghttp2_session_callbacks_set_on_stream_close_callback(callbacks) {
      session, stream, code, user in
      unsafe with(user) { connection in
        connection.current = nil
        if let call = unsafe call(session, stream)?.strong { connection.streamClosed(call, code) }
      }
      return 0
    }
    return unsafe CallbackTable(pointer: callbacks!)
  }()

  /// The session's user pointer is its connection, which outlives it; nothing is counted here.
  @inline(__always)
  private static func with(_ user: UnsafeMutableRawPointer?, _ body: (ClientConnection) -> Void) {
    unsafe Unmanaged<ClientConnection>.fromOpaque(user!)._withUnsafeGuaranteedRef { body($0) }
  }

  @inline(__always)
  private static func call(_ session: OpaquePointer?, _ stream: Int32) -> CallRef? {
    unsafe nghttp2_session_get_stream_user_data(session, stream).map { unsafe CallRef($0) }
  }
}

/// A call as nghttp2 hands it back. Its connection's list keeps it until its stream is closed.
@safe struct CallRef {
  private let reference: Unmanaged<ClientCall>

  init(_ pointer: UnsafeMutableRawPointer) { unsafe reference = .fromOpaque(pointer) }

  @inline(__always)
  func with<T>(_ body: (ClientCall) -> T) -> T {
    unsafe reference._withUnsafeGuaranteedRef { body($0) }
  }

  /// For the end of a stream, after which nothing else may keep the call.
  var strong: ClientCall { unsafe reference.takeUnretainedValue() }
}
