import Primitives

/// Texts of at most 64 bytes that repeat, each kept once and named by a four-byte id; id 0 is the
/// empty text. Refuses when full.
struct TextTable: Sendable {
  static var textBytesMax: Int { 64 }

  /// `next` links texts whose hashes are equal, and ids that are free.
  private struct Entry: BitwiseCopyable, Sendable {
    var block: UInt32
    var references: UInt32
    var next: UInt32
  }

  /// The id of a text that was seen lately, and references to it that its entry does not count yet:
  /// most orders come by the same few channels. They are added when the text is seen no more, or
  /// when the entry would go without them.
  private struct Recent: BitwiseCopyable, Sendable {
    var id: UInt32 = 0
    var pending: UInt32 = 0

    static var pendingMax: UInt32 { 1 << 30 }
  }

  private static var forEver: UInt32 { .max }

  private let limit: UInt32
  private let seed: UInt64
  private let hashMask: UInt64
  private var heap = ByteHeap()
  private var entries = PagedTable<Entry>()
  private var index: HashIndex<UInt64, UInt32>
  private var recent = RecentTexts(nothing: Recent())
  private var freeID: UInt32 = 0
  private var ids: UInt32 = 1
  /// Distinct texts, the empty one not counted.
  private(set) var count = 0

  /// `seed` spreads texts differently, against callers who choose texts whose hashes collide.
  /// Tests take bits away from the hash by `hashMask`.
  init(limit: UInt32 = 4_000_000, seed: UInt64 = 0, hashMask: UInt64 = .max) {
    self.limit = limit
    self.hashMask = hashMask
    self.seed = seed
    index = HashIndex(seed: seed)
  }

  var isFull: Bool { count >= Int(limit) }

  /// The id of a text, which is added when it is new; nil when the table is full. With `counted`
  /// the caller owns one reference and releases it; otherwise the text stays for ever.
  @inline(__always)
  mutating func intern(_ bytes: UnsafeRawBufferPointer, counted: Bool = false) -> UInt32? {
    guard bytes.count > 0 else { return 0 }
    let id = unsafe recent.update(bytes) { recent -> UInt32 in
      guard counted, recent.pending < Recent.pendingMax else { return 0 }
      recent.pending &+= 1
      return recent.id
    }
    guard let id, id != 0 else { return unsafe internNotRecent(bytes, counted) }
    return id
  }

  @inline(never)
  private mutating func internNotRecent(
    _ bytes: UnsafeRawBufferPointer, _ counted: Bool
  ) -> UInt32? {
    precondition(bytes.count <= Self.textBytesMax, "a text of \(bytes.count) bytes")
    let hash = unsafe hash(of: bytes)
    if let id = unsafe find(bytes, hash) {
      unsafe note(bytes, id)
      refer(id, counted)
      return id
    }
    guard !isFull else { return nil }
    let entry = Entry(
      block: unsafe heap.allocate(bytes), references: counted ? 1 : Self.forEver,
      next: index.find(hash) ?? 0)
    let id = add(entry)
    index.replace(hash, id)
    count += 1
    unsafe note(bytes, id)
    return id
  }

  mutating func intern(_ bytes: [UInt8], counted: Bool = false) -> UInt32? {
    unsafe bytes.withUnsafeBytes { unsafe intern($0, counted: counted) }
  }

  /// The id of a text that is there already, remembered for the next time.
  @inline(__always)
  mutating func recall(_ bytes: UnsafeRawBufferPointer) -> UInt32? {
    if let recent = unsafe recent.find(bytes) { return recent.id }
    guard let id = unsafe find(bytes) else { return nil }
    unsafe note(bytes, id)
    return id
  }

  /// The id of a text that is there already.
  func find(_ bytes: UnsafeRawBufferPointer) -> UInt32? {
    guard bytes.count > 0 else { return 0 }
    return unsafe find(bytes, hash(of: bytes))
  }

  func find(_ bytes: [UInt8]) -> UInt32? { unsafe bytes.withUnsafeBytes { unsafe find($0) } }

  /// One reference more; without effect on texts that stay for ever.
  mutating func retain(_ id: UInt32) {
    guard id != 0 else { return }
    refer(id, true)
  }

  /// One reference less; with the last one the text goes, and its id may name another one later.
  mutating func release(_ id: UInt32) {
    guard id != 0 else { return }
    var entry = entries[UInt64(id)]
    precondition(entry.references > 0, "text \(id) is free")
    if entry.references == 1 {
      settle(unsafe heap.withBytes(entry.block) { unsafe recent.forget($0) })
      entry = entries[UInt64(id)]
    }
    if entry.references == Self.forEver { return }
    if entry.references > 1 {
      entries[UInt64(id)].references -= 1
    } else {
      remove(id, entry)
    }
  }

  func bytes(_ id: UInt32) -> [UInt8] { unsafe withBytes(id) { unsafe [UInt8]($0) } }

  /// The bytes are valid during the call.
  @inline(__always)
  func withBytes<R>(_ id: UInt32, _ body: (UnsafeRawBufferPointer) -> R) -> R {
    unsafe heap.withBytes(id == 0 ? 0 : entries[UInt64(id)].block, body)
  }

  /// The hash of the text itself, for digests: the same whatever its id is.
  func hash(_ id: UInt32) -> Hash128 { unsafe withBytes(id) { unsafe Hash128($0) } }
}

extension TextTable {
  private func hash(of bytes: UnsafeRawBufferPointer) -> UInt64 {
    unsafe Hash128(bytes, seed: seed).low & hashMask
  }

  /// Equal hashes are not taken for equal texts: the bytes decide.
  @inline(__always)
  private func find(_ bytes: UnsafeRawBufferPointer, _ hash: UInt64) -> UInt32? {
    var id = index.find(hash) ?? 0
    while id != 0 {
      let entry = entries[UInt64(id)]
      let isEqual = unsafe heap.withBytes(entry.block) { unsafe Self.isEqual($0, bytes) }
      if isEqual { return id }
      id = entry.next
    }
    return nil
  }

  /// Compares eight bytes at a time: texts are short, and a call out would cost more.
  @inline(__always)
  private static func isEqual(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Bool {
    guard a.count == b.count else { return false }
    var at = 0
    while at + 8 <= a.count {
      let x = unsafe a.loadUnaligned(fromByteOffset: at, as: UInt64.self)
      if unsafe x != b.loadUnaligned(fromByteOffset: at, as: UInt64.self) { return false }
      at += 8
    }
    while at < a.count {
      if unsafe a[at] != b[at] { return false }
      at += 1
    }
    return true
  }

  /// One reference more. Counts stop one below `forEver`: a text that so many refer to stays.
  @inline(__always)
  private mutating func refer(_ id: UInt32, _ counted: Bool) {
    let references = entries.update(UInt64(id)) { entry in
      let before = entry.references
      if !counted { entry.references = Self.forEver }
      if entry.references != Self.forEver { entry.references &+= 1 }
      return before
    }
    precondition(references ?? 0 > 0, "text \(id) is free")
  }

  private mutating func note(_ bytes: UnsafeRawBufferPointer, _ id: UInt32) {
    settle(unsafe recent.note(bytes, Recent(id: id)))
  }

  /// Counts the references that were not counted yet.
  private mutating func settle(_ recent: Recent) {
    guard recent.pending > 0 else { return }
    let (sum, isTooMuch) = entries[UInt64(recent.id)].references.addingReportingOverflow(
      recent.pending)
    entries[UInt64(recent.id)].references = isTooMuch ? Self.forEver : sum
  }

  private mutating func add(_ entry: Entry) -> UInt32 {
    guard freeID != 0 else {
      entries.insert(entry, at: UInt64(ids))
      ids += 1
      return ids - 1
    }
    let id = freeID
    freeID = entries[UInt64(id)].next
    entries[UInt64(id)] = entry
    return id
  }

  private mutating func remove(_ id: UInt32, _ entry: Entry) {
    let hash = unsafe heap.withBytes(entry.block) { unsafe self.hash(of: $0) }
    unlink(id, entry.next, hash)
    heap.free(entry.block)
    entries[UInt64(id)] = Entry(block: 0, references: 0, next: freeID)
    freeID = id
    count -= 1
  }

  private mutating func unlink(_ id: UInt32, _ next: UInt32, _ hash: UInt64) {
    var at = index.find(hash)!
    if at == id {
      if next == 0 { index.remove(hash) } else { index.replace(hash, next) }
      return
    }
    while entries[UInt64(at)].next != id { at = entries[UInt64(at)].next }
    entries[UInt64(at)].next = next
  }
}
