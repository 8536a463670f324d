import Primitives

// What a leadership transfer does with leases (rule L7). The transfer itself is elsewhere.

extension Leader {
  /// Gives the lease back, before a transfer: from here on reads go by read index, and of all
  /// entries only those that are made later give a lease again, also when the transfer fails. The
  /// answer is the end of the log, T and L of the transfer's message. Nil, and nothing is changed,
  /// while the leader may not: it must have committed an entry of its own term, and its own barrier
  /// must have passed or been waived, so that no lease of an earlier leader is left that the target,
  /// which waits for none, would overlap.
  mutating func releaseLease(_ core: GroupCore) -> LogPosition? {
    #if HOLDFAST_MUTANTS
      if Mutant.leaseKeptAcrossTransfer.isPlanted { return core.log.last }
      if Mutant.releaseWhileBarrier.isPlanted {
        lease.release()
        return core.log.last
      }
      leaseBefore = lease
    #endif
    guard isEstablished(core), core.barrier.hasPassed(core.now, term: term) else { return nil }
    lease.release()
    return core.log.last
  }
}

extension GroupCore {
  /// The target stands for `newTerm` because the leader of the term before, T, asked it to; T was
  /// this member's own term when the message came. It need not wait if the last entry of its log is
  /// exactly (T, L): a log that goes on behind L may hold an entry that gives a lease, and one that
  /// lacks L may not hold everything that the leader waited for.
  mutating func waiveBarrier(standingFor newTerm: Term, asked lastLog: LogPosition) {
    #if HOLDFAST_MUTANTS
      if Mutant.transferSkipsForOther.isPlanted { return barrier.waive(in: newTerm) }
    #endif
    guard newTerm == lastLog.term.next, log.last == lastLog else { return }
    barrier.waive(in: newTerm)
  }
}
