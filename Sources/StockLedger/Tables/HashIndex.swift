/// Finds a small value by a key of 8 or 16 bytes without padding.
///
/// Linear hashing (Litwin 1980): one bucket more for every `entriesPerBucket` entries, made by
/// splitting the next bucket in turn, and one less when they go. Each bucket is one page that is
/// only as large as what it holds, so memory stays near the raw bytes in every phase, and no
/// operation ever moves more than two buckets' entries.
struct HashIndex<Key: BitwiseCopyable & Hashable & Sendable, Value: BitwiseCopyable & Sendable>:
  Sendable
{
  private typealias Bucket = HashPage<Key, Value>

  /// Small enough that a split takes microseconds and a copy after a snapshot less.
  static var entriesPerBucket: Int { 256 }
  private static var bucketsPerChunk: Int { 128 }

  /// A page, and beside it where its groups are: a search that only reads neither counts a
  /// reference nor touches the page's header. Unchecked, because the address is that of the page
  /// next to it, which is shared and copied by the rules of `Page`.
  @safe
  private struct Place: @unchecked Sendable {
    private(set) var page: Page
    private(set) var base: UnsafeMutableRawPointer
    private(set) var groups: Int

    init(_ page: Page) {
      self.page = page
      unsafe base = page.base
      groups = page.capacity / 8
    }

    /// The page, ready to be written.
    @inline(__always)
    mutating func unique() -> Page {
      if !page.isUnique() { detach() }
      return page
    }

    @inline(never)
    private mutating func detach() {
      page.detach(bytes: HashPage<Key, Value>.bytes(capacity: page.capacity))
      unsafe base = page.base
    }
  }

  private let seed: UInt64
  private var chunks: ContiguousArray<ContiguousArray<Place>>
  private var buckets = 1
  /// The lowest power of two that is at least `buckets`, less one.
  private var mask: UInt64 = 0
  private(set) var count = 0
  /// Entries that were moved to make room, ever: growth must not come in lumps.
  private(set) var entriesMoved: UInt64 = 0

  /// `seed` spreads keys differently, against callers who choose keys that collide; what the index
  /// answers does not depend on it.
  init(seed: UInt64 = 0) {
    let keyBytes = MemoryLayout<Key>.size
    precondition(keyBytes == 8 || keyBytes == 16, "a key of \(keyBytes) bytes is not 8 or 16")
    self.seed = seed
    chunks = [[Place(Bucket.make(for: 0))]]
  }

  @inline(__always)
  func find(_ key: Key) -> Value? {
    let hash = hash(key)
    let bucket = bucket(hash)
    guard let slot = slot(key, hash, bucket) else { return nil }
    return unsafe Bucket.value(chunks[bucket >> 7][bucket & 127].base, slot)
  }

  /// How many groups of eight entries a search for a key that is not there looks at.
  func groupsSearched(_ key: Key) -> Int {
    let hash = hash(key)
    let bucket = bucket(hash)
    let groups = chunks[bucket >> 7][bucket & 127].groups
    return unsafe Bucket.groupsSearched(chunks[bucket >> 7][bucket & 127].base, groups, hash)
  }

  /// False, and nothing changes, when the key is there already.
  @discardableResult
  mutating func insert(_ key: Key, _ value: Value) -> Bool {
    let hash = hash(key)
    let bucket = bucket(hash)
    if slot(key, hash, bucket) != nil { return false }
    add(key, value, hash, bucket)
    return true
  }

  /// Inserts a key of which the caller has just seen that it is not there.
  @inline(__always)
  mutating func insert(absent key: Key, _ value: Value) {
    let hash = hash(key)
    add(key, value, hash, bucket(hash))
  }

  /// Inserts or overwrites; returns what was there.
  @discardableResult
  mutating func replace(_ key: Key, _ value: Value) -> Value? {
    let hash = hash(key)
    let bucket = bucket(hash)
    guard let slot = slot(key, hash, bucket) else {
      add(key, value, hash, bucket)
      return nil
    }
    let page = chunks[bucket >> 7][bucket & 127].unique()
    let old = unsafe Bucket.value(page.base, slot)
    unsafe Bucket.set(value, page.base, slot)
    return old
  }

  @discardableResult
  mutating func remove(_ key: Key) -> Value? {
    let hash = hash(key)
    let bucket = bucket(hash)
    guard let slot = slot(key, hash, bucket) else { return nil }
    let page = chunks[bucket >> 7][bucket & 127].unique()
    let old = unsafe Bucket.value(page.base, slot)
    Bucket.remove(slot, from: page)
    count -= 1
    if page.capacity > 16 && page.count * 2 < page.capacity { rebuild(bucket) }
    if buckets > 1 && count < (buckets - 1) * (Self.entriesPerBucket / 4) { merge() }
    return old
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
    let first = fold(low ^ seed ^ 0x9E37_79B9_7F4A_7C15, high ^ 0xD1B5_4A32_D192_ED03)
    return fold(first ^ low, 0x8EBC_6AF0_9C88_C6E3 ^ high)
  }

  @inline(__always)
  private static func fold(_ x: UInt64, _ y: UInt64) -> UInt64 {
    let product = x.multipliedFullWidth(by: y)
    return product.high ^ product.low
  }
}

extension HashIndex {
  @inline(__always)
  private func hash(_ key: Key) -> UInt64 { KeyHash.of(key, seed: seed) }

  @inline(__always)
  private func bucket(_ hash: UInt64) -> Int {
    let wide = Int(truncatingIfNeeded: hash & mask)
    return wide < buckets ? wide : Int(truncatingIfNeeded: hash & (mask >> 1))
  }

  @inline(__always)
  private func slot(_ key: Key, _ hash: UInt64, _ bucket: Int) -> Int? {
    let groups = chunks[bucket >> 7][bucket & 127].groups
    return unsafe Bucket.find(chunks[bucket >> 7][bucket & 127].base, groups, key, hash)
  }

  private mutating func add(_ key: Key, _ value: Value, _ hash: UInt64, _ bucket: Int) {
    if !Bucket.hasRoom(chunks[bucket >> 7][bucket & 127].page) { rebuild(bucket) }
    Bucket.add(key, value, hash, to: chunks[bucket >> 7][bucket & 127].unique())
    count += 1
    if count > buckets * Self.entriesPerBucket { split() }
  }

  /// The same entries in a page with room for an eighth more than `make` gives: a bucket grows
  /// twice, and not four times, between two splits.
  private mutating func rebuild(_ bucket: Int) {
    let page = chunks[bucket >> 7][bucket & 127].page
    let fresh = Bucket.make(for: page.count + 1 + page.count / 8)
    move(page, to: fresh)
    chunks[bucket >> 7][bucket & 127] = Place(fresh)
  }

  /// Divides the bucket whose turn it is into itself and a new last one.
  private mutating func split() {
    let fresh = buckets
    if UInt64(fresh) > mask { mask = mask << 1 | 1 }
    let source = fresh & Int(mask >> 1)
    let page = chunks[source >> 7][source & 127].page
    let bit = (mask >> 1) + 1
    var goers = 0
    Bucket.forEachSlot(page) { slot in
      if unsafe hash(Bucket.key(page.base, slot)) & bit != 0 { goers += 1 }
    }
    let stay = Bucket.make(for: page.count - goers)
    let go = Bucket.make(for: goers)
    var staying = Bucket.Filler(stay)
    var going = Bucket.Filler(go)
    Bucket.forEachSlot(page) { slot in
      let key = unsafe Bucket.key(page.base, slot)
      let hash = hash(key)
      let value = unsafe Bucket.value(page.base, slot)
      if hash & bit == 0 { staying.add(key, value, hash) } else { going.add(key, value, hash) }
    }
    staying.finish()
    going.finish()
    entriesMoved &+= UInt64(page.count)
    chunks[source >> 7][source & 127] = Place(stay)
    if fresh & 127 == 0 { chunks.append([]) }
    chunks[fresh >> 7].append(Place(go))
    buckets += 1
  }

  /// Undoes the latest split.
  private mutating func merge() {
    let last = buckets - 1
    buckets = last
    let target = last & Int(mask >> 1)
    if UInt64(last) == (mask >> 1) + 1 { mask >>= 1 }
    let leaving = chunks[last >> 7].removeLast().page
    if chunks[last >> 7].isEmpty { chunks.removeLast() }
    let page = chunks[target >> 7][target & 127].page
    let fresh = Bucket.make(for: page.count + leaving.count)
    move(page, to: fresh)
    move(leaving, to: fresh)
    chunks[target >> 7][target & 127] = Place(fresh)
  }

  private mutating func move(_ page: Page, to target: Page) {
    var filler = Bucket.Filler(target)
    Bucket.forEachSlot(page) { slot in
      let key = unsafe Bucket.key(page.base, slot)
      unsafe filler.add(key, Bucket.value(page.base, slot), hash(key))
    }
    filler.finish()
    entriesMoved &+= UInt64(page.count)
  }
}
