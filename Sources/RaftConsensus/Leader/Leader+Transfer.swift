import Primitives

/// A hand-over of the lead that is under way (Raft thesis, section 3.10; rule L7). While it runs the
/// leader makes no entries and has no lease; when it fails, the leader goes on.
struct Transfer: Sendable {
  let target: MemberID
  /// The end of the leader's log: T and L.
  let lastLog: LogPosition
  let deadline: UInt64
  /// The target was told since the last heartbeat.
  var isSent = false
}

extension Leader {
  mutating func startTransfer(
    to target: MemberID, now: UInt64, core: inout GroupCore
  ) -> TransferResult {
    guard transfer == nil else { return .alreadyTransferring }
    guard target != core.member, core.configuration.voters.contains(target),
      let at = progress(of: target)
    else { return .targetUnfit }
    switch serves(others[at], now, core) {
    case true?: break
    case false?: return .targetUnfit
    case nil: return .notYet
    }
    guard let lastLog = releaseLease(core) else { return .notYet }
    transfer = Transfer(
      target: target, lastLog: lastLog,
      deadline: now + core.settings.electionNanoseconds.lowerBound)
    core.outbox.events.append(.transferStarted(to: target))
    return .started
  }

  /// Tells the target right behind the last entry that it lacks: that saves the round trip in which
  /// it would acknowledge it. One that hears of it too early does nothing; it is told again with each
  /// heartbeat, for a message may be lost.
  mutating func sendTransfer(core: inout GroupCore) {
    guard let transfer, !transfer.isSent, let at = progress(of: transfer.target),
      others[at].wasSent(upTo: transfer.lastLog.index)
    else { return }
    handOver(to: transfer.target, lastLog: transfer.lastLog, core: &core)
    self.transfer?.isSent = true
  }

  /// Tells the target, and asks for the others' votes in its place if it certainly has everything:
  /// they come to it a sync and a way sooner than if it had to ask. Should the target not stand, one
  /// of them will.
  func handOver(to target: MemberID, lastLog: LogPosition, core: inout GroupCore) {
    core.send(.transfer(lastLog: lastLog), to: target)
    guard !core.settings.plain.contains(.plainHandOver), let at = progress(of: target),
      others[at].match >= lastLog.index
    else { return }
    for other in others where other.member != target && core.configuration.isVoter(other.member) {
      core.send(.voteFor(target, lastLog: lastLog), to: other.member)
    }
  }

  /// The target didn't stand, or nobody voted for it. It may still do so, late: then it has to be
  /// elected against what this leader made since.
  mutating func tickTransfer(now: UInt64, core: inout GroupCore) {
    guard let transfer, now >= transfer.deadline else { return }
    self.transfer = nil
    #if HOLDFAST_MUTANTS
      if Mutant.abortedTransferLease.isPlanted, let leaseBefore { lease = leaseBefore }
    #endif
    core.outbox.events.append(.transferFailed(to: transfer.target))
  }
}
