import Primitives
import RaftConsensus
import StockLedger

/// One group's snapshots: when to take the next one, and the one that is being received.
struct SnapshotSeat: Sendable {
  private struct Incoming: Sendable {
    var mark: SnapshotMark
    var loader: SnapshotLoader
    var received: UInt64 = 0
  }

  /// A received snapshot while it is being saved; it takes effect when that is done.
  private struct Installing: Sendable {
    var mark: SnapshotMark
    var books: Books
  }

  enum Receipt {
    case more
    case complete(SnapshotWork)
    case refused
  }

  /// What an entry costs besides its payload, about.
  private static let entryBytes = 64

  private var logBytes = 0
  private var saving: SnapshotMark?
  /// What is to be saved when its last entry is durable.
  private var held: SnapshotWork?
  /// Saved, and the log up to it may go as soon as it is durable.
  private var compacting: SnapshotMark?
  private var incoming: Incoming?
  private var installing: Installing?

  mutating func applied(_ entry: Entry) {
    logBytes += entry.payload.count + Self.entryBytes
  }

  /// A snapshot costs about the ledger's size to write, and the log behind it has to be applied
  /// again after a restart, which takes about four times as long per byte. So the log may grow to a
  /// quarter of the ledger.
  func isDue(ledgerBytes: Int, settings: NodeSettings) -> Bool {
    guard saving == nil, installing == nil, logBytes > 0 else { return false }
    return logBytes >= settings.snapshotDistance(ledgerBytes: ledgerBytes)
  }

  /// None is being saved, installed or waiting for the log behind it to become durable.
  var isIdle: Bool { saving == nil && installing == nil && compacting == nil }

  /// Nor is one arriving.
  var isAtRest: Bool { isIdle && incoming == nil }

  mutating func started(_ work: SnapshotWork) {
    saving = work.mark
    held = work
    logBytes = 0
  }

  /// The group's own snapshot, when this member has written all that it stands for. Entries may be
  /// committed by others, and applied, before; saved then, and after a crash, it would stand beside
  /// rows that they were to replace.
  mutating func takeHeld(durable: LogIndex) -> SnapshotWork? {
    guard let work = held, work.mark.index <= durable else { return nil }
    held = nil
    return work
  }

  /// True if it was this group's own snapshot that was saved.
  mutating func saved(_ mark: SnapshotMark) -> Bool {
    guard saving == mark else { return false }
    saving = nil
    compactLater(to: mark)
    return true
  }

  mutating func compactLater(to mark: SnapshotMark) {
    if mark.index > compacting?.index ?? .zero { compacting = mark }
  }

  /// The snapshot whose part of the log can go now.
  mutating func takeCompaction(durable: LogIndex) -> SnapshotMark? {
    guard let mark = compacting, mark.index <= durable else { return nil }
    compacting = nil
    return mark
  }

  /// The received snapshot of `mark`, when it was saved.
  mutating func takeInstalled(_ mark: SnapshotMark) -> Books? {
    guard let done = installing, done.mark == mark else { return nil }
    installing = nil
    logBytes = 0
    if held != nil { (held, saving) = (nil, nil) }
    return done.books
  }

  /// Takes a chunk in; one at offset 0 begins anew.
  mutating func receive(
    _ chunk: SnapshotChunk, isMeta: Bool, shard: ShardID, limits: LedgerLimits
  ) -> Receipt {
    if chunk.offset == 0 {
      incoming = Incoming(mark: chunk.mark, loader: SnapshotLoader(limits: limits))
    }
    guard incoming != nil, incoming!.mark == chunk.mark, incoming!.received == chunk.offset else {
      incoming = nil
      return .refused
    }
    do {
      try incoming!.loader.append(chunk.bytes)
      incoming!.received += UInt64(chunk.bytes.count)
      guard chunk.isLast else { return .more }
      if let work = try complete(isMeta: isMeta, shard: shard) { return .complete(work) }
    } catch {}
    incoming = nil
    return .refused
  }

  /// What was received must be the state at the mark, its log time included (trap 27); nil if not.
  private mutating func complete(
    isMeta: Bool, shard: ShardID
  ) throws(SnapshotError) -> SnapshotWork? {
    let mark = incoming!.mark
    let books =
      isMeta ? Books(try incoming!.loader.finishMeta()) : Books(try incoming!.loader.finish())
    incoming = nil
    guard books.index == mark.index, books.term == mark.term, books.logTime == mark.logTime,
      isMeta || books.shard?.shard == shard
    else { return nil }
    let snapshot = books.snapshot()
    installing = Installing(mark: mark, books: books)
    return SnapshotWork(shard: shard, mark: mark, snapshot: snapshot, isInstalled: true)
  }
}
