/// Finds the number of a row by the hash of a key that lies in the row only: five bytes an entry
/// instead of a key and a number. Hashes decide nothing: the caller compares the row's own key.
///
/// Linear hashing as in `HashIndex`, with small dense buckets. Where a bucket is divided, the rows
/// are asked for their hashes again: one or two rows for each that is added.
struct NumberIndex: Sendable {
  /// A search goes through one bucket; each bucket costs sixty bytes beside its entries.
  static var entriesPerBucket: Int { 96 }

  /// Buckets in chunks of 128, so that growing copies no long array.
  private var chunks: ContiguousArray<ContiguousArray<Page>> = [[NumberPage.make(for: 0)]]
  private var buckets = 1
  /// The lowest power of two that is at least `buckets`, less one.
  private var mask: UInt64 = 0
  private(set) var count = 0
  /// Entries that were moved to make room, ever: growth must not come in lumps.
  private(set) var entriesMoved: UInt64 = 0

  init() {}

  /// The number that `isWanted`, among those whose rows may have this hash.
  @inline(__always)
  func find(_ hash: UInt64, where isWanted: (UInt32) -> Bool) -> UInt32? {
    let bucket = bucket(hash)
    guard let at = NumberPage.find(chunks[bucket >> 7][bucket & 127], hash, where: isWanted) else {
      return nil
    }
    return NumberPage.number(chunks[bucket >> 7][bucket & 127], at)
  }

  /// Adds a number that is not there. `hashOf` looks into the rows: all of them, also the new one,
  /// are there.
  mutating func insert(_ number: UInt32, _ hash: UInt64, hashOf: (UInt32) -> UInt64) {
    let bucket = bucket(hash)
    Self.makeRoom(&chunks[bucket >> 7][bucket & 127], &entriesMoved)
    NumberPage.add(number, hash, to: chunks[bucket >> 7][bucket & 127])
    count += 1
    if count > buckets * Self.entriesPerBucket { split(hashOf) }
  }

  /// False when the number is not there.
  mutating func remove(_ number: UInt32, _ hash: UInt64) -> Bool {
    let bucket = bucket(hash)
    let page = chunks[bucket >> 7][bucket & 127]
    guard let at = NumberPage.find(page, hash, where: { $0 == number }) else { return false }
    remove(at, from: bucket)
    count -= 1
    if buckets > 1 && count < (buckets - 1) * (Self.entriesPerBucket / 4) { merge() }
    return true
  }
}

extension NumberIndex {
  @inline(__always)
  private func bucket(_ hash: UInt64) -> Int {
    let wide = Int(truncatingIfNeeded: hash & mask)
    return wide < buckets ? wide : Int(truncatingIfNeeded: hash & (mask >> 1))
  }

  /// Room for one more, in a page that nobody else refers to.
  @inline(__always)
  private static func makeRoom(_ page: inout Page, _ moved: inout UInt64) {
    if page.count < page.capacity && page.isUnique() { return }
    moved &+= UInt64(page.count)
    // Eight more, and where very many hashes are equal a part of what is there.
    page = NumberPage.copy(page, roomFor: page.count + max(1, page.count / 32))
  }

  /// A page that became much too large is exchanged.
  private mutating func remove(_ at: Int, from bucket: Int) {
    if !chunks[bucket >> 7][bucket & 127].isUnique() {
      let page = chunks[bucket >> 7][bucket & 127]
      chunks[bucket >> 7][bucket & 127] = NumberPage.copy(page, roomFor: page.count)
    }
    let page = chunks[bucket >> 7][bucket & 127]
    NumberPage.remove(at, from: page)
    if page.capacity - page.count >= max(24, page.count / 4) {
      chunks[bucket >> 7][bucket & 127] = NumberPage.copy(page, roomFor: page.count)
    }
  }

  /// Divides the bucket whose turn it is into itself and a new last one.
  @inline(never)
  private mutating func split(_ hashOf: (UInt32) -> UInt64) {
    let fresh = buckets
    if UInt64(fresh) > mask { mask = mask << 1 | 1 }
    let source = fresh & Int(mask >> 1)
    let page = chunks[source >> 7][source & 127]
    let bit = (mask >> 1) + 1
    let stay = NumberPage.make(for: page.count)
    let go = NumberPage.make(for: page.count)
    for at in 0..<page.count {
      let number = NumberPage.number(page, at)
      let hash = hashOf(number)
      NumberPage.add(number, hash, to: hash & bit == 0 ? stay : go)
    }
    entriesMoved &+= UInt64(page.count)
    chunks[source >> 7][source & 127] = NumberPage.copy(stay, roomFor: stay.count + 1)
    if fresh & 127 == 0 { chunks.append([]) }
    chunks[fresh >> 7].append(NumberPage.copy(go, roomFor: go.count + 1))
    buckets += 1
  }

  /// Undoes the latest split.
  @inline(never)
  private mutating func merge() {
    let last = buckets - 1
    buckets = last
    let target = last & Int(mask >> 1)
    if UInt64(last) == (mask >> 1) + 1 { mask >>= 1 }
    let leaving = chunks[last >> 7].removeLast()
    if chunks[last >> 7].isEmpty { chunks.removeLast() }
    let page = chunks[target >> 7][target & 127]
    let both = page.count + leaving.count
    chunks[target >> 7][target & 127] = NumberPage.copy(page, and: leaving, roomFor: both)
    entriesMoved &+= UInt64(both)
  }
}
