import Primitives

/// What of a log is durable, what is on its way to the disk, and what has yet to be asked for.
/// Writes are carried out in order; a rewrite of an entry takes back what earlier writes of that
/// index will report, so that their late reports confirm nothing that isn't there (rule C2, trap
/// 21).
struct WriteTracker: Sendable {
  private struct Write {
    var sequence: UInt64
    /// The end of the log that the write leaves behind, lowered by later rewrites.
    var last: LogIndex
  }

  /// Durable up to here.
  private(set) var durable: LogIndex
  /// Asked for up to here.
  private(set) var requested: LogIndex
  /// Rows above `requested` are on disk or on their way and must be deleted, whatever follows.
  private(set) var mustClear = false
  /// In order. The caller bounds their number: a group asks for one write a turn at most, and its
  /// entries are limited by windows.
  private var writes: [Write] = []
  private(set) var sequence: UInt64 = 0

  init(durable: LogIndex) {
    self.durable = durable
    requested = durable
  }

  var isIdle: Bool { writes.isEmpty }

  /// The entries from `index` on are about to be replaced.
  mutating func rewrite(from index: LogIndex) {
    let kept = index.previous
    durable = min(durable, kept)
    requested = min(requested, kept)
    #if HOLDFAST_MUTANTS
      if Mutant.rewriteForgotten.isPlanted { return }
    #endif
    for at in writes.indices { writes[at].last = min(writes[at].last, kept) }
  }

  /// The log was replaced by a durable snapshot up to `index`; no row above it counts any more.
  mutating func reset(to index: LogIndex) {
    for at in writes.indices { writes[at].last = min(writes[at].last, index) }
    durable = index
    requested = index
    mustClear = true
  }

  /// Notes that a write up to `last` goes out; answers its sequence.
  mutating func request(upTo last: LogIndex) -> UInt64 {
    sequence += 1
    requested = last
    mustClear = false
    writes.append(Write(sequence: sequence, last: last))
    return sequence
  }

  /// The write `sequence` and all before it are durable.
  mutating func confirm(_ sequence: UInt64) {
    precondition(
      sequence <= self.sequence, "write \(sequence) confirmed, \(self.sequence) asked for")
    var done = 0
    while done < writes.count, writes[done].sequence <= sequence {
      durable = max(durable, writes[done].last)
      done += 1
    }
    writes.removeFirst(done)
  }
}
