import Primitives
import RaftConsensus
import StockLedger

extension NodeCore {
  /// Takes the ledger's digest at its applied index: at once where little has changed, else in steps
  /// with the ticks that follow, so that a large ledger does not stand still for it. One that is
  /// still in work is given up only for one that all members take at another index (`isShared`);
  /// what it has hashed so far is kept.
  mutating func takeDigest(of at: Int, isShared: Bool) {
    var budget = settings.digestPagesPerTick
    takeDigest(of: at, isShared: isShared, &budget)
  }

  private mutating func takeDigest(of at: Int, isShared: Bool, _ budget: inout Int) {
    let point = DigestPoint(
      index: groups[at].books.index,
      quorum: groups[at].raft.configuration(at: groups[at].books.index).quorum,
      isShared: isShared)
    if let digest = groups[at].books.digestOfMeta() { return note(digest, at: point, of: at) }
    if let begun = groups[at].digesting {
      guard isShared else { return }
      if begun.point.index == point.index {
        groups[at].digesting!.point.isShared = true
        return
      }
      groups[at].books.adoptHashes(of: begun.work)
    }
    groups[at].digesting = groups[at].books.startDigest().map { (point, $0) }
    goOnWithDigest(of: at, &budget)
  }

  /// `budget` is for all groups of a tick together.
  mutating func goOnWithDigest(of at: Int, _ budget: inout Int) {
    guard budget > 0, groups[at].isDigesting, let point = groups[at].digesting?.point,
      let digest = groups[at].digesting!.work.step(pages: &budget)
    else { return }
    groups[at].books.adoptHashes(of: groups[at].digesting!.work)
    groups[at].digesting = nil
    note(digest, at: point, of: at)
  }

  /// A shard that fell quiet has the same last entry on all members: a digest there can be compared
  /// at any time afterwards. `budget` is the tick's, too.
  mutating func takeQuietDigest(of at: Int, now: ClockReading, _ budget: inout Int) {
    let index = groups[at].books.index
    guard index > groups[at].board.lastOwn,
      now.waited(since: groups[at].lastApplied) >= Self.quietNanoseconds
    else { return }
    // Somebody may have asked for it before.
    guard let digest = groups[at].digests.digest(at: index) else {
      return takeDigest(of: at, isShared: true, &budget)
    }
    let quorum = groups[at].raft.configuration(at: index).quorum
    note(digest, at: DigestPoint(index: index, quorum: quorum, isShared: true), of: at)
  }

  private static var quietNanoseconds: UInt64 { 300_000_000 }

  /// Keeps a digest; one that the others take too goes to all members, each of which compares for
  /// itself. A member out of service says nothing, and has to be repaired first (rule C9).
  private mutating func note(_ digest: Hash128, at point: DigestPoint, of at: Int) {
    groups[at].digests.append(index: point.index, digest: digest, max: settings.digestsKept)
    guard point.isShared, groups[at].raft.isInService else { return }
    let differing = groups[at].board.note(
      digest, at: point.index, quorum: point.quorum, member: groups[at].raft.member)
    for member in differing { noteMismatch(of: at, point.index, with: NodeID(of: member)) }
    let configuration = groups[at].raft.configuration
    guard configuration.isVoter(groups[at].raft.member) else { return }
    for member in configuration.members where member != groups[at].raft.member {
      tell(digest, at: point.index, of: at, to: NodeID(of: member))
    }
  }

  private mutating func tell(_ digest: Hash128, at index: LogIndex, of at: Int, to node: NodeID) {
    outbox.add(
      AppliedDigest(
        shard: groups[at].shard, member: groups[at].raft.member, index: index, digest: digest),
      to: node)
  }

  /// Another member's digest. Who has another one than a majority may not have heard of that: it may
  /// have been down when the others told each other. It is answered as often as it says so, for an
  /// answer may be lost; two members that both have a majority's digest have the same.
  mutating func receive(_ digest: AppliedDigest, from node: NodeID) {
    guard let at = position(of: digest.shard), NodeID(of: digest.member) == node,
      groups[at].raft.isInService
    else { return }
    let isNews = groups[at].board.heard(digest.digest, from: digest.member, at: digest.index)
    guard let own = groups[at].board.own(at: digest.index), own != digest.digest else { return }
    if isNews { noteMismatch(of: at, digest.index, with: node) }
    if groups[at].board.isConfirmed(at: digest.index) {
      tell(own, at: digest.index, of: at, to: node)
    }
  }

  private mutating func noteMismatch(of at: Int, _ index: LogIndex, with node: NodeID) {
    counters.digestMismatches += 1
    out.events.append(.digestMismatch(groups[at].shard, index, with: node))
  }
}

/// Where a digest is taken.
struct DigestPoint: Sendable {
  var index: LogIndex
  /// Who has a say there.
  var quorum: JointQuorum
  /// All members take one there.
  var isShared: Bool
}
