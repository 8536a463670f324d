package import Primitives
import RaftConsensus
package import StockLedger

extension NodeCore {
  /// Calls `body` with the ledger of a shard that has a member here; nil otherwise, and for one whose
  /// ledger is worth nothing (rule C10).
  package func withShardLedger<R>(_ shard: ShardID, _ body: (borrowing ShardLedger) -> R) -> R? {
    guard let at = position(of: shard), groups[at].isSound, groups[at].books.shard != nil else {
      return nil
    }
    return body(groups[at].books.shard!)
  }

  /// Calls `body` with the catalog; nil in another lane than 0, and while it is worth nothing.
  package func withMetaLedger<R>(_ body: (borrowing MetaLedger) -> R) -> R? {
    guard let at = position(of: .meta), groups[at].isSound, groups[at].books.meta != nil else {
      return nil
    }
    return body(groups[at].books.meta!)
  }

  /// All groups with a member here, in order of shard.
  package func status(now: ClockReading) -> [ShardStatus] {
    groups.indices.map { status(of: $0, now: now) }
  }

  /// The same with a digest of each ledger at its applied index, where that takes no time; else with
  /// the digests so far, and a new one comes with the ticks that follow.
  package mutating func statusWithDigests(now: ClockReading) -> [ShardStatus] {
    for at in groups.indices where groups[at].hasNewBooks {
      takeDigest(of: at, isShared: false)
    }
    return status(now: now)
  }

  /// Where a shard's members are; known for all shards in lane 0, for those here in other lanes.
  package func placement(of shard: ShardID) -> Placement? {
    descriptor(of: shard).map(placement)
  }

  /// What is known of a shard's group, with or without a member here.
  func descriptor(of shard: ShardID) -> GroupDescriptor? {
    var (low, high) = (0, placements.count)
    while low < high {
      let middle = (low + high) / 2
      if placements[middle].shard < shard { low = middle + 1 } else { high = middle }
    }
    return low < placements.count && placements[low].shard == shard ? placements[low] : nil
  }

  /// All shards that this core knows of, in order; the meta group is one of them in lane 0.
  package var knownShards: [ShardID] { placements.map(\.shard) }

  /// The node that leads a shard as far as this one knows.
  package func leader(of shard: ShardID) -> NodeID? {
    position(of: shard).flatMap { groups[$0].leader }
  }

  /// Members as the group's log has them where there is one here, or had them when it was closed; else
  /// those that it began with.
  private func placement(_ descriptor: GroupDescriptor) -> Placement {
    let configuration = position(of: descriptor.shard).map { groups[$0].raft.configuration }
    return Placement(
      shard: descriptor.shard, pool: descriptor.pool, region: descriptor.region,
      members: configuration?.members.map(NodeID.init(of:))
        ?? dormantSeat(descriptor.shard)?.members ?? descriptor.members,
      // Who lost its seat hears of no leader after the last one.
      leader: holdsSeat(configuration) ? leader(of: descriptor.shard) : nil)
  }

  private func holdsSeat(_ configuration: Configuration?) -> Bool {
    configuration?.contains(MemberID(of: settings.node)) ?? false
  }

  private func status(of at: Int, now: ClockReading) -> ShardStatus {
    let group = groups[at]
    return ShardStatus(
      shard: group.shard, pool: group.descriptor.pool, region: group.descriptor.region,
      role: SeatRole(group.raft.role), standing: MemberStanding(group.raft), term: group.raft.term,
      leader: group.leader,
      commit: group.raft.commitIndex, applied: group.books.index, last: group.raft.lastIndex,
      logTime: group.books.logTime, catalogVersion: group.books.catalogVersion,
      digests: group.digests.kept,
      members: group.raft.members.map {
        SeatStatus(
          node: NodeID(of: $0.member), isVoter: $0.isVoter,
          match: group.raft.role == .leader ? $0.match : nil)
      },
      logTimeAheadMilliseconds: logTimeAhead(of: at, now: now),
      waitingCommands: group.queue.count, proposedCommands: group.proposals.tokenCount)
  }

  private func logTimeAhead(of at: Int, now: ClockReading) -> Int64 {
    guard groups[at].raft.role == .leader,
      let median = clocks.median(of: groups[at].voters, now: now)
    else { return 0 }
    return max(0, groups[at].clock.last.milliseconds - median)
  }
}

extension MemberStanding {
  init(_ raft: RaftGroup) {
    switch raft.standing {
    case .sound: self = raft.isInService ? .serving : .repairing
    case .rebuilding: self = .rebuilding
    case .stopped: self = .stopped
    }
  }
}

extension SeatRole {
  init(_ role: RoleKind) {
    switch role {
    case .follower: self = .follower
    case .preCandidate, .candidate: self = .candidate
    case .leader: self = .leader
    case .learner: self = .learner
    }
  }
}
