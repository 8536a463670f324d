import Primitives
import RaftConsensus

extension NodeCore {
  /// Applies one committed entry to the group's ledger, answers its callers, and leaves the entry
  /// with its outcomes for the journal.
  mutating func apply(_ entry: Entry, at: Int, now: ClockReading) {
    let shard = groups[at].shard
    precondition(
      entry.index == groups[at].books.index.next,
      "shard \(shard.rawValue): entry \(entry.index.rawValue) behind "
        + "\(groups[at].books.index.rawValue)")
    let previousTime = groups[at].books.logTime
    #if HOLDFAST_MUTANTS
      let entry = misread(entry, at: at, now: now)
    #endif
    var outcomes = ByteWriter(reserving: entry.payload.count)
    if entry.kind == .command {
      groups[at].books.apply(
        payload: entry.payload, index: entry.index, term: entry.term, logTime: entry.logTime,
        outcomes: &outcomes)
    } else {
      groups[at].books.advance(index: entry.index, term: entry.term, logTime: entry.logTime)
    }
    counters.entriesApplied += 1
    answer(entry, outcomes: outcomes.bytes, at: at)
    out.journal.append(JournalRow(shard: shard, entry: entry, outcomes: outcomes.bytes))
    groups[at].snapshots.applied(entry)
    if DigestLog.isDue(
      previous: previousTime, time: entry.logTime, every: settings.digestEveryMilliseconds)
    {
      takeDigest(of: at, isShared: true)
    }
    checkSample(at, index: entry.index)
  }

  #if HOLDFAST_MUTANTS
    /// The entry as a member with a planted bug applies it.
    private func misread(_ entry: Entry, at: Int, now: ClockReading) -> Entry {
      var entry = entry
      if Mutant.expiryByLocalClock.isPlanted {
        entry.logTime = max(entry.logTime, LogTime(milliseconds: now.wall))
      }
      if Mutant.appliedIndexApart.isPlanted, entry.index <= groups[at].recoveryGoal {
        entry.kind = .empty
      }
      return entry
    }
  #endif

  /// What follows from the entries that were applied in one go.
  mutating func appliedAll(_ at: Int, now: ClockReading) {
    groups[at].lastApplied = now
    groups[at].raft.applied(upTo: groups[at].books.index)
    groups[at].clock.noted(groups[at].books.logTime, now: now)
    if groups[at].isMeta { openShardsOfCatalog(now: now) }
    takeSnapshotIfDue(at, now: now)
  }

  private mutating func answer(_ entry: Entry, outcomes: [UInt8], at: Int) {
    let shard = groups[at].shard
    let waiting = groups[at].proposals.applied(index: entry.index, term: entry.term)
    if !waiting.own.isEmpty {
      counters.commandsApplied += UInt64(waiting.own.count)
      out.replies.append(
        ReplyGroup(
          shard: shard, index: entry.index, term: entry.term, logTime: entry.logTime,
          tokens: waiting.own, outcomes: outcomes))
    }
    answerUnknown(waiting.overwritten, shard: shard)
  }

  /// The books of a small ledger are walked now and then; a violation ends the process.
  private func checkSample(_ at: Int, index: LogIndex) {
    guard settings.checkEveryEntries > 0, index.rawValue % settings.checkEveryEntries == 0,
      groups[at].books.rows <= settings.checkRowsMax
    else { return }
    groups[at].books.checkInvariants()
  }
}
