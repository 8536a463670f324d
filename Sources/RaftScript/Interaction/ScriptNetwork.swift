import Primitives
import RaftConsensus

/// Messages that were sent and not delivered: in order, until the script delivers or drops them.
struct ScriptNetwork {
  private var underWay: [Message] = []

  /// A snapshot travels in one piece: what its sender offers comes with all there is to it, which is
  /// its mark, and what the receiver has of it needs no answer.
  mutating func send(_ messages: [Message]) {
    for var message in messages {
      switch message.body {
      case .snapshotChunk(var chunk):
        chunk.offset = 0
        chunk.bytes = [0]
        chunk.isLast = true
        message.body = .snapshotChunk(chunk)
      case .snapshotReply: continue
      default: break
      }
      underWay.append(message)
    }
  }

  func hasMessages(for member: MemberID) -> Bool { underWay.contains { $0.to == member } }

  /// Takes what is for a member; `kind`: only messages of that kind.
  mutating func take(for member: MemberID, kind: String? = nil) -> [Message] {
    let isMine = { (message: Message) in
      message.to == member && (kind == nil || message.body.kind == kind)
    }
    let mine = underWay.filter(isMine)
    underWay.removeAll(where: isMine)
    return mine
  }
}

extension Message.Body {
  /// The suite's name for it.
  fileprivate var kind: String {
    switch self {
    case .preVote: "MsgPreVote"
    case .preVoteReply: "MsgPreVoteResp"
    case .vote: "MsgVote"
    case .voteReply: "MsgVoteResp"
    case .append: "MsgApp"
    case .appendReply: "MsgAppResp"
    case .heartbeat: "MsgHeartbeat"
    case .heartbeatReply: "MsgHeartbeatResp"
    case .snapshotChunk: "MsgSnap"
    case .snapshotReply: "MsgSnapStatus"
    case .readIndexAsk: "MsgReadIndex"
    case .readIndexAnswer: "MsgReadIndexResp"
    case .transfer, .voteFor: "MsgTimeoutNow"
    }
  }
}
