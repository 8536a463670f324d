// gzip of single messages, with a bound on what comes out.

import CZlib

enum Gzip {
  /// 15 window bits, plus 16 for the gzip wrapper.
  private static let windowBits: Int32 = 31

  /// Inflates one whole gzip stream; more than `limit` bytes are refused before they exist.
  static func decompress(
    _ packed: UnsafeRawBufferPointer, limit: Int
  ) throws(GRPCStatus) -> [UInt8] {
    var stream = unsafe z_stream()
    guard unsafe hf_inflate_init(&stream, windowBits) == Z_OK else {
      throw GRPCStatus(.internalError, "gzip is not available")
    }
    defer { unsafe inflateEnd(&stream) }
    unsafe stream.next_in = UnsafeMutablePointer(
      mutating: packed.baseAddress?.assumingMemoryBound(to: UInt8.self))
    unsafe stream.avail_in = UInt32(packed.count)
    var out: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 16 << 10)
    while true {
      let (result, produced) = unsafe inflateBlock(&stream, into: &block)
      guard result == Z_OK || result == Z_STREAM_END else {
        throw GRPCStatus(.internalError, "message is not valid gzip")
      }
      guard out.count + produced <= limit else {
        throw GRPCStatus(.resourceExhausted, "message inflates to more than \(limit) bytes")
      }
      out += block[0..<produced]
      if result == Z_STREAM_END { break }
      if produced == 0, unsafe stream.avail_in == 0 {
        throw GRPCStatus(.internalError, "gzip message is incomplete")
      }
    }
    guard unsafe stream.avail_in == 0 else {
      throw GRPCStatus(.internalError, "bytes after the gzip message")
    }
    return out
  }

  private static func inflateBlock(
    _ stream: inout z_stream, into block: inout [UInt8]
  ) -> (Int32, Int) {
    unsafe block.withUnsafeMutableBufferPointer { room in
      unsafe stream.next_out = room.baseAddress
      unsafe stream.avail_out = UInt32(room.count)
      let result = unsafe inflate(&stream, Z_NO_FLUSH)
      let produced = unsafe room.count - Int(stream.avail_out)
      // Room that stays empty is not an error of the data: the caller looks at what is left.
      return (result == Z_BUF_ERROR && produced == 0 ? Z_OK : result, produced)
    }
  }

  static func compress(_ plain: UnsafeRawBufferPointer) -> [UInt8] {
    var stream = unsafe z_stream()
    let made = unsafe hf_deflate_init(&stream, 1, windowBits)
    precondition(made == Z_OK, "deflateInit2: \(made)")
    defer { unsafe deflateEnd(&stream) }
    let bound = Int(unsafe deflateBound(&stream, UInt(plain.count)))
    unsafe stream.next_in = UnsafeMutablePointer(
      mutating: plain.baseAddress?.assumingMemoryBound(to: UInt8.self))
    unsafe stream.avail_in = UInt32(plain.count)
    return unsafe [UInt8](unsafeUninitializedCapacity: bound) { room, count in
      unsafe stream.next_out = room.baseAddress
      unsafe stream.avail_out = UInt32(bound)
      let result = unsafe deflate(&stream, Z_FINISH)
      precondition(result == Z_STREAM_END, "deflate: \(result)")
      count = unsafe bound - Int(stream.avail_out)
    }
  }
}
