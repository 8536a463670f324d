import Primitives

@testable import RaftConsensus

/// One member that a test leads by the hand: what the others would say, the test says.
struct ByHand {
  var node: TestNode
  var now: UInt64 = 1_000_000_000
  /// The last turn's effects.
  private(set) var effects = RaftEffects()

  init(
    _ member: UInt64 = 1, configuration: Configuration = Configuration(voters: members(1, 2, 3)),
    settings: RaftSettings = TestCluster.settings
  ) {
    node = TestNode(
      member: MemberID(member), configuration: configuration, settings: settings, now: now, seed: 9)
  }

  /// Starts anew from a disk with these terms at 1, 2, 3, …
  mutating func restart(term: UInt64, log terms: [UInt64], commit: UInt64 = 0, flawed: Bool = false)
  {
    node.disk.rows = ByHand.entries(terms)
    node.disk.hardState = HardState(
      term: Term(term), ackedTerm: Term(terms.last ?? 0), ackedIndex: LogIndex(UInt64(terms.count)),
      commit: LogIndex(commit))
    node.lostRows = flawed
    node.restart(now: now, seed: 9)
  }

  static func entries(_ terms: [UInt64], from first: UInt64 = 1) -> [Entry] {
    terms.enumerated().map { at, term in
      Entry(
        term: Term(term), index: LogIndex(first + UInt64(at)), kind: .command,
        logTime: LogTime(milliseconds: Int64(first) + Int64(at)), payload: [UInt8(term)])
    }
  }

  var group: RaftGroup { node.group }
  var logTerms: [UInt64] {
    (0..<group.lastIndex.rawValue).map { group.term(at: LogIndex($0 + 1))?.rawValue ?? 0 }
  }

  // MARK: What happens to it

  mutating func hear(_ body: Message.Body, from: UInt64, term: UInt64, shard: UInt32 = 7) {
    node.group.step(
      Message(
        shard: ShardID(shard), from: MemberID(from), to: node.member, term: Term(term), body: body),
      now: reading(now))
  }

  /// Time passes in ticks, without a turn's end between.
  mutating func wait(milliseconds: UInt64) {
    for _ in 0..<(milliseconds / 10) {
      now += 10_000_000
      node.group.tick(now: reading(now))
    }
  }

  @discardableResult
  mutating func propose(_ byte: UInt8 = 0, logTime: Int64 = 0) -> ProposeResult {
    node.group.propose(
      payload: [byte], logTime: LogTime(milliseconds: logTime), now: reading(now))
  }

  mutating func read(_ token: UInt64) { node.group.readIndex(token: token, now: reading(now)) }

  /// Ends the turn, with the disk still at work. What is sent at once.
  @discardableResult
  mutating func turn() -> [Message] {
    effects = node.turn(now: now)
    return effects.sendNow
  }

  /// The disk finishes one write, or all. What had waited for it.
  @discardableResult
  mutating func finishWrites(_ count: Int = .max) -> [Message] {
    node.finishWrites(min(count, node.disk.waiting.count), now: now)
  }

  /// Turns and writes until nothing is left to do. All that is sent.
  @discardableResult
  mutating func settle() -> [Message] {
    var messages = turn()
    while !node.disk.waiting.isEmpty {
      messages += finishWrites()
      messages += turn()
    }
    return messages
  }

  /// Stands and wins with the votes of these members.
  mutating func win(with voters: [UInt64] = [2]) {
    standUp()
    for voter in voters {
      hear(.preVoteReply(granted: true), from: voter, term: group.term.rawValue + 1)
    }
    settle()
    for voter in voters {
      hear(.voteReply(granted: true), from: voter, term: group.term.rawValue)
    }
    settle()
  }

  /// Waits for its election timeout.
  mutating func standUp() {
    while group.role == .follower || group.role == .leader { wait(milliseconds: 10) }
  }

  /// A member acknowledges the leader's log up to `index`.
  mutating func acknowledge(_ index: UInt64, by member: UInt64) {
    guard let term = group.term(at: LogIndex(index)) else { return }
    hear(
      .appendReply(.matched(LogPosition(term: term, index: LogIndex(index)))), from: member,
      term: group.term.rawValue)
  }
}

func position(_ term: UInt64, _ index: UInt64) -> LogPosition {
  LogPosition(term: Term(term), index: LogIndex(index))
}

extension [Message] {
  var appends: [Append] {
    compactMap { if case .append(let append) = $0.body { append } else { nil } }
  }

  var grants: [MemberID] { filter { $0.body == .voteReply(granted: true) }.map(\.to) }

  var acks: [LogPosition] {
    compactMap {
      if case .appendReply(.matched(let position)) = $0.body { position } else { nil }
    }
  }

  func to(_ member: UInt64) -> [Message] { filter { $0.to == MemberID(member) } }

  /// The rounds of reads that heartbeats carried.
  var readRounds: [UInt64] {
    compactMap { if case .heartbeat(_, let round) = $0.body { round } else { nil } }
  }
}
