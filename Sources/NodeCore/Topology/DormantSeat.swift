import Primitives
import RaftConsensus

/// What stays of a seat that was taken away and whose group is closed: no more than the promises.
///
/// Whoever is given the seat again goes on from them. Its rows are gone, its term, its vote and the
/// newest entry that it ever acknowledged are not: that is a member with damaged rows and its hard
/// state intact (rule C9), which neither votes, stands nor acknowledges until a leader has brought its
/// log to where it was. Nobody misses the rows meanwhile: a configuration without this member is
/// committed, so every later leader has it, and no majority counts what this member once had.
struct DormantSeat: Sendable {
  var shard: ShardID
  var hardState: HardState
  /// Whom to ask for the shard.
  var members: [NodeID]
}
