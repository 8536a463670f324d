import Primitives

extension PagedTable {
  /// The digest of all numbers and rows, through the caller's canonical hash of a row. Only pages
  /// that changed since the last time are hashed again.
  mutating func digest(_ hash: (UInt64, Row) -> Hash128) -> Hash128 {
    _ = refreshDigest(pages: .max, hash)
    return digestOfPages
  }

  /// The digest where the hashes of all pages are up to date.
  var digestOfPages: Hash128 {
    precondition(dirtyPages == 0, "\(dirtyPages) pages changed since they were hashed")
    var chain = HashChain()
    chain.add(UInt64(count), sum)
    return chain.value
  }

  /// Brings the hashes of at most `pages` changed pages up to date; true when none is left. Spreads
  /// the cost of a digest over the entries before it.
  @discardableResult
  mutating func refreshDigest(pages: Int, _ hash: (UInt64, Row) -> Hash128) -> Bool {
    var budget = pages
    refreshDigest(&budget, hash)
    return dirtyPages == 0
  }

  /// The same; `budget` is less by the pages that were hashed.
  mutating func refreshDigest(_ budget: inout Int, _ hash: (UInt64, Row) -> Hash128) {
    var chunksLeft = directory.chunks.count
    while dirtyPages > 0 && budget > 0 && chunksLeft > 0 {
      if refreshAt >= directory.chunks.count { refreshAt = 0 }
      if directory.chunks[refreshAt].dirty > 0 { refresh(chunk: refreshAt, &budget, hash) }
      refreshAt += 1
      chunksLeft -= 1
    }
  }

  /// Takes over the hashes of pages that are still the same as in a copy that was hashed.
  mutating func adoptHashes(of copy: PagedTable) {
    for chunk in directory.chunks.indices where directory.chunks[chunk].dirty > 0 {
      guard let other = copy.directory.find(chunk: directory.keys[chunk]) else { continue }
      for page in 0..<PageDirectory.slotsPerChunk where directory.chunks[chunk].slots[page].isDirty
      {
        let hashed = copy.directory.chunks[other].slots[page]
        guard !hashed.isDirty, let found = hashed.page,
          directory.chunks[chunk].slots[page].page!.isSame(as: found)
        else { continue }
        setHash(hashed.hash, chunk, page)
      }
    }
  }

  private mutating func setHash(_ hash: Hash128, _ chunk: Int, _ page: Int) {
    sum &-= directory.chunks[chunk].slots[page].hash
    sum &+= hash
    directory.chunks[chunk].slots[page].hash = hash
    directory.chunks[chunk].slots[page].isDirty = false
    directory.chunks[chunk].dirty -= 1
    dirtyPages -= 1
  }

  private mutating func refresh(
    chunk: Int, _ budget: inout Int, _ hash: (UInt64, Row) -> Hash128
  ) {
    for page in 0..<PageDirectory.slotsPerChunk {
      guard budget > 0, directory.chunks[chunk].dirty > 0 else { return }
      guard directory.chunks[chunk].slots[page].isDirty,
        let found = directory.chunks[chunk].slots[page].page
      else { continue }
      var chain = HashChain()
      let first = Self.firstNumber(chunk: directory.keys[chunk], page: page)
      Self.forEach(in: found, first) { number, row in chain.add(number, hash(number, row)) }
      setHash(chain.value, chunk, page)
      budget -= 1
    }
  }
}
