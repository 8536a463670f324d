// Metadata of a call: a list of pairs in order; keys may repeat.

/// Custom metadata. Values of keys that end in `-bin` are raw bytes here and base64 on the wire.
package struct Metadata: Hashable, Sendable {
  package struct Pair: Hashable, Sendable {
    package var key: String
    package var value: [UInt8]
  }

  package var pairs: [Pair] = []

  package init() {}
  package init(_ text: [(String, String)]) {
    for (key, value) in text { add(key, Array(value.utf8)) }
  }

  package var isEmpty: Bool { pairs.isEmpty }

  /// Adds a pair; the key is lower-cased as HTTP/2 wants it.
  package mutating func add(_ key: String, _ value: [UInt8]) {
    pairs.append(Pair(key: key.lowercased(), value: value))
  }
  package mutating func add(_ key: String, _ value: String) { add(key, Array(value.utf8)) }

  /// The first value of a key.
  package subscript(_ key: String) -> [UInt8]? { pairs.first { $0.key == key }?.value }
  /// The first value of a key as text.
  package func text(_ key: String) -> String? {
    self[key].map { String(decoding: $0, as: UTF8.self) }
  }
}
