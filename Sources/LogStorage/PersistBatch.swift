package import Primitives
package import RaftConsensus

/// What one group asks to be made durable in one turn.
package struct GroupWrite: Sendable {
  package var shard: ShardID
  package var hardState: HardState?
  /// Rows at and above it are replaced by `entries` (also when there are none: a plain
  /// truncation); nil leaves the log as it is. Without entries of its own it is `lastIndex + 1`
  /// of what should stay.
  package var firstIndex: LogIndex?
  /// In order and without gaps from `firstIndex`.
  package var entries: [Entry]

  package init(
    shard: ShardID, hardState: HardState?, firstIndex: LogIndex? = nil, entries: [Entry] = []
  ) {
    self.shard = shard
    self.hardState = hardState
    self.firstIndex = firstIndex ?? entries.first?.index
    self.entries = entries
  }
}

/// One applied entry for the journal's chain: the store computes and keeps the digest.
package struct JournalItem: Sendable {
  package var shard: ShardID
  package var entry: Entry
  /// The outcome records of the entry, as the ledger gave them.
  package var outcomes: [UInt8]

  package init(shard: ShardID, entry: Entry, outcomes: [UInt8]) {
    self.shard = shard
    self.entry = entry
    self.outcomes = outcomes
  }
}

/// Everything that a lane's turn asks to be made durable together.
package struct PersistBatch: Sendable {
  package var writes: [GroupWrite]
  /// Entries applied in this turn, in order per shard. Their digests ride along; nothing waits
  /// for them.
  package var journal: [JournalItem]

  package init(writes: [GroupWrite] = [], journal: [JournalItem] = []) {
    self.writes = writes
    self.journal = journal
  }

  package var isEmpty: Bool { writes.isEmpty && journal.isEmpty }
}

/// The chain's digest after one entry: SHA-256 over the digest before it, the entry and its
/// outcomes.
package struct ChainRow: Equatable, Sendable {
  package var index: LogIndex
  /// 32 bytes.
  package var digest: [UInt8]
  /// True where the chain begins anew (from 32 zero bytes): at the first entry, and after a
  /// snapshot that came from elsewhere.
  package var begins: Bool

  package init(index: LogIndex, digest: [UInt8], begins: Bool) {
    self.index = index
    self.digest = digest
    self.begins = begins
  }
}
