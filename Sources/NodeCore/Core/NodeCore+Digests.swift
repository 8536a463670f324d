import Primitives
import RaftConsensus

extension NodeCore {
  /// Takes the ledger's digest at its applied index and tells the leader, which compares.
  mutating func takeDigest(of at: Int) {
    let index = groups[at].books.index
    let digest = groups[at].books.digest()
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
    guard groups[at].books.index > groups[at].digests.last ?? .zero,
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
