/// The buckets of a hash index: linear hashing (Litwin 1980). One bucket more for every
/// `entriesPerBucket` entries, made by splitting the next bucket in turn, and one less when they
/// go. Each bucket is one page that is only as large as what it holds, so memory stays near the raw
/// bytes in every phase, and no operation ever moves more than two buckets' entries.
///
/// What an entry's hash is, the index around it says: entries need not hold their keys.
struct HashBuckets<Entry: BitwiseCopyable & Sendable>: Sendable {
  private typealias Bucket = TaggedPage<Entry>

  /// A page, and beside it where it is: a search that only reads counts no reference. Unchecked,
  /// because the address is that of the page next to it, which is shared and copied by the rules
  /// of `Page`.
  @safe
  private struct Place: @unchecked Sendable {
    private var page: Page
    let header: UnsafeMutablePointer<PageHeader>

    init(_ page: Page) {
      self.page = page
      unsafe header = page.header
      unsafe precondition(page.base == UnsafeMutableRawPointer(header + 1), "page with a gap")
    }

    @inline(__always)
    mutating func isUnique() -> Bool { page.isUnique() }

    var pageToCopy: Page { page }
  }

  /// A search goes through one bucket; each bucket costs some sixty bytes beside its entries.
  let entriesPerBucket: Int
  /// How many entries more a bucket gets room for when it grows; a multiple of eight.
  private let step: Int
  /// In chunks of 128, so that growing copies no long array.
  private var chunks: ContiguousArray<ContiguousArray<Place>> = [[Place(Bucket.make(for: 0))]]
  private var buckets = 1
  /// The lowest power of two that is at least `buckets`, less one.
  private var mask: UInt64 = 0
  private(set) var count = 0
  /// Entries that were moved to make room, ever: growth must not come in lumps.
  private(set) var entriesMoved: UInt64 = 0

  init(entriesPerBucket: Int, step: Int) {
    self.entriesPerBucket = entriesPerBucket
    self.step = step
  }

  @inline(__always)
  func bucket(of hash: UInt64) -> Int {
    let wide = Int(truncatingIfNeeded: hash & mask)
    return wide < buckets ? wide : Int(truncatingIfNeeded: hash & (mask >> 1))
  }

  /// Where in its bucket the entry is that `isWanted`, among those that may have this hash.
  @inline(__always)
  func find(_ hash: UInt64, in bucket: Int, where isWanted: (Entry) -> Bool) -> Int? {
    unsafe Bucket.find(chunks[bucket >> 7][bucket & 127].header, hash, where: isWanted)
  }

  @inline(__always)
  func entry(_ at: Int, in bucket: Int) -> Entry {
    unsafe Bucket.entry(chunks[bucket >> 7][bucket & 127].header, at)
  }

  /// How many entries a search goes through.
  func entriesSearched(_ hash: UInt64) -> Int {
    let bucket = bucket(of: hash)
    return unsafe Int(chunks[bucket >> 7][bucket & 127].header.pointee.count)
  }

  /// Overwrites an entry with one of the same hash.
  mutating func replace(_ at: Int, in bucket: Int, with entry: Entry) {
    Self.makeRoom(0, 0, in: &chunks[bucket >> 7][bucket & 127])
    unsafe Bucket.set(entry, chunks[bucket >> 7][bucket & 127].header, at)
  }

  /// Adds an entry that is not there. `hashOf` tells the hash of each entry that has to move.
  @inline(__always)
  mutating func add(_ entry: Entry, _ hash: UInt64, hashOf: (Entry) -> UInt64) {
    let bucket = bucket(of: hash)
    entriesMoved &+= Self.makeRoom(1, step, in: &chunks[bucket >> 7][bucket & 127])
    unsafe Bucket.add(entry, hash, to: chunks[bucket >> 7][bucket & 127].header)
    count &+= 1
    if count > buckets &* entriesPerBucket { split(hashOf) }
  }

  mutating func remove(_ at: Int, in bucket: Int) {
    Self.makeRoom(0, 0, in: &chunks[bucket >> 7][bucket & 127])
    unsafe Bucket.remove(at, from: chunks[bucket >> 7][bucket & 127].header)
    Self.shrink(&chunks[bucket >> 7][bucket & 127])
    count -= 1
    if buckets > 1 && count < (buckets - 1) * (entriesPerBucket / 4) { merge() }
  }
}

extension HashBuckets {
  /// A page that nobody else refers to, with room for so many more; answers how many entries moved.
  @inline(__always) @discardableResult
  private static func makeRoom(
    _ more: UInt32, _ step: Int, in place: inout Place
  ) -> UInt64 {
    let hasRoom = unsafe place.header.pointee.count &+ more <= place.header.pointee.capacity
    return hasRoom && place.isUnique() ? 0 : exchange(&place, step)
  }

  @inline(never)
  private static func exchange(_ place: inout Place, _ step: Int) -> UInt64 {
    let page = place.pageToCopy
    let count = page.count
    // Where very many hashes are equal, a part of what is there.
    let more = step == 0 ? 0 : max(step, count / 32)
    place = Place(Bucket.copy(page, roomFor: count + more))
    return UInt64(count)
  }

  /// A page that became much too large is exchanged.
  private static func shrink(_ place: inout Place) {
    let page = place.pageToCopy
    guard page.capacity - page.count >= max(24, page.count / 4) else { return }
    place = Place(Bucket.copy(page, roomFor: page.count))
  }

  /// Divides the bucket whose turn it is into itself and a new last one.
  @inline(never)
  private mutating func split(_ hashOf: (Entry) -> UInt64) {
    let fresh = buckets
    if UInt64(fresh) > mask { mask = mask << 1 | 1 }
    let source = fresh & Int(mask >> 1)
    let page = chunks[source >> 7][source & 127].pageToCopy
    let bit = (mask >> 1) + 1
    let (stay, go) = Self.halves(of: page, by: bit, step, hashOf)
    entriesMoved &+= UInt64(page.count)
    chunks[source >> 7][source & 127] = Place(stay)
    if fresh & 127 == 0 { chunks.append([]) }
    chunks[fresh >> 7].append(Place(go))
    buckets += 1
  }

  /// The entries whose hash lacks a bit, and those whose hash has it.
  @inline(__always)
  private static func halves(
    of page: Page, by bit: UInt64, _ step: Int, _ hashOf: (Entry) -> UInt64
  ) -> (stay: Page, go: Page) {
    let header = unsafe page.header
    let count = page.count
    // Asked for once, because it may take a look into another table.
    return unsafe withUnsafeTemporaryAllocation(of: UInt64.self, capacity: count + 1) { hashes in
      var going = 0
      for at in 0..<count {
        let hash = unsafe hashOf(Bucket.entry(header, at))
        unsafe hashes[at] = hash
        if hash & bit != 0 { going += 1 }
      }
      let stay = Bucket.make(for: count - going + step / 2)
      let go = Bucket.make(for: going + step / 2)
      for at in 0..<count {
        let hash = unsafe hashes[at]
        let target = unsafe hash & bit == 0 ? stay.header : go.header
        unsafe Bucket.add(Bucket.entry(header, at), hash, to: target)
      }
      page.stays()
      return (stay, go)
    }
  }

  /// Undoes the latest split.
  @inline(never)
  private mutating func merge() {
    let last = buckets - 1
    buckets = last
    let target = last & Int(mask >> 1)
    if UInt64(last) == (mask >> 1) + 1 { mask >>= 1 }
    let leaving = chunks[last >> 7].removeLast().pageToCopy
    if chunks[last >> 7].isEmpty { chunks.removeLast() }
    let page = chunks[target >> 7][target & 127].pageToCopy
    let both = page.count + leaving.count
    chunks[target >> 7][target & 127] = Place(
      Bucket.copy(page, and: leaving, roomFor: both))
    entriesMoved &+= UInt64(both)
  }
}
