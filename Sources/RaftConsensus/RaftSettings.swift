/// The numbers that a group works by. Times are nanoseconds.
package struct RaftSettings: Sendable {
  /// How soon a member stands after its start, before it has heard of any leader.
  package enum Preference: Sendable {
    /// Like any other time.
    case none
    /// The group's leader is wanted here: half of the usual time and less.
    case preferred
    /// The group's leader is wanted elsewhere: three times the usual time.
    case deferring
  }

  /// A leader's signs of life. The same instants for all groups of a node, so that one envelope
  /// carries them all (rule C7).
  package var heartbeatNanoseconds: UInt64 = 50_000_000
  /// A follower stands after a random time from this range without a leader. The lower end is also
  /// how long a leader that was heard is taken to be alive: no vote is given meanwhile.
  package var electionNanoseconds: ClosedRange<UInt64> = 300_000_000...600_000_000
  package var preference: Preference = .none

  /// Appends under way to one follower (trap 28).
  package var inFlightMessagesMax = 256
  /// Bytes under way to one follower.
  package var inFlightBytesMax = 16 << 20
  /// Entries of one append message, in bytes; a single larger entry goes alone.
  package var appendBytesMax = 1 << 20
  /// Uncommitted bytes after which a leader takes no more proposals.
  package var uncommittedBytesMax = 64 << 20
  /// Uncommitted entries after which a leader takes no more proposals.
  package var uncommittedEntriesMax = 65_536
  /// Entries kept in memory behind those that are handed out, for followers that lag; older ones
  /// are loaded from the log on disk.
  package var tailBytesMax = 32 << 20
  /// Committed entries that one turn is given to apply. A member that was away, or that starts, has
  /// many: it must hear, vote and acknowledge between them.
  package var handOutBytesMax = 256 << 10
  /// One chunk of a snapshot.
  package var snapshotChunkBytes = 256 << 10
  /// Chunks under way to one follower.
  package var snapshotChunksInFlightMax = 8
  /// Reads that wait for a round, or for a new leader's first commit; more are refused.
  package var readsWaitingMax = 65_536

  /// How many entries a learner may lack when it is made a voter: more, and commits would wait for it.
  package var catchUpEntriesMax: UInt64 = 1_024

  package var plain: PlainRaft = []

  /// Δ, stamped into each entry (rule L3); 0 gives no lease, and every read is by read index.
  package var leaseMilliseconds: UInt32 = 0
  /// ρ, by how many millionths any node's clocks may be too fast or too slow; stamped into each
  /// entry (rule L3). Time synchronisation slews by 500 at most; a quartz is off by less than 100.
  package var clockRatePPM: UInt32 = 2_000

  package init() {}

  package var leaseTerms: LeaseTerms {
    LeaseTerms(milliseconds: leaseMilliseconds, ratePPM: clockRatePPM)
  }
}

/// What is left out of what goes beyond the Raft paper. Each is safe, and worse at staying up; they
/// are for scripts that were written for it.
package struct PlainRaft: OptionSet, Sendable {
  package let rawValue: UInt8
  package init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Stands without asking before.
  package static let noPreVote = PlainRaft(rawValue: 1)
  /// Leads on without a majority, and votes while a leader is alive.
  package static let noCheckQuorum = PlainRaft(rawValue: 2)
  /// Leads on when it is no voter any more.
  package static let staysWhenRemoved = PlainRaft(rawValue: 4)
  /// Makes a voter of anybody at once.
  package static let admitsAnybody = PlainRaft(rawValue: 8)
  /// A hand-over is a word to the target alone, and a leader that was removed says none.
  package static let plainHandOver = PlainRaft(rawValue: 16)
}
