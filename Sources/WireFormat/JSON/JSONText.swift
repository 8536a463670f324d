/// The texts that proto3 JSON is made of.
package enum JSONText {
  /// A string in quotes.
  package static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case "\u{0}"..."\u{1F}": result += "\\u" + padded(String(scalar.value, radix: 16), 4)
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }

  /// `order_id` as `orderId`.
  package static func lowerCamel(_ name: String) -> String {
    var result = ""
    var isUpper = false
    for letter in name {
      if letter == "_" {
        isUpper = true
      } else {
        result += isUpper ? letter.uppercased() : String(letter)
        isUpper = false
      }
    }
    return result
  }

  /// RFC 3339 in UTC, with as many groups of three digits as it takes.
  package static func timestamp(seconds: Int64, nanos: Int32) -> String {
    var days = seconds / 86_400
    var rest = seconds % 86_400
    if rest < 0 {
      days -= 1
      rest += 86_400
    }
    let date = CivilDate(dayNumber: Int32(clamping: days))
    let day = "\(padded(date.year, 4))-\(padded(date.month, 2))-\(padded(date.day, 2))"
    let time = "\(padded(rest / 3_600, 2)):\(padded(rest / 60 % 60, 2)):\(padded(rest % 60, 2))"
    return "\(day)T\(time)\(fraction(nanos))Z"
  }

  /// Seconds with a fraction, such as `3.500s`.
  package static func duration(seconds: Int64, nanos: Int32) -> String {
    let isNegative = seconds < 0 || nanos < 0
    return (isNegative ? "-" : "") + "\(seconds.magnitude)"
      + fraction(Int32(clamping: nanos.magnitude)) + "s"
  }

  private static func fraction(_ nanos: Int32) -> String {
    guard nanos != 0 else { return "" }
    if nanos % 1_000_000 == 0 { return "." + padded(nanos / 1_000_000, 3) }
    if nanos % 1_000 == 0 { return "." + padded(nanos / 1_000, 6) }
    return "." + padded(nanos, 9)
  }

  private static func padded(_ number: some BinaryInteger, _ width: Int) -> String {
    padded(String(number), width)
  }

  private static func padded(_ digits: String, _ width: Int) -> String {
    String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
  }

  private static let alphabet = [UInt8](
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  /// Base64 with padding (RFC 4648, section 4).
  package static func base64(_ bytes: [UInt8]) -> String {
    var result: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      var bits: UInt32 = 0
      for byte in group { bits = bits << 8 | UInt32(byte) }
      bits <<= UInt32(8 * (3 - group.count))
      for k in 0..<4 {
        let index = Int(bits >> UInt32(18 - 6 * k) & 63)
        result.append(k <= group.count ? alphabet[index] : UInt8(ascii: "="))
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}
