import NodeCore
import Primitives
import RaftConsensus

/// One node: its core while it is up, what it has on disk, its clocks, and where its lane is.
struct SimNode {
  /// Where the lane stands inside a turn. A real process can be stopped between any two of these
  /// steps, and sees no time pass (rule L9).
  enum Turn {
    case none
    /// A turn is scheduled.
    case due
    /// Inputs were taken from the mailbox; no clock was read yet.
    case taken([Input])
    /// The clock was read behind that; the core has not seen the inputs.
    case timed([Input], ClockReading)
    /// The core has decided; nothing has left the node.
    case decided(NodeEffects, [PendingRead])
  }

  struct Saving {
    var shard: ShardID
    var mark: SnapshotMark
    /// The ledger that it is made of had gone wrong.
    var isWrong: Bool
  }

  /// A read that the core may be asked to make, and of what.
  struct PendingRead {
    var token: UInt64
    var sku: Int
  }

  var settings: NodeSettings
  var core: NodeCore?
  var disk = SimDisk()
  var clock: SimClock
  /// Raised at each crash.
  var life = 0
  var mailbox: [Input] = []
  var turn = Turn.none
  /// Nothing runs on the node before this instant.
  var pausedUntil: UInt64 = 0
  /// The members that each group's log named since the start, by index.
  var configurations: [(shard: ShardID, index: LogIndex, members: MembersView)] = []
  /// The groups that this node leads, as the checks count their leases.
  var leads: [LeadNote] = []
  /// Whom it voted for, in each group's newest term.
  var votes: [(shard: ShardID, term: Term, candidate: MemberID)] = []
  /// Groups that it started without all that it once acknowledged, and up to where that was (rule C9).
  var unfit: [(shard: ShardID, promised: LogPosition)] = []
  /// When the clock of the turn under way was read.
  var timedAt: UInt64 = 0
  /// The lane is stopped once inside its next turn, for so long, behind this step (0...2).
  var stopInside: (step: Int, nanoseconds: UInt64)?
  /// In order; a crash loses those that the disk has not synced.
  var writing: [PersistWork] = []
  /// When the disk is done with what it was given, so that works end in order.
  var diskBusyUntil: UInt64 = 0
  /// Reads that the core has, by token: few at a time.
  var reads: [PendingRead] = []
  /// Snapshots that are being saved; a discard takes them along.
  var saving: [Saving] = []
  /// Longest time that a write takes.
  var writeNanosecondsMax: UInt64 = 2_000_000
  /// The next write fails, which ends the process (trap 24).
  var failsNextWrite = false
  /// Snapshots are read wrong.
  var misreadsSnapshots = false
  /// The disk is lost for good: the node must not come back under the same members (rule C9).
  var isLost = false
  /// A start is scheduled.
  var isStarting = false

  #if HOLDFAST_MUTANTS
    /// The clock before the turn's inputs were taken.
    var early: ClockReading?
  #endif

  var isUp: Bool { core != nil }
}
