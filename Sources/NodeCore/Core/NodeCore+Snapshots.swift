package import Primitives
package import RaftConsensus
import StockLedger

extension NodeCore {
  /// Takes a snapshot when the log behind the last one has grown enough. It shares the ledger's
  /// pages, so the shard does not stop.
  mutating func takeSnapshotIfDue(_ at: Int, now: ClockReading) {
    let ledgerBytes = groups[at].books.shard?.sizes.bytes ?? 0
    guard groups[at].snapshots.isDue(ledgerBytes: ledgerBytes, settings: settings) else { return }
    takeSnapshot(at, now: now)
  }

  /// The group's rows keep so many bytes of files: a snapshot lets them go when they are too many.
  package mutating func logKeeps(_ fileBytes: Int, of shard: ShardID, now: ClockReading) {
    guard let at = position(of: shard), groups[at].snapshots.isIdle,
      groups[at].books.index > groups[at].raft.snapshotMark.index
    else { return }
    let distance = settings.snapshotDistance(
      ledgerBytes: groups[at].books.shard?.sizes.bytes ?? 0)
    guard fileBytes / NodeSettings.keptFilesFactor >= distance else { return }
    takeSnapshot(at, now: now)
  }

  /// A follower needs entries that storage can't read: the ledger has what they led to.
  mutating func takeSnapshotInPlace(of index: LogIndex, at: Int, now: ClockReading) {
    guard groups[at].snapshots.isIdle, groups[at].books.index >= index,
      groups[at].raft.snapshotMark.index < index
    else { return }
    takeSnapshot(at, now: now)
  }

  private mutating func takeSnapshot(_ at: Int, now: ClockReading) {
    let mark = SnapshotMark(
      index: groups[at].books.index, term: groups[at].books.term,
      logTime: groups[at].books.logTime,
      configuration: groups[at].raft.configuration(at: groups[at].books.index),
      lease: groups[at].raft.leaseToRemember(now: now))
    groups[at].snapshots.started(
      SnapshotWork(
        shard: groups[at].shard, mark: mark, snapshot: groups[at].books.snapshot(),
        isInstalled: false))
    counters.snapshotsTaken += 1
    out.events.append(.snapshotTaken(groups[at].shard, mark.index))
  }

  /// A snapshot is durable: the log up to it may go, or, if it came from the leader, takes effect.
  package mutating func snapshotSaved(shard: ShardID, mark: SnapshotMark, now: ClockReading) {
    guard let at = position(of: shard) else { return }
    if groups[at].snapshots.saved(mark) {
      out.events.append(.snapshotSaved(shard, mark.index))
    } else if let books = groups[at].snapshots.takeInstalled(mark) {
      install(books, mark: mark, at: at, now: now)
    }
  }

  /// Saves the group's own snapshot, and drops the log that a saved one stands for, once this member
  /// has written that part itself.
  mutating func settleSnapshots(of at: Int) {
    let durable = groups[at].raft.durableIndex
    if let work = groups[at].snapshots.takeHeld(durable: durable) {
      out.snapshotsToSave.append(work)
    }
    guard let mark = groups[at].snapshots.takeCompaction(durable: durable) else { return }
    groups[at].raft.compact(to: mark)
    out.compactions.append(Compaction(shard: groups[at].shard, through: mark.index))
  }

  /// A part of a saved snapshot, for a follower that the log does not reach any more.
  package mutating func snapshotRead(
    _ work: SnapshotReadWork, bytes: [UInt8], isLast: Bool, now: ClockReading
  ) {
    guard let at = position(of: work.shard) else { return }
    groups[at].raft.snapshotChunk(work.request, bytes: bytes, isLast: isLast, now: now)
  }

  /// Storage has another snapshot by now, or none.
  package mutating func snapshotUnavailable(_ work: SnapshotReadWork, now: ClockReading) {
    guard let at = position(of: work.shard) else { return }
    groups[at].raft.snapshotUnavailable(work.request, now: now)
  }

  /// Takes in a part of a snapshot that the leader sends. It is saved before it is acknowledged.
  mutating func receive(_ chunk: SnapshotChunk, at: Int, now: ClockReading) {
    let receipt = groups[at].snapshots.receive(
      chunk, isMeta: groups[at].isMeta, shard: groups[at].shard, limits: settings.ledger)
    switch receipt {
    case .more: break
    case .complete(let work): out.snapshotsToSave.append(work)
    case .refused:
      groups[at].raft.snapshotRefused(chunk.mark, now: now)
      out.events.append(.snapshotRefused(groups[at].shard, mark: chunk.mark.index))
    }
  }

  private mutating func install(
    _ books: consuming Books, mark: SnapshotMark, at: Int, now: ClockReading
  ) {
    let shard = groups[at].shard
    guard groups[at].raft.snapshotInstalled(mark, now: now) else {
      // The log got there by itself meanwhile, and the ledger with it.
      groups[at].snapshots.compactLater(to: mark)
      return
    }
    groups[at].books = books
    groups[at].digesting = nil
    groups[at].board.forgetOwn(groups[at].raft.member)
    groups[at].lastApplied = now
    groups[at].clock.noted(mark.logTime, now: now)
    answerUnknown(groups[at].proposals.skipped(through: mark.index), shard: shard)
    counters.snapshotsInstalled += 1
    out.events.append(.snapshotInstalled(shard, mark.index))
    out.compactions.append(Compaction(shard: shard, through: mark.index))
    if shard == .meta { openShardsOfCatalog(now: now) }
  }
}
