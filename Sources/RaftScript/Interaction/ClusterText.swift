import Primitives
import RaftConsensus

// What the suite prints of a cluster's state, in its words.

extension ScriptNode {
  /// One line of `raft-state`. Members are those that applied entries imply: a configuration is in
  /// use earlier here than in the suite, but it holds from the same entry on.
  var stateText: String {
    let isVoter = group.configuration(at: applied).isVoter(id)
    let role =
      switch group.role {
      case .follower, .learner: "StateFollower"
      case .preCandidate: "StatePreCandidate"
      case .candidate: "StateCandidate"
      case .leader: "StateLeader"
      }
    return "\(id.rawValue): \(role) (\(isVoter ? "Voter" : "Non-Voter")) "
      + "Term:\(group.term.rawValue) Lead:\(group.leader?.rawValue ?? 0)\n"
  }

  /// `raft-log`: what is durable.
  func logText(_ names: ChangeNames) -> String {
    if disk.rows.isEmpty {
      let last = disk.firstIndex.previous.rawValue
      return "log is empty: first index=\(last + 1), last index=\(last)\n"
    }
    return disk.rows.map { names.text($0) + "\n" }.joined()
  }

  /// `status`: what a leader knows of each member.
  var statusText: String { group.replication.map { $0.text + "\n" }.joined() }
}

extension ReplicationStatus {
  fileprivate var text: String {
    let name =
      switch flow {
      case .probing: "StateProbe"
      case .replicating: "StateReplicate"
      case .sendingSnapshot: "StateSnapshot"
      }
    var text = "\(member.rawValue): \(name) match=\(match.rawValue) next=\(next.rawValue)"
    if isLearner { text += " learner" }
    if isPaused { text += " paused" }
    if case .sendingSnapshot(let index) = flow { text += " pendingSnap=\(index.rawValue)" }
    if !isActive { text += " inactive" }
    if inFlight > 0 { text += " inflight=\(inFlight)" + (isWindowFull ? "[full]" : "") }
    return text
  }
}

/// What the script called each change of members; an entry itself has only what it led to. A change
/// that nobody proposed is the leader's own, out of a joint configuration.
struct ChangeNames {
  private(set) var names: [LogPosition: String] = [:]

  mutating func add(_ position: LogPosition, _ text: String) { names[position] = text }

  /// `1/4 EntryNormal "foo"`.
  func text(_ entry: Entry) -> String {
    let place = "\(entry.term.rawValue)/\(entry.index.rawValue) "
    if entry.kind == .configuration {
      let position = LogPosition(term: entry.term, index: entry.index)
      return place + (names[position] ?? "EntryConfChangeV2")
    }
    return place + "EntryNormal \"\(String(decoding: entry.payload, as: UTF8.self))\""
  }
}
