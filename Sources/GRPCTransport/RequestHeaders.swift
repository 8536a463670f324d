// The header list of a channel's requests: laid out once, patched per call.

import CNghttp2
import NIOCore

/// Fixed headers first, then what differs. nghttp2 copies what differs when it is submitted.
@safe final class RequestHeaders {
  private static let pathPosition = 3
  private let list: UnsafeMutablePointer<nghttp2_nv>
  private let fixedCount: Int
  private let fixedBytes: UnsafeMutablePointer<UInt8>
  private let timeoutBytes: UnsafeMutablePointer<UInt8>
  private static let timeoutName: StaticString = "grpc-timeout"
  /// Metadata pairs beyond this do not fit into 16 KiB anyway.
  private static let capacity = 512

  init(scheme: String, authority: String, userAgent: String) {
    let pairs = [
      (":method", "POST"), (":scheme", scheme), (":authority", authority), (":path", ""),
      ("te", "trailers"), ("content-type", "application/grpc"), ("user-agent", userAgent),
      ("grpc-accept-encoding", "identity,gzip"),
    ]
    let size = pairs.reduce(0) { $0 + $1.0.utf8.count + $1.1.utf8.count }
    unsafe list = .allocate(capacity: Self.capacity)
    unsafe fixedBytes = .allocate(capacity: size)
    unsafe timeoutBytes = .allocate(capacity: GRPCTimeout.bytesMax)
    fixedCount = pairs.count
    var next = unsafe fixedBytes
    let noCopy = UInt8(
      NGHTTP2_NV_FLAG_NO_COPY_NAME.rawValue | NGHTTP2_NV_FLAG_NO_COPY_VALUE.rawValue)
    for (i, pair) in pairs.enumerated() {
      let name = Array(pair.0.utf8)
      let value = Array(pair.1.utf8)
      unsafe next.update(from: name, count: name.count)
      unsafe (next + name.count).update(from: value, count: value.count)
      unsafe (list + i).initialize(
        to: nghttp2_nv(
          name: next, value: next + name.count, namelen: name.count, valuelen: value.count,
          flags: i == Self.pathPosition
            ? UInt8(NGHTTP2_NV_FLAG_NO_COPY_NAME.rawValue) : noCopy))
      unsafe next += name.count + value.count
    }
  }

  deinit {
    unsafe list.deallocate()
    unsafe fixedBytes.deallocate()
    unsafe timeoutBytes.deallocate()
  }

  func with(
    _ path: MethodPath, timeout: TimeAmount?, metadata: Metadata,
    _ submit: (UnsafePointer<nghttp2_nv>, Int) -> Int32
  ) -> Int32 {
    unsafe path.bytes.withUnsafeBufferPointer { bytes in
      unsafe list[Self.pathPosition].value = unsafe UnsafeMutablePointer(
        mutating: bytes.baseAddress)
      unsafe list[Self.pathPosition].valuelen = bytes.count
      if timeout == nil, metadata.isEmpty { return unsafe submit(list, fixedCount) }
      var count = fixedCount
      if let timeout {
        unsafe list[count] = unsafe header(of: timeout)
        count += 1
      }
      if metadata.isEmpty { return unsafe submit(list, count) }
      var block = HeaderBlock()
      block.add(metadata)
      return unsafe block.withHeaders { more, wanted in
        let room = min(wanted, Self.capacity - count)
        unsafe (list + count).update(from: more, count: room)
        return unsafe submit(list, count + room)
      }
    }
  }

  /// Written into the same few bytes each time; nghttp2 has copied them before the next call.
  private func header(of timeout: TimeAmount) -> nghttp2_nv {
    let length = unsafe GRPCTimeout.write(timeout, to: unsafe timeoutBytes)
    return unsafe nghttp2_nv(
      name: UnsafeMutablePointer(mutating: Self.timeoutName.utf8Start), value: timeoutBytes,
      namelen: Self.timeoutName.utf8CodeUnitCount, valuelen: length,
      // It differs from call to call and would only push others out of the compression table.
      flags: UInt8(NGHTTP2_NV_FLAG_NO_COPY_NAME.rawValue | NGHTTP2_NV_FLAG_NO_INDEX.rawValue))
  }
}
