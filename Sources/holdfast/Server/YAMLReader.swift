// A YAML file read strictly: every key must be known, every value must have its type, and what is
// wrong is said with its line and, for a misspelt key, the nearest name.

import Yams

/// What is wrong with a configuration file, and where.
struct ConfigError: Error, CustomStringConvertible {
  var file: String
  var line: Int?
  var message: String
  var description: String { line.map { "\(file):\($0): \(message)" } ?? "\(file): \(message)" }
}

/// One mapping of a YAML file, with the file's name and the path to it for messages.
struct YAMLSection {
  let file: String
  let path: String
  let node: Node.Mapping

  /// Parses a file's text; `known` are the keys that its top level may have.
  static func root(file: String, text: String, known: [String]) throws -> YAMLSection {
    let node: Node?
    do {
      node = try Yams.compose(yaml: text)
    } catch {
      throw ConfigError(file: file, line: nil, message: "not YAML: \(error)")
    }
    guard let mapping = node?.mapping else {
      throw ConfigError(
        file: file, line: 1,
        message: "expected a mapping with the keys \(known.joined(separator: ", "))")
    }
    let section = YAMLSection(file: file, path: "", node: mapping)
    try section.refuseUnknownKeys(known)
    return section
  }

  /// The mapping under `key`; nil when the key is absent.
  func section(_ key: String, known: [String]) throws -> YAMLSection? {
    guard let value = node[Node(key)], !value.isNull else { return nil }
    guard let mapping = value.mapping else {
      throw wrong(value, "'\(name(key))' must be a mapping")
    }
    let section = YAMLSection(file: file, path: name(key), node: mapping)
    try section.refuseUnknownKeys(known)
    return section
  }

  /// The list of mappings under `key`; empty when the key is absent.
  func sections(_ key: String, known: [String]) throws -> [YAMLSection] {
    guard let value = node[Node(key)], !value.isNull else { return [] }
    guard let sequence = value.sequence else { throw wrong(value, "'\(name(key))' must be a list") }
    return try sequence.enumerated().map { offset, item in
      guard let mapping = item.mapping else {
        throw wrong(item, "each item of '\(name(key))' must be a mapping")
      }
      let section = YAMLSection(file: file, path: "\(name(key))[\(offset)]", node: mapping)
      try section.refuseUnknownKeys(known)
      return section
    }
  }

  func string(_ key: String) throws -> String? {
    guard let value = node[Node(key)], !value.isNull else { return nil }
    guard let text = value.scalar?.string, !text.isEmpty else {
      throw wrong(value, "'\(name(key))' must be a text")
    }
    return text
  }

  func strings(_ key: String) throws -> [String] {
    guard let value = node[Node(key)], !value.isNull else { return [] }
    guard let items = value.sequence else { throw wrong(value, "'\(name(key))' must be a list") }
    return try items.map { item in
      guard let text = item.scalar?.string, !text.isEmpty else {
        throw wrong(item, "each item of '\(name(key))' must be a text")
      }
      return text
    }
  }

  /// Nil when the key is absent.
  func integers(_ key: String, in range: ClosedRange<Int>) throws -> [Int]? {
    guard let value = node[Node(key)], !value.isNull else { return nil }
    guard let items = value.sequence else { throw wrong(value, "'\(name(key))' must be a list") }
    return try items.map { item in
      guard let number = item.int, range.contains(number) else {
        throw wrong(
          item,
          "each item of '\(name(key))' must be a whole number from \(range.lowerBound) to "
            + "\(range.upperBound)")
      }
      return number
    }
  }

  func integer(_ key: String, in range: ClosedRange<Int>) throws -> Int? {
    guard let value = node[Node(key)], !value.isNull else { return nil }
    guard let number = value.int, range.contains(number) else {
      throw wrong(
        value,
        "'\(name(key))' must be a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// Unwraps a value that has no default.
  func required<Value>(_ key: String, _ value: Value?) throws -> Value {
    if let value { return value }
    throw ConfigError(
      file: file, line: node.mark?.line, message: "'\(name(key))' is missing")
  }

  func wrong(_ node: Node, _ message: String) -> ConfigError {
    ConfigError(file: file, line: line(of: node), message: message)
  }

  private func name(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

  private func line(of node: Node) -> Int? {
    switch node {
    case .scalar(let scalar): scalar.mark?.line
    case .mapping(let mapping): mapping.mark?.line
    case .sequence(let sequence): sequence.mark?.line
    case .alias(let alias): alias.mark?.line
    }
  }

  /// A key that is there twice doesn't get this far: the parser refuses it.
  private func refuseUnknownKeys(_ known: [String]) throws {
    for (key, _) in node {
      guard let text = key.scalar?.string, known.contains(text) else {
        let text = key.scalar?.string ?? "?"
        let nearest = nearestName(to: text, among: known)
        throw wrong(
          key,
          "unknown key '\(name(text))'"
            + (nearest.map { "; did you mean '\(name($0))'?" }
              ?? "; known here: \(known.joined(separator: ", "))"))
      }
    }
  }
}

extension Node {
  fileprivate var isNull: Bool {
    guard let scalar else { return false }
    return scalar.style == .plain && ["", "~", "null"].contains(scalar.string)
  }
}

/// The name with the fewest edits to `text`, if that is near enough to be a misspelling.
func nearestName(to text: String, among names: [String]) -> String? {
  let ranked = names.map { (edits(from: text, to: $0), $0) }.min { $0.0 < $1.0 }
  guard let ranked, ranked.0 <= max(2, ranked.1.count / 3) else { return nil }
  return ranked.1
}

/// Levenshtein's distance.
private func edits(from a: String, to b: String) -> Int {
  let b = Array(b)
  var row = Array(0...b.count)
  for (i, x) in a.enumerated() {
    var diagonal = row[0]
    row[0] = i + 1
    for j in b.indices {
      let substituted = diagonal + (x == b[j] ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(substituted, row[j] + 1, row[j + 1] + 1)
    }
  }
  return row[b.count]
}
