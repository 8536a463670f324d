// Header lists for nghttp2: fixed ones are made once and never copied, others are built per use.

import CNghttp2

/// Headers that never change, laid out once for the life of the process.
@safe struct StaticHeaders: @unchecked Sendable {
  let list: UnsafeMutablePointer<nghttp2_nv>
  let count: Int

  init(_ pairs: [(StaticString, StaticString)]) {
    unsafe list = .allocate(capacity: pairs.count)
    count = pairs.count
    for (i, pair) in pairs.enumerated() {
      unsafe (list + i).initialize(to: Self.header(pair.0, pair.1))
    }
  }

  private static func header(_ name: StaticString, _ value: StaticString) -> nghttp2_nv {
    // nghttp2 does not write through these pointers; the literals live for ever.
    unsafe nghttp2_nv(
      name: UnsafeMutablePointer(mutating: name.utf8Start),
      value: UnsafeMutablePointer(mutating: value.utf8Start),
      namelen: name.utf8CodeUnitCount, valuelen: value.utf8CodeUnitCount,
      flags: UInt8(
        NGHTTP2_NV_FLAG_NO_COPY_NAME.rawValue | NGHTTP2_NV_FLAG_NO_COPY_VALUE.rawValue))
  }

  /// An answer with a message.
  static let answer = StaticHeaders([(":status", "200"), ("content-type", "application/grpc")])
  /// The same, compressed.
  static let compressedAnswer = StaticHeaders([
    (":status", "200"), ("content-type", "application/grpc"), ("grpc-encoding", "gzip"),
  ])
  /// The trailer of success.
  static let okTrailer = StaticHeaders([("grpc-status", "0")])
  static let unsupportedMediaType = StaticHeaders([
    (":status", "415"), ("accept-post", "application/grpc"),
  ])
  static let methodNotAllowed = StaticHeaders([(":status", "405"), ("allow", "POST")])
}

/// Headers with values of this one call. nghttp2 copies them when they are submitted.
struct HeaderBlock {
  private var bytes: [UInt8] = []
  private var lengths: [(name: Int, value: Int, flags: UInt8)] = []

  mutating func add(_ name: StaticString, _ value: StaticString) {
    unsafe bytes.append(
      contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    unsafe bytes.append(
      contentsOf: UnsafeBufferPointer(start: value.utf8Start, count: value.utf8CodeUnitCount))
    lengths.append((name.utf8CodeUnitCount, value.utf8CodeUnitCount, 0))
  }

  /// Values that differ from call to call stay out of the compression table.
  mutating func add(_ name: StaticString, _ value: [UInt8], indexed: Bool = false) {
    unsafe bytes.append(
      contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    bytes += value
    lengths.append(
      (
        name.utf8CodeUnitCount, value.count,
        indexed ? 0 : UInt8(NGHTTP2_NV_FLAG_NO_INDEX.rawValue)
      ))
  }

  mutating func add(_ name: [UInt8], _ value: [UInt8]) {
    bytes += name
    bytes += value
    lengths.append((name.count, value.count, UInt8(NGHTTP2_NV_FLAG_NO_INDEX.rawValue)))
  }

  /// Status, message and details, as they stand in trailers.
  mutating func add(_ status: GRPCStatus) {
    add("grpc-status", Array(String(status.code.rawValue).utf8), indexed: true)
    if !status.message.isEmpty { add("grpc-message", PercentCoding.encode(status.message)) }
    if !status.details.isEmpty {
      add("grpc-status-details-bin", Base64.encode(status.details))
    }
  }

  mutating func add(_ metadata: Metadata) {
    for pair in metadata.pairs {
      add(
        Array(pair.key.utf8), pair.key.hasSuffix("-bin") ? Base64.encode(pair.value) : pair.value)
    }
  }

  func withHeaders<T>(_ body: (UnsafePointer<nghttp2_nv>, Int) -> T) -> T {
    unsafe bytes.withUnsafeBufferPointer { storage in
      var list: [nghttp2_nv] = unsafe []
      var position = 0
      for length in lengths {
        let name = unsafe storage.baseAddress! + position
        unsafe list.append(
          nghttp2_nv(
            name: UnsafeMutablePointer(mutating: name),
            value: UnsafeMutablePointer(mutating: name + length.name),
            namelen: length.name, valuelen: length.value, flags: length.flags))
        position += length.name + length.value
      }
      return unsafe list.withUnsafeBufferPointer { unsafe body($0.baseAddress!, $0.count) }
    }
  }
}
