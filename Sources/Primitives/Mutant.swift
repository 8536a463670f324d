#if HOLDFAST_MUTANTS
  /// Bugs that are planted to see whether the simulator finds them. They exist only in a build that
  /// is made for that (`Tests/mutants`); one of them is switched on in a process.
  package enum Mutant: String, CaseIterable, Sendable {
    case none
    // Consensus (rules C).
    case ackBeforeSync = "ack-before-sync"
    case leaderCountsItself = "leader-counts-itself-before-sync"
    case voteForgotten = "vote-forgotten-at-restart"
    case voteTwice = "vote-twice-in-a-term"
    case commitEarlierTerm = "commit-earlier-term-by-count"
    case readBeforeOwnCommit = "read-before-own-term-commit"
    case readJoinsRound = "read-joins-round-under-way"
    case readAttemptReused = "read-index-id-reused"
    case voteByDurableLog = "vote-by-durable-log"
    case handOverVoteForAnyLog = "hand-over-vote-for-any-log"
    case lowerTermAppend = "append-of-lower-term-taken"
    case heartbeatCommitUnbounded = "heartbeat-commit-beyond-match"
    case rewriteForgotten = "late-write-confirms-rewritten-entry"
    case conflictKept = "conflicting-entry-kept"
    case flawedVotes = "flawed-member-votes"
    case diskLostSameID = "disk-lost-under-same-id"
    case minorityServes = "minority-keeps-serving"
    case learnerVoteCounted = "learner-vote-counted"
    case configOldQuorum = "config-change-at-old-quorum"
    // Leases (rules L).
    case leaseKeptAcrossTransfer = "lease-kept-across-transfer"
    case leaseFromCommit = "lease-from-commit-time"
    case noBarrier = "no-barrier-before-commit"
    case barrierForgotten = "barrier-forgotten-at-restart"
    case arrivalEarly = "arrival-stamped-early"
    case leaseOldClock = "lease-checked-with-old-clock"
    case transferSkipsForOther = "transfer-skips-barrier-for-other-log"
    case abortedTransferLease = "aborted-transfer-takes-lease-back"
    case releaseWhileBarrier = "release-while-own-barrier-runs"
    case lowerDeltaAtOnce = "lower-delta-at-once"
    // Time and the ledger (rules T, Q).
    case logTimePlusOne = "log-time-previous-plus-one"
    case ownClockStamps = "one-nodes-clock-for-stamps"
    case expiryByLocalClock = "expiry-by-local-clock"
    case creditTwice = "hold-credited-twice"
    case dedupeMissing = "dedupe-table-missing-from-snapshot"
    case appliedIndexApart = "applied-index-saved-apart"
    case rulesRaisedAlone = "rules-raised-alone"
    case staleReadCalledQuorum = "stale-read-called-quorum"

    nonisolated(unsafe) package static var planted = Mutant.none
    package var isPlanted: Bool { unsafe Mutant.planted == self }
  }
#endif
