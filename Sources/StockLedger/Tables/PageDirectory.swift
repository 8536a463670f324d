import Primitives

/// The pages of a table by their number. Two levels, so that the first write after a snapshot
/// copies one short array and one chunk, never a pointer for each page; chunks that hold no page
/// are not there, so numbers may start anywhere and have gaps.
struct PageDirectory: Sendable {
  static let slotsPerChunk = 128

  struct Slot: Sendable {
    var page: Page?
    /// Of the page's content when it was last computed; part of the table's sum until it changes.
    var hash = Hash128.zero
    var isDirty = false
  }

  struct Chunk: Sendable {
    var slots = ContiguousArray(repeating: Slot(), count: slotsPerChunk)
    var pages = 0
    var dirty = 0
  }

  /// What an access to a slot changed in it, for the counts beside the slots.
  struct Events: OptionSet {
    let rawValue: UInt8
    static var dirtied: Events { Events(rawValue: 1) }
    static var added: Events { Events(rawValue: 2) }
    static var copied: Events { Events(rawValue: 4) }
  }

  /// Ascending numbers of the chunks that are there, and the chunks beside them.
  private(set) var keys: ContiguousArray<UInt64> = []
  var chunks: ContiguousArray<Chunk> = []

  /// Where the chunk of a page is. Numbers mostly grow without gaps at the upper end, so its
  /// distance from the last chunk is a good first guess.
  @inline(__always)
  func find(chunk key: UInt64) -> Int? {
    guard let last = keys.last, key <= last else { return nil }
    let distance = last - key
    if distance < UInt64(keys.count) {
      let guess = keys.count - 1 - Int(distance)
      if keys[guess] == key { return guess }
    }
    return search(chunk: key)
  }

  @inline(never)
  private func search(chunk key: UInt64) -> Int? {
    let at = lowerBound(chunk: key)
    return at < keys.count && keys[at] == key ? at : nil
  }

  /// The first position whose chunk number is at least `key`.
  func lowerBound(chunk key: UInt64) -> Int {
    var low = 0
    var high = keys.count
    while low < high {
      let middle = (low + high) / 2
      if keys[middle] < key { low = middle + 1 } else { high = middle }
    }
    return low
  }

  mutating func add(chunk key: UInt64) -> Int {
    let at = lowerBound(chunk: key)
    keys.insert(key, at: at)
    chunks.insert(Chunk(), at: at)
    return at
  }

  mutating func remove(chunkAt at: Int) {
    keys.remove(at: at)
    chunks.remove(at: at)
  }
}
