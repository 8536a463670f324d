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
      unsafe with(user) { connection in
        unsafe connection.beginHeaders(
          frame!.pointee.hd.stream_id,
          isRequest: frame!.pointee.headers.cat == NGHTTP2_HCAT_REQUEST)
      }
      return 0
    }
    unsafe nghttp2_session_callbacks_set_on_header_callback(callbacks) {
      _, _, name, nameLength, value, valueLength, _, user in
      unsafe with(user) { connection in
        guard let current = connection.current else { return 0 }
        return current.with { slot in
          unsafe connection.header(
            slot, UnsafeRawBufferPointer(start: name, count: nameLength),
            UnsafeRawBufferPointer(start: value, count: valueLength))
        }
      }
    }
    unsafe nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks) {
      session, _, stream, data, length, user in
      unsafe with(user) { connection in
        connection.unconsumed += Int32(length)
        unsafe slot(session, stream)?.with { slot in
          unsafe connection.data(slot, UnsafeRawBufferPointer(start: data, count: length))
        }
        return 0
      }
    }
    unsafe nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks) { _, frame, user in
      unsafe with(user) { unsafe $0.frameReceived(frame!) }
      return 0
    }
    unsafe nghttp2_session_callbacks_set_on_stream_close_callback(callbacks) {
      session, stream, _, user in
      unsafe with(user) { connection in
        unsafe slot(session, stream)?.with { connection.streamClosed($0) }
        return 0
      }
    }
    return unsafe CallbackTable(pointer: callbacks!)
  }()

  /// The session's user pointer is its connection, which outlives it; nothing is counted here.
  @inline(__always)
  private static func with<T>(
    _ user: UnsafeMutableRawPointer?, _ body: (ServerConnection) -> T
  ) -> T {
    unsafe Unmanaged<ServerConnection>.fromOpaque(user!)._withUnsafeGuaranteedRef { body($0) }
  }

  /// A stream's user pointer is its slot.
  @inline(__always)
  static func slot(_ session: OpaquePointer?, _ stream: Int32) -> SlotRef? {
    unsafe nghttp2_session_get_stream_user_data(session, stream).map { unsafe SlotRef($0) }
  }
}

/// A slot as nghttp2 hands it back. The loop's pool keeps every slot for ever, so it can't dangle,
/// and it is used without counting references.
@safe struct SlotRef {
  private let reference: Unmanaged<CallSlot>

  init(_ slot: CallSlot) { unsafe reference = .passUnretained(slot) }
  init(_ pointer: UnsafeMutableRawPointer) { unsafe reference = .fromOpaque(pointer) }

  var pointer: UnsafeMutableRawPointer { unsafe reference.toOpaque() }
  func isFor(_ slot: CallSlot) -> Bool { unsafe pointer == SlotRef(slot).pointer }

  @inline(__always)
  func with<T>(_ body: (CallSlot) -> T) -> T {
    unsafe reference._withUnsafeGuaranteedRef { body($0) }
  }
}
