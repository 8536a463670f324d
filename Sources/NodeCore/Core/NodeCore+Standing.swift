import Primitives
import RaftConsensus
import StockLedger

// What follows when ledgers differ (rule C10).

extension NodeCore {
  /// Draws the consequences of what the digests said since the last turn.
  mutating func settleStanding(of at: Int, now: ClockReading) {
    guard let finding = groups[at].board.takeFinding() else { return }
    #if HOLDFAST_MUTANTS
      if Mutant.minorityServes.isPlanted { return }
    #endif
    switch finding.verdict {
    case .wrong: takeOut(at, index: finding.index, now: now)
    case .split: stop(at, index: finding.index)
    case .confirmed: goOn(at, index: finding.index)
    }
  }

  /// A majority has another ledger: this member is out of service, and its ledger, its snapshots and
  /// its log are thrown away. Its leader gives it all of that anew.
  private mutating func takeOut(_ at: Int, index: LogIndex, now: ClockReading) {
    let shard = groups[at].shard
    groups[at].raft.takeOut(now: now)
    answerUnknown(groups[at].proposals.skipped(through: LogIndex(.max)), shard: shard)
    failReads(of: at)
    groups[at].beginAnew(with: emptyBooks(of: shard), now: now)
    // Nothing that was said of the old log leaves, and nothing made from the old ledger is kept.
    outbox.withdraw(shard)
    persistence.withdraw(shard)
    out.withdraw(shard)
    out.discards.append(shard)
    out.events.append(.takenOut(shard, index))
  }

  /// No ledger has a majority: nobody can tell which is right, so nobody answers.
  private mutating func stop(_ at: Int, index: LogIndex) {
    groups[at].stoppedAt = max(groups[at].stoppedAt, index)
    guard groups[at].raft.standing == .sound else { return }
    groups[at].raft.setStopped(true)
    failReads(of: at)
    out.events.append(.shardStopped(groups[at].shard, index))
  }

  /// A majority has this member's ledger, at an index behind the one that stopped the shard: the
  /// operator has changed who has a say.
  private mutating func goOn(_ at: Int, index: LogIndex) {
    guard groups[at].raft.standing == .stopped, index > groups[at].stoppedAt else { return }
    groups[at].raft.setStopped(false)
    out.events.append(.shardResumed(groups[at].shard, index))
  }

  private mutating func failReads(of at: Int) {
    let tokens = groups[at].reads.takeAll()
    readsWaiting -= tokens.count
    refuse(tokens, groups[at].refusalWhileUnsound)
  }
}

extension Group {
  /// Commands and reads are for a member whose ledger is worth something.
  var isSound: Bool { raft.standing == .sound }

  /// What callers are told meanwhile: to ask elsewhere, or that nobody answers.
  var refusalWhileUnsound: RefusalReason {
    raft.standing == .stopped ? .ledgersDiffer : .notLeader(hint: leader)
  }

  /// Forgets the ledger, and all that was made of it.
  mutating func beginAnew(with empty: Books, now: ClockReading) {
    books = empty
    digests = DigestLog()
    digesting = nil
    board = DigestBoard()
    snapshots = SnapshotSeat()
    topologyProposed = nil
    renewalIsDue = false
    lastApplied = now
  }
}

extension NodeEffects {
  /// What was decided in this turn for a group whose ledger proved wrong is not done.
  fileprivate mutating func withdraw(_ shard: ShardID) {
    snapshotsToSave.removeAll { $0.shard == shard }
    snapshotReads.removeAll { $0.shard == shard }
    loads.removeAll { $0.shard == shard }
    compactions.removeAll { $0.shard == shard }
  }
}
