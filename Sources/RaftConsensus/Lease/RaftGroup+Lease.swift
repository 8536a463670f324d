package import Primitives

extension RaftGroup {
  /// The index at which a read that arrived before `now` was read is linearizable by this member
  /// alone (rule L2): it leads, has committed in its own term, and its lease runs. Nil: ask by
  /// `readIndex`. The application must have applied the index before it answers; what it committed
  /// afterwards may be in the answer too.
  package func leaseRead(now: ClockReading) -> LogIndex? {
    guard case .leader(let leader) = state, leader.isEstablished(core), leader.lease.runs(now)
    else { return nil }
    return core.log.committed
  }

  /// A read finds so little of the lease left that the leader should propose an empty entry, and no
  /// newer entry is on its way (rule L6).
  package func leaseNeedsRenewal(now: ClockReading) -> Bool {
    guard case .leader(let leader) = state, leader.isEstablished(core) else { return false }
    return leader.lease.isLow(now)
  }

  /// What the mark of a snapshot that is taken now has to say of leases (rule L3).
  package func leaseToRemember(now: ClockReading) -> LeaseTerms {
    core.barrier.toRemember(now, own: core.settings.leaseTerms)
  }

  /// The barrier has not certainly passed at this reading (rule L3), whoever leads.
  package func waitsForLeases(at reading: ClockReading) -> Bool {
    !core.barrier.hasCertainlyPassed(reading)
  }

  /// The barrier does not count in this term (rule L7).
  package var isBarrierWaived: Bool { core.barrier.isWaived(in: term) }
}
