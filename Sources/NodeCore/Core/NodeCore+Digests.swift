import Primitives
import RaftConsensus
import StockLedger

extension NodeCore {
  /// Takes the ledger's digest at its applied index: at once where little has changed, else in steps
  /// with the ticks that follow, so that a large ledger does not stand still for it. One that is
  /// still in work is given up only for one that all members take at the same index (`isShared`);
  /// what it has hashed so far is kept.
  mutating func takeDigest(of at: Int, isShared: Bool = false) {
    if let digest = groups[at].books.digestOfMeta() {
      return note(digest, at: groups[at].books.index, of: at)
    }
    if let begun = groups[at].digesting {
      guard isShared else { return }
      groups[at].books.adoptHashes(of: begun)
    }
    groups[at].digesting = groups[at].books.startDigest()
    var budget = settings.digestPagesPerTick
    goOnWithDigest(of: at, &budget)
  }

  /// `budget` is for all groups of a tick together.
  mutating func goOnWithDigest(of at: Int, _ budget: inout Int) {
    guard budget > 0, groups[at].isDigesting, let index = groups[at].digesting?.index,
      let digest = groups[at].digesting!.step(pages: &budget)
    else { return }
    groups[at].books.adoptHashes(of: groups[at].digesting!)
    groups[at].digesting = nil
    note(digest, at: index, of: at)
  }

  /// Keeps a digest and tells it the leader, which compares.
  private mutating func note(_ digest: Hash128, at index: LogIndex, of at: Int) {
    groups[at].digests.append(index: index, digest: digest, max: settings.digestsKept)
    guard !groups[at].isLeader, let leader = groups[at].leader else { return }
    outbox.add(
      AppliedDigest(
        shard: groups[at].shard, member: groups[at].raft.member, index: index, digest: digest),
      to: leader)
  }

  /// A shard that fell quiet has the same last entry on all members: a digest there can be compared
  /// at any time afterwards.
  mutating func takeQuietDigest(of at: Int, now: ClockReading) {
    guard groups[at].hasNewBooks,
      now.waited(since: groups[at].lastApplied) >= Self.quietNanoseconds
    else { return }
    takeDigest(of: at)
  }

  private static var quietNanoseconds: UInt64 { 300_000_000 }

  /// Compares the own clock with the median of all clocks that are known (rule T2).
  mutating func watchOwnClock(now: ClockReading) {
    guard let median = clocks.median(of: settings.nodes.map(\.id), now: now) else { return }
    let off = now.wall - median
    let limit = settings.clockAlarmMilliseconds
    if !clockAlarm && abs(off) > limit {
      clockAlarm = true
      out.events.append(.ownClockOff(byMilliseconds: off))
    } else if clockAlarm && abs(off) * 2 < limit {
      clockAlarm = false
      out.events.append(.ownClockGood)
    }
  }
}
