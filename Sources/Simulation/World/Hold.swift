import RaftConsensus

/// What a message is, for faults that tell them apart.
enum MessageKind: UInt64, CaseIterable, Sendable {
  case vote, voteReply, append, appendReply, heartbeat, heartbeatReply, snapshot, readAsk,
    readAnswer, transfer
}

extension Message {
  var kind: MessageKind {
    switch body {
    case .vote, .preVote: .vote
    case .voteReply, .preVoteReply: .voteReply
    case .append: .append
    case .appendReply: .appendReply
    case .heartbeat: .heartbeat
    case .heartbeatReply: .heartbeatReply
    case .snapshotChunk, .snapshotReply: .snapshot
    case .readIndexAsk: .readAsk
    case .readIndexAnswer: .readAnswer
    case .transfer, .voteFor: .transfer
    }
  }
}

/// Messages of one kind wait for up to `longest` nanoseconds, each for its own time, so that others
/// which were sent later overtake them.
struct Hold: Sendable {
  var kind: MessageKind
  /// Of this node only, or to it.
  var from: Int?
  var to: Int?
  var longest: UInt64

  init(_ kind: MessageKind, from: Int? = nil, to: Int? = nil, longest: UInt64) {
    self.kind = kind
    self.from = from
    self.to = to
    self.longest = longest
  }

  init(drawn number: UInt64) {
    let all = MessageKind.allCases
    self.init(
      all[Int(number % UInt64(all.count))], longest: 50_000_000 + (number >> 20) % 1_500_000_000)
  }
}
