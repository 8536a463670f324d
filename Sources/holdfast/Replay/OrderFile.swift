// Reads order files, plain or packed with gzip.

import CZlib
import Foundation
import Workload

enum OrderFile {
  /// More than any year of orders; bounds what a packed file may grow to.
  static let bytesMax = 1 << 30

  static func read(_ path: String) throws -> RetailFile {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw UsageError("cannot read \(path)")
    }
    let raw = [UInt8](data)
    let bytes = raw.starts(with: [0x1F, 0x8B]) ? try unpack(raw, path) : raw
    var file = RetailFile()
    do {
      try file.read(bytes)
    } catch RetailFileError.empty {
      throw UsageError("\(path) is empty")
    } catch RetailFileError.missingColumn(let name) {
      throw UsageError("\(path) has no column \(name); it must have those of Online Retail")
    }
    return file
  }

  /// Unpacks gzip, also of several members.
  static func unpack(_ packed: [UInt8], _ path: String) throws -> [UInt8] {
    var stream = unsafe z_stream()
    let gzip: Int32 = 31
    guard unsafe hf_inflate_init(&stream, gzip) == Z_OK else {
      throw UsageError("\(path): zlib does not start")
    }
    defer { _ = unsafe inflateEnd(&stream) }
    var input = packed
    var out: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 18)
    let isWhole = unsafe input.withUnsafeMutableBufferPointer { input in
      unsafe stream.next_in = input.baseAddress
      unsafe stream.avail_in = UInt32(clamping: input.count)
      while out.count < bytesMax {
        let (status, count) = unsafe buffer.withUnsafeMutableBufferPointer { buffer in
          unsafe stream.next_out = buffer.baseAddress
          unsafe stream.avail_out = UInt32(buffer.count)
          let status = unsafe inflate(&stream, Z_NO_FLUSH)
          return (status, unsafe buffer.count - Int(stream.avail_out))
        }
        out.append(contentsOf: buffer[..<count])
        if status == Z_STREAM_END {
          if unsafe stream.avail_in == 0 { return true }
          guard unsafe inflateReset(&stream) == Z_OK else { return false }
        } else if status != Z_OK {
          return false
        }
      }
      return false
    }
    guard isWhole else { throw UsageError("\(path) is no whole gzip file") }
    return out
  }
}
