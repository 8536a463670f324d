// The one place where the world's errors become gRPC statuses.

import CNghttp2

enum StatusMapping {
  /// For an answer without `grpc-status` (gRPC's "HTTP to gRPC status code mapping").
  package static func fromHTTP(_ status: Int) -> StatusCode {
    switch status {
    case 400: .internalError
    case 401: .unauthenticated
    case 403: .permissionDenied
    case 404: .unimplemented
    case 429, 502, 503, 504: .unavailable
    default: .unknown
    }
  }

  /// For a stream that was reset before its status came.
  package static func fromReset(_ code: UInt32) -> StatusCode {
    switch code {
    case NGHTTP2_REFUSED_STREAM.rawValue: .unavailable
    case NGHTTP2_CANCEL.rawValue: .cancelled
    case NGHTTP2_ENHANCE_YOUR_CALM.rawValue: .resourceExhausted
    case NGHTTP2_INADEQUATE_SECURITY.rawValue: .permissionDenied
    default: .internalError
    }
  }
}
