package import Primitives

/// What a leader knows of one member's log and how it sends to it; of itself too.
package struct ReplicationStatus: Hashable, Sendable {
  package enum Flow: Hashable, Sendable {
    /// Where the logs agree isn't known.
    case probing
    case replicating
    /// It gets the snapshot at this index.
    case sendingSnapshot(index: LogIndex)
  }

  package var member: MemberID
  package var flow: Flow
  package var match: LogIndex
  package var next: LogIndex
  package var isLearner: Bool
  /// Nothing is sent to it until it answers.
  package var isPaused: Bool
  /// It answered since the leader leads.
  package var isActive: Bool
  /// Appends under way.
  package var inFlight: Int
  package var isWindowFull: Bool
}

extension RaftGroup {
  /// All that a leader sends to, in order, and itself; empty for any other role.
  package var replication: [ReplicationStatus] {
    guard case .leader(let leader) = state else { return [] }
    var all = leader.others.map { status(of: $0) }
    if core.configuration.contains(member) {
      all.append(
        ReplicationStatus(
          member: member, flow: .replicating, match: core.log.durable,
          next: core.log.durable.next, isLearner: core.configuration.isLearner(member),
          isPaused: false, isActive: true, inFlight: 0, isWindowFull: false))
    }
    return all.sorted { $0.member < $1.member }
  }

  private func status(of other: Progress) -> ReplicationStatus {
    var status = ReplicationStatus(
      member: other.member, flow: .probing, match: other.match, next: other.next,
      isLearner: core.configuration.isLearner(other.member), isPaused: false,
      isActive: other.isActive, inFlight: 0, isWindowFull: false)
    switch other.flow {
    case .probe(let isWaiting): status.isPaused = isWaiting
    case .replicate(let window):
      status.flow = .replicating
      status.inFlight = window.count
      status.isWindowFull = window.isFull(core.settings)
      status.isPaused = status.isWindowFull
    case .snapshot(let transfer):
      status.flow = .sendingSnapshot(index: transfer.mark.index)
      status.next = transfer.mark.index.next
      status.isPaused = true
    }
    return status
  }
}
