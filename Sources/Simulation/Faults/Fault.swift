/// One thing that goes wrong, and for how long.
struct Fault: Sendable {
  enum Shape: Sendable {
    case majority, minority, ring, region, single
    case only(Int)
    /// A node and one other.
    case with(Int)

    static let drawn: [Shape] = [.majority, .minority, .ring, .region, .single, .single]
  }

  /// Which change of members an operator makes.
  enum Change: Sendable {
    /// Whatever comes to mind.
    case any
    case add
    case removeLeader
    /// A voter that was cut off just before.
    case removePartitioned
    case removeOther
  }

  enum Kind: Sendable {
    /// Cuts links; `pick` chooses the nodes, `oneWay` lets one direction through.
    case partition(Shape, oneWay: Bool, pick: UInt64)
    case crash(node: Int)
    case crashAll
    case pause(node: Int)
    /// Stops a node inside its next turn, behind this step (rule L9).
    case stopInside(node: Int, step: Int)
    case slowDisk(node: Int, nanosecondsMax: UInt64)
    /// All disks are slow, as on one array that is being rebuilt.
    case slowDisks(nanosecondsMax: UInt64)
    case failedSync(node: Int)
    case clog(from: Int, to: Int)
    /// Everything that a node sends is held up, and then comes at once.
    case clogAll(from: Int)
    /// Messages of one kind come late, and so behind others that were sent after them.
    case holdBack(Hold)
    case stepWall(node: Int, milliseconds: Int64)
    case rate(node: Int, ppm: Int64)
    case freeze(node: Int)
    /// Rows of one group can't be read any more; found at the crash that follows.
    case spoil(node: Int, pick: UInt64)
    /// So is a snapshot: found by a follower that gets it, or at the next start.
    case spoilSnapshot(node: Int, pick: UInt64)
    /// What is read of snapshots is not what was written, for a while.
    case misreadSnapshots(node: Int)
    case loseDisk(node: Int)
    /// The ledger of one group goes wrong in a node's memory (rule C10).
    case miscount(node: Int, pick: UInt64)
    /// A bad time server: all wall clocks step together.
    case stepAllWalls(milliseconds: Int64)
    /// An operator hands a lead over; hindered, the old leader may be cut off meanwhile.
    case transfer(pick: UInt64, isHindered: Bool)
    /// An operator brings a lead back to the shard's own region.
    case bringHome(pick: UInt64)
    /// The others go on without the leader, which does not know: all that leases are for.
    case mutiny(pick: UInt64)
    /// An operator changes the members of a group.
    case changeMembers(Change, pick: UInt64)
  }

  var at: UInt64
  var lasts: UInt64
  var kind: Kind
  /// It strikes whoever leads the shard that this chooses, if anybody does.
  var aim: UInt64?
}

extension Fault {
  /// Strikes another node than was drawn.
  mutating func strike(_ node: Int) {
    switch kind {
    case .crash: kind = .crash(node: node)
    case .pause: kind = .pause(node: node)
    case .stopInside(_, let step): kind = .stopInside(node: node, step: step)
    case .slowDisk(_, let most): kind = .slowDisk(node: node, nanosecondsMax: most)
    case .failedSync: kind = .failedSync(node: node)
    case .misreadSnapshots: kind = .misreadSnapshots(node: node)
    case .clogAll: kind = .clogAll(from: node)
    case .partition(.single, let oneWay, let pick):
      kind = .partition(.only(node), oneWay: oneWay, pick: pick)
    case .partition(.minority, let oneWay, let pick):
      kind = .partition(.with(node), oneWay: oneWay, pick: pick)
    default: break
    }
  }
}
