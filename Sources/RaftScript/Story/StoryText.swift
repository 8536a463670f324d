import Primitives
import RaftConsensus

// The words of a story. A place in the log is written term/index.

extension LogPosition {
  fileprivate var text: String { "\(term.rawValue)/\(index.rawValue)" }
}

extension Entry {
  var storyText: String {
    let place = LogPosition(term: term, index: index).text
    switch kind {
    case .command: return "\(place) \"\(String(decoding: payload, as: UTF8.self))\""
    case .empty: return place
    case .configuration:
      guard let configuration = Configuration(decoding: payload) else {
        return "\(place) unreadable"
      }
      return "\(place) \(configurationText(configuration))"
    }
  }
}

extension Message {
  var isHeartbeat: Bool {
    switch body {
    case .heartbeat(_, let round): round == 0
    case .heartbeatReply(let round): round == 0
    default: false
    }
  }

  var storyText: String {
    "\(from.rawValue) → \(to.rawValue)  term \(term.rawValue)  \(body.storyText)"
  }
}

extension Message.Body {
  fileprivate var storyText: String {
    switch self {
    case .preVote(let last): "would you vote for me? my log ends at \(last.text)"
    case .preVoteReply(let granted): granted ? "I would" : "I would not"
    case .vote(let last, let byTransfer):
      "vote for me, my log ends at \(last.text)" + (byTransfer ? ", the leader asked me" : "")
    case .voteReply(let granted, let asOf):
      (granted ? "my vote is yours" : "my vote is not yours")
        + (asOf.map { ", if your log reaches \($0.text)" } ?? "")
    case .append(let append): append.storyText
    case .appendReply(.matched(let position)): "durable up to \(position.text)"
    case .appendReply(.refused(let refused, let hint)):
      "nothing at \(refused.rawValue), try after \(hint.text)"
    case .heartbeat(let commit, let round): "I lead, commit \(commit.rawValue), round \(round)"
    case .heartbeatReply(let round): "you lead, round \(round)"
    case .snapshotChunk(let chunk):
      "snapshot at \(chunk.mark.index.rawValue), bytes \(chunk.offset)..<\(chunk.offset + UInt64(chunk.bytes.count))"
        + (chunk.isLast ? ", the last" : "")
    case .snapshotReply(let index, let received, let refused):
      refused
        ? "the snapshot at \(index.rawValue) is no good"
        : "have \(received) bytes of the snapshot at \(index.rawValue)"
    case .readIndexAsk: "where may I read?"
    case .readIndexAnswer(_, let index): index.map { "read at \($0.rawValue)" } ?? "I can't say"
    case .transfer(let last): "take over, my log ends at \(last.text)"
    case .voteFor(let successor, let last):
      "vote for \(successor.rawValue), its log ends at \(last.text)"
    }
  }
}

extension Append {
  fileprivate var storyText: String {
    let commit = ", commit \(commit.rawValue)"
    if entries.isEmpty { return "have you \(previous.text)?" + commit }
    return "after \(previous.text): " + entries.map(\.storyText).joined(separator: ", ") + commit
  }
}

extension PersistRequest {
  /// Nil where only what is no promise became durable.
  var storyText: String? {
    if let last = rows?.entries.last {
      return "durable up to \(LogPosition(term: last.term, index: last.index).text)"
    }
    guard let hardState, hardState.vote != .none else { return nil }
    return "durable: term \(hardState.term.rawValue), vote for \(hardState.vote.rawValue)"
  }
}

extension ReadAnswer {
  var storyText: String {
    switch self {
    case .readable(_, let index): "reads at \(index.rawValue), QUORUM"
    case .failed: "cannot read"
    }
  }
}

extension ProposeResult {
  var storyText: String {
    switch self {
    case .accepted(let index, let term): "makes \(LogPosition(term: term, index: index).text)"
    case .notLeader(let hint): "does not lead" + (hint.map { ", \($0.rawValue) does" } ?? "")
    case .full: "is full"
    case .transferring: "is handing over"
    case .refused(let refusal): "refuses: \(refusal.storyText)"
    }
  }
}

extension ChangeRefusal {
  fileprivate var storyText: String {
    switch self {
    case .notEstablished: "nothing of its term is committed yet"
    case .pending(let index): "the change at \(index.rawValue) is not committed yet"
    case .impossible(let error): errorText(error)
    case .notCaughtUp(let member): "\(member.rawValue) has not caught up"
    case .noMajority: "no majority of the voters that would be left was heard"
    }
  }
}

extension RaftEvent {
  /// Nil where another line says it.
  var storyText: String? {
    switch self {
    case .becameLeader(let term): "leads term \(term.rawValue)"
    case .steppedDown(let term, let reason): "steps down from term \(term.rawValue): \(reason)"
    case .leaderChanged(let term, let leader):
      leader.map { "follows \($0.rawValue) in term \(term.rawValue)" } ?? "knows no leader"
    case .startedPreVote(let term): "asks in term \(term.rawValue) who would elect it"
    case .startedElection(let term): "stands for term \(term.rawValue)"
    case .snapshotSendStarted(let to, let index):
      "sends \(to.rawValue) the snapshot at \(index.rawValue)"
    case .snapshotInstalled(let index): "goes on from the snapshot at \(index.rawValue)"
    case .entriesUnreadable(let from, let member):
      "cannot read the entries from \(from.rawValue) for \(member.rawValue)"
    case .configurationChanged(_, let configuration): "uses \(configurationText(configuration))"
    case .transferStarted(let to): "hands over to \(to.rawValue), its lease is over"
    case .transferFailed(let to): "leads on, \(to.rawValue) did not take over"
    case .leaseTooShort: "finds its lease too short"
    case .rowsMissing(let index): "lacks what it acknowledged up to \(index.rawValue)"
    case .repaired(let index): "is repaired up to \(index.rawValue)"
    }
  }
}
