package import Primitives

/// A shard's digest that is worked out in steps, so that a full pass over a large ledger never stops
/// it. It reads a frozen copy, which shares pages with the live ledger; what was hashed is
/// handed back with `ShardLedger.adoptHashes`, because most pages are still the same by then.
package struct DigestWork: Sendable {
  /// The entry whose state it is the digest of.
  package let index: LogIndex
  private(set) var books: Books

  init(of books: Books) {
    index = books.header.appliedIndex
    self.books = books
  }

  /// Hashes at most so many pages, of some hundred rows each, and takes them off the budget; the
  /// digest when all are done.
  package mutating func step(pages budget: inout Int) -> Hash128? {
    books.refreshDigest(&budget)
    // With a budget left nothing was left to do.
    return budget > 0 ? books.digestOfPages : nil
  }
}
