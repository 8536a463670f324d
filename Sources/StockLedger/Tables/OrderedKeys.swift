// Keys for ordered indexes: compared word by word, first word first.

/// Two words: (deadline, id).
struct PairKey: BitwiseCopyable, Comparable, Sendable {
  var first: UInt64
  var second: UInt64

  init(_ first: UInt64, _ second: UInt64) {
    self.first = first
    self.second = second
  }

  static func < (a: PairKey, b: PairKey) -> Bool {
    a.first != b.first ? a.first < b.first : a.second < b.second
  }
}

/// Three words: (account, deadline, id).
struct TripleKey: BitwiseCopyable, Comparable, Sendable {
  var first: UInt64
  var second: UInt64
  var third: UInt64

  init(_ first: UInt64, _ second: UInt64, _ third: UInt64) {
    self.first = first
    self.second = second
    self.third = third
  }

  static func < (a: TripleKey, b: TripleKey) -> Bool {
    if a.first != b.first { return a.first < b.first }
    return a.second != b.second ? a.second < b.second : a.third < b.third
  }
}
