package import Primitives

/// One member of one Raft group.
package struct RaftGroup: Sendable {
  package let member: MemberID
  package let shard: ShardID

  package init(
    member: MemberID, shard: ShardID, settings: RaftSettings, restored: RestoredGroup,
    now: ClockReading, seed: UInt64
  ) { fatalError("not built yet") }

  package mutating func tick(now: ClockReading) { fatalError("not built yet") }
  package mutating func step(_ message: Message, now: ClockReading) { fatalError("not built yet") }
  package mutating func propose(
    kind: EntryKind = .command, payload: [UInt8], logTime: LogTime, now: ClockReading
  ) -> ProposeResult { fatalError("not built yet") }
  package mutating func persisted(_ receipt: PersistReceipt, now: ClockReading) {
    fatalError("not built yet")
  }
  /// Answered by `RaftEffects.reads`, exactly once. The token is the caller's.
  package mutating func readIndex(token: UInt64, now: ClockReading) { fatalError("not built yet") }
  package mutating func applied(upTo index: LogIndex) { fatalError("not built yet") }
  /// A durable snapshot stands for everything up to `mark`; rows up to it may go.
  package mutating func compact(to mark: SnapshotMark) { fatalError("not built yet") }
  /// Entries may be fewer than asked for; none means that they could not be had.
  package mutating func loaded(_ request: LoadRequest, entries: [Entry], now: ClockReading) {
    fatalError("not built yet")
  }
  package mutating func snapshotChunk(
    _ request: SnapshotRead, bytes: [UInt8], isLast: Bool, now: ClockReading
  ) { fatalError("not built yet") }
  package mutating func snapshotUnavailable(_ request: SnapshotRead, now: ClockReading) {
    fatalError("not built yet")
  }
  /// The received snapshot is durable and the application's state is that of `mark`.
  package mutating func snapshotInstalled(_ mark: SnapshotMark, now: ClockReading) {
    fatalError("not built yet")
  }
  /// The received snapshot was no good.
  package mutating func snapshotRefused(_ mark: SnapshotMark, now: ClockReading) {
    fatalError("not built yet")
  }
  /// Replaces what `effects` held.
  package mutating func takeEffects(now: ClockReading, into effects: inout RaftEffects) {
    fatalError("not built yet")
  }

  package var role: RoleKind { fatalError("not built yet") }
  package var term: Term { fatalError("not built yet") }
  package var leader: MemberID? { fatalError("not built yet") }
  package var commitIndex: LogIndex { fatalError("not built yet") }
  package var lastIndex: LogIndex { fatalError("not built yet") }
  package var lastLogTime: LogTime { fatalError("not built yet") }
  package var configuration: Configuration { fatalError("not built yet") }
  package var snapshotMark: SnapshotMark { fatalError("not built yet") }
  /// False while rule C9 keeps the member from voting and acknowledging.
  package var isInService: Bool { fatalError("not built yet") }
  /// A leader that has committed an entry of its own term (rule C6).
  package var isEstablishedLeader: Bool { fatalError("not built yet") }
  package var members: [MemberStatus] { fatalError("not built yet") }
}

package enum RoleKind: Hashable, Sendable {
  case follower, learner, preCandidate, candidate, leader
}

package struct MemberStatus: Hashable, Sendable {
  package var member: MemberID
  package var isVoter: Bool
  /// As the leader knows it; zero on others.
  package var match: LogIndex
}
