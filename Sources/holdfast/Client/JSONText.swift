/// Writes JSON with members in the order given.
struct JSONText {
  private(set) var text = ""
  private var needsComma = false

  mutating func object(_ body: (inout JSONText) -> Void) { nest("{", "}", body) }

  mutating func object(_ key: String, _ body: (inout JSONText) -> Void) {
    self.key(key)
    nest("{", "}", body)
  }

  mutating func array(_ key: String, _ body: (inout JSONText) -> Void) {
    self.key(key)
    nest("[", "]", body)
  }

  mutating func put(_ key: String, _ value: String) {
    self.key(key)
    text += Self.quoted(value)
    needsComma = true
  }

  /// A number or truth value as it stands.
  mutating func put(_ key: String, raw value: some CustomStringConvertible) {
    self.key(key)
    text += value.description
    needsComma = true
  }

  private mutating func key(_ key: String) {
    comma()
    text += Self.quoted(key) + ":"
    needsComma = false
  }

  private mutating func comma() {
    if needsComma { text += "," }
    needsComma = false
  }

  private mutating func nest(_ open: String, _ close: String, _ body: (inout JSONText) -> Void) {
    comma()
    text += open
    needsComma = false
    body(&self)
    text += close
    needsComma = true
  }

  static func quoted(_ value: String) -> String {
    var out = "\""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case _ where scalar.value < 0x20:
        let hex = String(scalar.value, radix: 16)
        out += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out + "\""
  }
}

func hexText(_ bytes: [UInt8]) -> String {
  bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
