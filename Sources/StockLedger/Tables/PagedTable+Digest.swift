import Primitives

extension PagedTable {
  /// The digest of all numbers and rows, through the caller's canonical hash of a row. Only pages
  /// that changed since the last time are hashed again.
  mutating func digest(_ hash: (UInt64, Row) -> Hash128) -> Hash128 {
    _ = refreshDigest(pages: .max, hash)
    var chain = HashChain()
    chain.add(UInt64(count), sum)
    return chain.value
  }

  /// Brings the hashes of at most `pages` changed pages up to date; true when none is left. Spreads
  /// the cost of a digest over the entries before it.
  @discardableResult
  mutating func refreshDigest(pages: Int, _ hash: (UInt64, Row) -> Hash128) -> Bool {
    var budget = pages
    var chunksLeft = directory.chunks.count
    while dirtyPages > 0 && budget > 0 && chunksLeft > 0 {
      if refreshAt >= directory.chunks.count { refreshAt = 0 }
      if directory.chunks[refreshAt].dirty > 0 { refresh(chunk: refreshAt, &budget, hash) }
      refreshAt += 1
      chunksLeft -= 1
    }
    return dirtyPages == 0
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
      sum &-= directory.chunks[chunk].slots[page].hash
      sum &+= chain.value
      directory.chunks[chunk].slots[page].hash = chain.value
      directory.chunks[chunk].slots[page].isDirty = false
      directory.chunks[chunk].dirty -= 1
      dirtyPages -= 1
      budget -= 1
    }
  }
}
