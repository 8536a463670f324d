/// A sorted set of small keys.
struct OrderedIndex<Key: BitwiseCopyable & Comparable & Sendable>: Sendable {
  private var keys: [Key] = []

  init() {}

  var count: Int { keys.count }
  var isEmpty: Bool { keys.isEmpty }
  var first: Key? { keys.first }
  var last: Key? { keys.last }

  func contains(_ key: Key) -> Bool { keys.contains(key) }

  /// False when the key is there already.
  @discardableResult
  mutating func insert(_ key: Key) -> Bool {
    let at = keys.firstIndex { $0 >= key } ?? keys.count
    if at < keys.count, keys[at] == key { return false }
    keys.insert(key, at: at)
    return true
  }

  /// False when the key is not there.
  @discardableResult
  mutating func remove(_ key: Key) -> Bool {
    guard let at = keys.firstIndex(of: key) else { return false }
    keys.remove(at: at)
    return true
  }

  mutating func popFirst() -> Key? { keys.isEmpty ? nil : keys.removeFirst() }

  /// The smallest key that is at least `key`.
  func first(from key: Key) -> Key? { keys.first { $0 >= key } }

  /// Visits keys from `key` on, ascending, until `body` answers false.
  func scan(from key: Key, _ body: (Key) -> Bool) {
    for each in keys where each >= key {
      if !body(each) { return }
    }
  }
}
