// The texts of gRPC's headers: percent-encoding, base64, timeouts.

package import NIOCore

/// `grpc-message`: UTF-8 with everything outside printable ASCII, and `%`, percent-encoded.
package enum PercentCoding {
  private static let hex = Array("0123456789ABCDEF".utf8)

  package static func encode(_ text: String) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(text.utf8.count)
    for byte in text.utf8 {
      if byte >= 0x20, byte <= 0x7E, byte != 0x25 {
        out.append(byte)
      } else {
        out += [0x25, hex[Int(byte >> 4)], hex[Int(byte & 15)]]
      }
    }
    return out
  }

  /// Decodes what it can; a broken escape stays as it is, as gRPC asks.
  package static func decode(_ bytes: [UInt8]) -> String {
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count)
    var i = 0
    while i < bytes.count {
      if bytes[i] == 0x25, i + 2 < bytes.count, let high = digit(bytes[i + 1]),
        let low = digit(bytes[i + 2])
      {
        out.append(high << 4 | low)
        i += 3
      } else {
        out.append(bytes[i])
        i += 1
      }
    }
    return String(decoding: out, as: UTF8.self)
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x41 + 10
    case 0x61...0x66: byte - 0x61 + 10
    default: nil
    }
  }
}

/// Base64 as `-bin` metadata uses it: written without padding, read with or without.
package enum Base64 {
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  private static let values: [UInt8] = {
    var table = [UInt8](repeating: 0xFF, count: 256)
    for (value, byte) in alphabet.enumerated() { table[Int(byte)] = UInt8(value) }
    return table
  }()

  package static func encode(_ bytes: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity((bytes.count * 4 + 2) / 3)
    var bits: UInt32 = 0
    var pending = 0
    for byte in bytes {
      bits = bits << 8 | UInt32(byte)
      pending += 8
      while pending >= 6 {
        pending -= 6
        out.append(alphabet[Int(bits >> UInt32(pending)) & 63])
      }
    }
    if pending > 0 { out.append(alphabet[Int(bits << UInt32(6 - pending)) & 63]) }
    return out
  }

  /// Nil when it is not base64.
  package static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
    var out: [UInt8] = []
    out.reserveCapacity(text.count * 3 / 4)
    var bits: UInt32 = 0
    var pending = 0
    var digits = 0
    var padding = 0
    for byte in text {
      if byte == 0x3D {
        padding += 1
        continue
      }
      let value = values[Int(byte)]
      guard value != 0xFF, padding == 0 else { return nil }
      digits += 1
      bits = bits << 6 | UInt32(value)
      pending += 6
      if pending >= 8 {
        pending -= 8
        out.append(UInt8(truncatingIfNeeded: bits >> UInt32(pending)))
      }
    }
    guard digits % 4 != 1, padding == 0 || (digits + padding) % 4 == 0, padding <= 2 else {
      return nil
    }
    return out
  }
}

/// `grpc-timeout`: at most eight digits and a unit.
package enum GRPCTimeout {
  package static func parse(_ text: UnsafeRawBufferPointer) -> TimeAmount? {
    guard text.count >= 2, text.count <= 9, let unit = unsafe text.last else { return nil }
    var value: Int64 = 0
    for i in 0..<text.count - 1 {
      let byte = unsafe text[i]
      guard byte >= 0x30, byte <= 0x39 else { return nil }
      value = value * 10 + Int64(byte - 0x30)
    }
    guard let size = nanoseconds(in: unit) else { return nil }
    let (product, overflow) = value.multipliedReportingOverflow(by: size)
    return .nanoseconds(overflow ? longest : min(product, longest))
  }

  /// A year: longer ones mean the same, and sums with the clock stay in range.
  private static let longest: Int64 = 365 * 86_400_000_000_000

  private static func nanoseconds(in unit: UInt8) -> Int64? {
    switch unit {
    case UInt8(ascii: "H"): 3_600_000_000_000
    case UInt8(ascii: "M"): 60_000_000_000
    case UInt8(ascii: "S"): 1_000_000_000
    case UInt8(ascii: "m"): 1_000_000
    case UInt8(ascii: "u"): 1_000
    case UInt8(ascii: "n"): 1
    default: nil
    }
  }

  /// Eight digits and the unit.
  static let bytesMax = 9

  package static func format(_ time: TimeAmount) -> [UInt8] {
    unsafe [UInt8](unsafeUninitializedCapacity: bytesMax) { room, count in
      count = unsafe write(time, to: room.baseAddress!)
    }
  }

  /// Writes the shortest unit that fits into eight digits, never longer than what was asked, and
  /// returns how many bytes it took.
  static func write(_ time: TimeAmount, to target: UnsafeMutablePointer<UInt8>) -> Int {
    let nanoseconds = max(0, time.nanoseconds)
    var (value, unit) = (nanoseconds / 3_600_000_000_000, UInt8(ascii: "H"))
    if nanoseconds / 1_000 <= 99_999_999 {
      (value, unit) = (nanoseconds / 1_000, UInt8(ascii: "u"))
    } else if nanoseconds / 1_000_000 <= 99_999_999 {
      (value, unit) = (nanoseconds / 1_000_000, UInt8(ascii: "m"))
    } else if nanoseconds / 1_000_000_000 <= 99_999_999 {
      (value, unit) = (nanoseconds / 1_000_000_000, UInt8(ascii: "S"))
    }
    var digits = 1
    var rest = value / 10
    while rest > 0 {
      digits += 1
      rest /= 10
    }
    for i in stride(from: digits - 1, through: 0, by: -1) {
      unsafe target[i] = UInt8(truncatingIfNeeded: 0x30 + value % 10)
      value /= 10
    }
    unsafe target[digits] = unit
    return digits + 1
  }
}
