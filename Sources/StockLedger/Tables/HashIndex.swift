/// Finds a small value by a key of 8 or 16 bytes without padding; the key lies in the entry.
struct HashIndex<Key: BitwiseCopyable & Hashable & Sendable, Value: BitwiseCopyable & Sendable>:
  Sendable
{
  private struct Entry: BitwiseCopyable, Sendable {
    var key: Key
    var value: Value
  }

  static var entriesPerBucket: Int { 48 }

  private let seed: UInt64
  private var buckets = HashBuckets<Entry>(entriesPerBucket: entriesPerBucket, step: 16)

  /// `seed` spreads keys differently, against callers who choose keys that collide; what the index
  /// answers does not depend on it.
  init(seed: UInt64 = 0) {
    let keyBytes = MemoryLayout<Key>.size
    precondition(keyBytes == 8 || keyBytes == 16, "a key of \(keyBytes) bytes is not 8 or 16")
    self.seed = seed
  }

  var count: Int { buckets.count }
  /// Entries that were moved to make room, ever: growth must not come in lumps.
  var entriesMoved: UInt64 { buckets.entriesMoved }

  @inline(__always)
  func hash(_ key: Key) -> UInt64 { KeyHash.of(key, seed: seed) }

  @inline(__always)
  func find(_ key: Key) -> Value? { find(key, hash(key)) }

  /// The same where the key's hash is known already.
  @inline(__always)
  func find(_ key: Key, _ hash: UInt64) -> Value? {
    let bucket = buckets.bucket(of: hash)
    guard let at = slot(key, hash, bucket) else { return nil }
    return buckets.entry(at, in: bucket).value
  }

  /// How many entries a search goes through.
  func entriesSearched(_ key: Key) -> Int { buckets.entriesSearched(hash(key)) }

  /// False, and nothing changes, when the key is there already.
  @discardableResult
  mutating func insert(_ key: Key, _ value: Value) -> Bool {
    let hash = hash(key)
    if slot(key, hash, buckets.bucket(of: hash)) != nil { return false }
    insert(absent: key, hash, value)
    return true
  }

  /// Inserts a key of which the caller has just seen that it is not there.
  @inline(__always)
  mutating func insert(absent key: Key, _ hash: UInt64, _ value: Value) {
    buckets.add(Entry(key: key, value: value), hash) { [seed] in KeyHash.of($0.key, seed: seed) }
  }

  /// Inserts or overwrites; returns what was there.
  @discardableResult
  mutating func replace(_ key: Key, _ value: Value) -> Value? {
    let hash = hash(key)
    let bucket = buckets.bucket(of: hash)
    guard let at = slot(key, hash, bucket) else {
      insert(absent: key, hash, value)
      return nil
    }
    let old = buckets.entry(at, in: bucket).value
    buckets.replace(at, in: bucket, with: Entry(key: key, value: value))
    return old
  }

  @discardableResult
  mutating func remove(_ key: Key) -> Value? {
    let hash = hash(key)
    let bucket = buckets.bucket(of: hash)
    guard let at = slot(key, hash, bucket) else { return nil }
    let old = buckets.entry(at, in: bucket).value
    buckets.remove(at, in: bucket)
    return old
  }

  @inline(__always)
  private func slot(_ key: Key, _ hash: UInt64, _ bucket: Int) -> Int? {
    buckets.find(hash, in: bucket) { $0.key == key }
  }
}

/// The hash of a key of 8 or 16 bytes without padding.
enum KeyHash {
  /// Two rounds of a 128-bit product, so that every bit of the key reaches every bit of the hash.
  @inline(__always)
  static func of<Key: BitwiseCopyable>(_ key: Key, seed: UInt64) -> UInt64 {
    var low: UInt64 = 0
    var high: UInt64 = 0
    unsafe withUnsafeBytes(of: key) { bytes in
      unsafe low = bytes.loadUnaligned(as: UInt64.self)
      if MemoryLayout<Key>.size == 16 {
        unsafe high = bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
      }
    }
    let first = mix(low ^ seed ^ 0x9E37_79B9_7F4A_7C15, high ^ 0xD1B5_4A32_D192_ED03)
    return mix(first, high ^ 0x8EBC_6AF0_9C88_C6E3)
  }

  /// A word of zero gives the other one: callers choose their keys, and must not wipe out a word
  /// with one that meets a constant.
  @inline(__always)
  private static func mix(_ x: UInt64, _ y: UInt64) -> UInt64 {
    let product = x.multipliedFullWidth(by: y)
    return product.high ^ product.low ^ x ^ y
  }
}
