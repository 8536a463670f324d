package import Primitives

// What the ledgers' digests said, as far as the group has to know it (rule C10). Who compares them
// is the application.

extension RaftGroup {
  /// A majority has another ledger than this member: it leads, votes and acknowledges no more. Its
  /// log is empty from here on, as that of a member that is new, and a leader fills it. What it ever
  /// acknowledged, and whom it voted for, stays promised (rule C9).
  package mutating func takeOut(now: ClockReading) {
    guard standing != .rebuilding else { return }
    core.now = now
    core.takeBackMessages()
    becomeFollower(term: term, leader: nil, reason: .ledgerWrong, now: now.boot)
    core.takeOut()
    appliedIndex = .zero
  }

  /// No majority has one ledger, or has one again. The group goes on, so that its members can be
  /// changed; it only remembers.
  package mutating func setStopped(_ isStopped: Bool) {
    guard standing != .rebuilding else { return }
    core.hard.standing = isStopped ? .stopped : .sound
  }
}

extension GroupCore {
  fileprivate mutating func takeOut() {
    isInService = false
    hard.standing = .rebuilding
    log.discard()
    adoptConfiguration()
  }

  /// What was said in this turn doesn't leave: it spoke of a log that is gone.
  fileprivate mutating func takeBackMessages() {
    outbox.sendNow.removeAll()
    outbox.afterPersist.removeAll()
    outbox.snapshotChunks.removeAll()
  }

  /// This member acknowledged `index` to the leader of its term, and does not have it: the disk
  /// forgot, or was put back to an older state. It can't vote until a leader has repaired it; of
  /// which term the entry is, is not known, so one of the leader's own has to come.
  mutating func noteMissingRows(upTo index: LogIndex) {
    guard isInService else { return }
    isInService = false
    hard.acked = max(hard.acked, LogPosition(term: hard.term, index: index))
    outbox.events.append(.rowsMissing(upTo: index))
  }
}
