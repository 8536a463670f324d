import Primitives
import RaftConsensus

extension NodeCore {
  /// Closes a group whose seat here was taken away, or woken for nothing, one at a time: storage lets
  /// its rows and snapshots go, and with them the files that they keep.
  mutating func closeRemoved(now: ClockReading) {
    let wait = settings.closeAfterNanoseconds
    var found: Int?
    for at in groups.indices
    where groups[at].mayClose(afterNanoseconds: wait, now: now) {
      found = at
    }
    guard let at = found, !persistence.holds(groups[at].shard) else { return }
    let group = groups.remove(at: at)
    dormant.append(
      DormantSeat(
        shard: group.shard, hardState: group.raft.hardState,
        members: group.raft.configuration.members.map(NodeID.init(of:))))
    out.closedShards.append(group.shard)
    out.events.append(.closed(group.shard))
  }

  func dormantSeat(_ shard: ShardID) -> DormantSeat? { dormant.first { $0.shard == shard } }

  /// Gives back what was promised under an earlier seat in the group.
  mutating func wake(_ shard: ShardID) -> HardState? {
    guard let at = dormant.firstIndex(where: { $0.shard == shard }) else { return nil }
    return dormant.remove(at: at).hardState
  }
}
