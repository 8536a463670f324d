import NodeCore
import Primitives
import RaftConsensus

// What is looked at in each message when it leaves its node: what a member promises with it stands on
// its disk, and contradicts nothing that it promised before. So a broken promise is found where it is
// given, and not only when the rare run comes in which somebody is hurt by it.

extension Simulation {
  func check(_ message: Message, from at: Int) {
    switch message.body {
    case .vote(let lastLog, _):
      let place = checks.place(message.shard)
      checks.shards[place].candidates[sender(of: message)] = lastLog
      checkVote(message, for: message.from, at)
    case .voteReply(granted: true, let asOf):
      checkVote(message, for: message.to, at)
      if let asOf { checkReach(asOf, message, at) }
    case .appendReply(.matched(let position)): checkAcknowledgement(message, of: position, at)
    case .append, .heartbeat: checkSender(message)
    case .transfer(let lastLog), .voteFor(_, let lastLog):
      checkHandingOver(message, lastLog, at)
    case .preVote, .preVoteReply(granted: true), .heartbeatReply: checkFit(message, at)
    case .preVoteReply, .voteReply, .appendReply, .snapshotChunk, .snapshotReply, .readIndexAsk,
      .readIndexAnswer:
      break
    }
  }

  private func sender(of message: Message) -> ShardTrack.MemberInTerm {
    ShardTrack.MemberInTerm(member: message.from, term: message.term)
  }

  private func words(_ message: Message, _ at: Int) -> String {
    "node \(at + 1), shard \(message.shard.rawValue), term \(message.term.rawValue)"
  }

  // MARK: Votes

  /// One vote a term (Raft paper, section 5.2), that is durable (rule C2).
  private func checkVote(_ message: Message, for candidate: MemberID, _ at: Int) {
    checkFit(message, at)
    let place = checks.place(message.shard)
    let voter = sender(of: message)
    let before = checks.shards[place].votes.updateValue(candidate, forKey: voter)
    if let before, before != candidate {
      fail("C2", "\(words(message, at)): votes for \(candidate) and for \(before)")
    }
    guard let file = nodes[at].disk.file(of: message.shard) else { return }
    let hard = nodes[at].disk.files[file].hardState
    if hard.term < message.term || (hard.term == message.term && hard.vote != candidate) {
      fail("C2", "\(words(message, at)): promises a vote that is not on its disk")
    }
  }

  /// A vote on the leader's word is for a log that has all of the voter's (rule C3).
  private func checkReach(_ asOf: LogPosition, _ message: Message, _ at: Int) {
    guard let group = group(message.shard, at) else { return }
    let glance = nodes[at].core!.glance(group)
    // Who has a leader in that term by now may have more.
    guard glance.term == message.term, glance.leader == nil, glance.last > asOf.index else {
      return
    }
    fail("C3", "\(words(message, at)): votes for a log up to \(asOf), its own goes further")
  }

  // MARK: Acknowledgements

  /// What is acknowledged is on the disk (rule C2), unless the member has moved on to a later term,
  /// whose leader may have put something else in its place.
  private func checkAcknowledgement(_ message: Message, of position: LogPosition, _ at: Int) {
    checkFit(message, at)
    guard position.index > .zero,
      !nodes[at].disk.holds(position.index, term: position.term, of: message.shard),
      let group = group(message.shard, at),
      nodes[at].core!.glance(group).term == message.term,
      !isPromised(position, message.shard, group, at)
    else { return }
    fail("C2", "\(words(message, at)): acknowledges \(position), which is not on its disk")
  }

  /// The rows went while this word was on its way, and the member is out of service. So it would be
  /// after a restart: by its hard state it takes no part before it has as much again (rule C9).
  private func isPromised(
    _ position: LogPosition, _ shard: ShardID, _ group: Int, _ at: Int
  ) -> Bool {
    guard let file = nodes[at].disk.file(of: shard), !nodes[at].core!.glance(group).isInService
    else { return false }
    let hard = nodes[at].disk.files[file].hardState
    let promise = LogPosition(term: hard.ackedTerm, index: hard.ackedIndex)
    return promise >= position && nodes[at].disk.files[file].last < promise
  }

  /// A member that lost what it once acknowledged promises nothing (rule C9).
  private func checkFit(_ message: Message, _ at: Int) {
    guard nodes[at].unfit.contains(where: { $0.shard == message.shard }) else { return }
    fail("C9", "\(words(message, at)): lost rows that it acknowledged, and says \(message.body)")
  }

  /// Back in service: everything that it ever acknowledged is on its disk again.
  func checkRepaired(_ shard: ShardID, _ at: Int) {
    guard let place = nodes[at].unfit.firstIndex(where: { $0.shard == shard }) else { return }
    let promised = nodes[at].unfit.remove(at: place).promised
    guard let file = nodes[at].disk.file(of: shard) else { return }
    let last = nodes[at].disk.files[file].last
    if last < promised {
      fail(
        "C9",
        "node \(at + 1) is back in shard \(shard.rawValue) with a log up to \(last), and once "
          + "acknowledged \(promised)")
    }
  }

  /// Term and vote only go forward on a disk: a vote that was given stays for its term (rule C2).
  func checkHardState(_ write: LaneWrite, on at: Int) {
    guard let new = write.hardState, let file = nodes[at].disk.file(of: write.shard) else { return }
    let old = nodes[at].disk.files[file].hardState
    if new.term < old.term || (new.term == old.term && old.vote != .none && new.vote != old.vote) {
      fail(
        "C2",
        "node \(at + 1), shard \(write.shard.rawValue): vote for \(old.vote) in term "
          + "\(old.term.rawValue) becomes one for \(new.vote) in term \(new.term.rawValue)")
    }
  }

  // MARK: Leaders

  /// One node sends entries in a term (hashicorp/raft holds its transports to the same).
  private func checkSender(_ message: Message) {
    let place = checks.place(message.shard)
    if let known = checks.shards[place].senders[message.term] {
      guard known != message.from else { return }
      fail(
        "C1",
        "members \(known) and \(message.from) both send entries of shard "
          + "\(message.shard.rawValue) in term \(message.term.rawValue)")
    } else {
      checks.shards[place].senders[message.term] = message.from
    }
  }

  /// Only a leader that has committed in its own term lets go of its lead, and makes nothing more
  /// (rule L7).
  private func checkHandingOver(_ message: Message, _ lastLog: LogPosition, _ at: Int) {
    let place = checks.place(message.shard)
    checks.shards[place].handedOver.append(lastLog)
    guard let group = group(message.shard, at) else { return }
    let glance = nodes[at].core!.glance(group)
    // A leader that is removed says so with its last word, and follows by then.
    let hasCommitted = checks.shards[place].commits.contains { $0.term == message.term }
    if glance.term != message.term || !hasCommitted || glance.last != lastLog.index {
      fail(
        "L7",
        "\(words(message, at)): hands its lead over at \(lastLog), and is \(glance)")
    }
  }
}
