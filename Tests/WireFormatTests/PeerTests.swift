import NodeCore
import Primitives
import RaftConsensus
import StockLedger
import Testing

@testable import WireFormat

/// Frames between nodes: what is written is read, by us and by protobuf-c; what no node sends is
/// refused.
@Suite struct PeerTests {
  static func message(_ body: Message.Body) -> Message {
    Message(
      shard: ShardID(3), from: MemberID(.max), to: MemberID(2), term: Term(9), body: body)
  }

  static let position = LogPosition(term: Term(8), index: LogIndex(70))

  static func entry(_ index: UInt64, _ kind: EntryKind, _ payload: [UInt8]) -> Entry {
    Entry(
      term: Term(9), index: LogIndex(index), kind: kind,
      logTime: LogTime(milliseconds: 1_700_000_000_000), leaseMilliseconds: 500,
      clockRatePPM: 2_000, payload: payload)
  }

  static let mark = SnapshotMark(
    index: LogIndex(60), term: Term(7), logTime: LogTime(milliseconds: 5),
    configuration: Configuration(
      voters: [MemberID(1), MemberID(2), MemberID(300)], outgoingVoters: [MemberID(4)],
      learners: [MemberID(5)], learnersNext: [MemberID(4)], autoLeave: true),
    lease: LeaseTerms(milliseconds: 900, ratePPM: 2_000))

  static let bodies: [Message.Body] = [
    .preVote(lastLog: position), .preVoteReply(granted: true), .vote(lastLog: position),
    .vote(lastLog: position, byTransfer: true), .transfer(lastLog: position),
    .voteReply(granted: false),
    .voteReply(granted: true, asOf: LogPosition(term: Term(3), index: LogIndex(9))),
    .voteFor(MemberID(.max), lastLog: LogPosition(term: Term(3), index: LogIndex(9))),
    .append(
      Append(
        previous: position,
        entries: [
          entry(71, .empty, []), entry(72, .command, [UInt8](repeating: 7, count: 200_000)),
          entry(73, .configuration, [1]),
        ], commit: LogIndex(69))),
    .append(Append(previous: .zero, entries: [], commit: .zero)),
    .appendReply(.matched(position)),
    .appendReply(.refused(refusedIndex: LogIndex(75), hint: position)),
    .heartbeat(commit: LogIndex(70), readRound: .max), .heartbeatReply(readRound: .max),
    .snapshotChunk(SnapshotChunk(mark: mark, offset: 1 << 40, bytes: [1, 2, 3], isLast: true)),
    .snapshotReply(index: LogIndex(60), received: 1 << 41, refused: true),
    .readIndexAsk(attempt: .max), .readIndexAnswer(attempt: .max, index: LogIndex(70)),
    .readIndexAnswer(attempt: 0, index: nil),
  ]

  static func frame() -> PeerFrame {
    var frame = PeerFrame(from: NodeID(1), to: NodeID(2))
    frame.envelope.messages = bodies.map(message)
    if case .append(var append) = bodies[4] {
      append.entries[1].payload = [1, 2, 3]
      frame.envelope.messages[4].body = .append(append)
    }
    frame.envelope.clock = ClockSample(wall: 1_700_000_000_000, sequence: 4, heardSequence: 3)
    frame.envelope.catalogPushes = [
      CatalogPush(
        shard: ShardID(3), term: Term(2), fromVersion: 5, toVersion: 8, items: [9, 8, 7])
    ]
    frame.envelope.catalogAcks = [CatalogAck(shard: ShardID(4), version: 8)]
    frame.envelope.appliedDigests = [
      AppliedDigest(
        shard: ShardID(3), member: MemberID(2), index: LogIndex(64),
        digest: Hash128(high: 1, low: .max))
    ]
    frame.envelope.rules = .second
    return frame
  }

  static func read(_ bytes: [UInt8], _ limits: PeerLimits = PeerLimits()) throws -> PeerFrame {
    try unsafe bytes.withUnsafeBytes { try unsafe PeerFrame(decoding: $0, limits: limits) }
  }

  @Test func aFrameIsReadAsItWasWritten() throws {
    let frame = Self.frame()
    let read = try Self.read(frame.encoded())
    #expect(read.from == frame.from && read.to == frame.to)
    #expect(read.envelope.messages == frame.envelope.messages)
    #expect(read.envelope.clock == frame.envelope.clock)
    #expect(read.envelope.catalogPushes == frame.envelope.catalogPushes)
    #expect(read.envelope.catalogAcks == frame.envelope.catalogAcks)
    #expect(read.envelope.appliedDigests == frame.envelope.appliedDigests)
    #expect(read.envelope.rules == .second)
  }

  @Test(arguments: bodies)
  func everyMessageIsReadAsItWasWritten(_ body: Message.Body) throws {
    var frame = PeerFrame(from: NodeID(1), to: NodeID(2))
    frame.envelope.messages = [Self.message(body)]
    #expect(try Self.read(frame.encoded()).envelope.messages == frame.envelope.messages)
  }

  /// As many nodes may learn a group as a configuration takes.
  @Test func aSnapshotOfAGroupThatManyLearnIsRead() throws {
    func frame(learners: Int) -> PeerFrame {
      var mark = Self.mark
      mark.configuration = Configuration(
        voters: [MemberID(1)], learners: (2..<2 + learners).map { MemberID(UInt64($0)) })
      var frame = PeerFrame(from: NodeID(1), to: NodeID(2))
      frame.envelope.messages = [
        Self.message(
          .snapshotChunk(SnapshotChunk(mark: mark, offset: 0, bytes: [1], isLast: true)))
      ]
      return frame
    }
    let most = frame(learners: Configuration.learnersMax)
    #expect(try Self.read(most.encoded()).envelope.messages == most.envelope.messages)
    let more = frame(learners: Configuration.learnersMax + 1)
    #expect(throws: PeerFrameError.self) { try Self.read(more.encoded()) }
  }

  @Test func protobufReadsTheSame() throws {
    var frame = PeerFrame(from: NodeID(1), to: NodeID(2))
    frame.envelope.messages = [
      Self.message(
        .append(
          Append(
            previous: Self.position, entries: [Self.entry(71, .command, [255])],
            commit: LogIndex(69)))),
      Self.message(
        .snapshotChunk(SnapshotChunk(mark: Self.mark, offset: 0, bytes: [1], isLast: false))),
    ]
    let head = #""shard":3,"from":"18446744073709551615","to":"2","term":"9","#
    #expect(
      protoJSON(frame.encoded(), "holdfast.peer.v1.ExchangeRequest")
        == #"{"envelope":{"from":"1","to":"2","messages":[{"# + head
        + #""append":{"previousIndex":"70","previousTerm":"8","entries":[{"term":"9","#
        + #""index":"71","kind":"ENTRY_KIND_COMMAND","logTime":"1700000000000","#
        + #""leaseMilliseconds":500,"clockRatePpm":2000,"payload":"/w=="}],"commit":"69"}},{"#
        + head
        + #""snapshotChunk":{"mark":{"index":"60","term":"7","logTime":"5","configuration":"#
        + #"{"voters":["1","2","300"],"outgoingVoters":["4"],"learners":["5"],"#
        + #""learnersNext":["4"],"autoLeave":true},"leaseMilliseconds":900,"clockRatePpm":2000},"bytes":"AQ=="}}]}}"#
    )
  }

  static func refusedFrame(_ change: (inout PeerFrame) -> Void) -> PeerFrameError? {
    var frame = Self.frame()
    change(&frame)
    do {
      _ = try read(frame.encoded())
      return nil
    } catch { return error as? PeerFrameError }
  }

  static func append(_ entries: [Entry], previous: LogPosition = position) -> Message {
    message(.append(Append(previous: previous, entries: entries, commit: .zero)))
  }

  @Test func whatNoNodeSendsIsRefused() {
    #expect(Self.refusedFrame { _ in } == nil)
    let huge = LogIndex(1 << 62 + 1)
    let wrong: [Message] = [
      Self.append([Self.entry(72, .command, [])]),
      Self.append([Self.entry(71, .command, []), Self.entry(73, .command, [])]),
      Self.append(
        [Self.entry(71, .command, [])], previous: LogPosition(term: Term(10), index: LogIndex(70))),
      Self.append([], previous: LogPosition(term: Term(1), index: huge)),
      Self.message(.heartbeat(commit: LogIndex(.max), readRound: 0)),
      Self.message(.vote(lastLog: LogPosition(term: Term(.max), index: .zero))),
      Message(
        shard: ShardID(0), from: MemberID(1), to: MemberID(2), term: Term(1),
        body: .voteReply(granted: true)),
      Message(
        shard: ShardID(3), from: .none, to: MemberID(2), term: Term(1),
        body: .voteReply(granted: true)),
    ]
    for message in wrong {
      #expect(Self.refusedFrame { $0.envelope.messages = [message] } != nil, "\(message)")
    }
    let past = Entry(
      term: Term(9), index: LogIndex(71), kind: .empty, logTime: LogTime(milliseconds: -1))
    #expect(Self.refusedFrame { $0.envelope.messages = [Self.append([past])] } != nil)
  }

  @Test func tooMuchIsRefused() {
    var limits = PeerLimits()
    limits.messagesMax = 2
    #expect(throws: PeerFrameError.self) { try Self.read(Self.frame().encoded(), limits) }
    limits = PeerLimits()
    limits.entriesMax = 2
    #expect(throws: PeerFrameError.self) { try Self.read(Self.frame().encoded(), limits) }
    limits = PeerLimits()
    limits.frameBytesMax = 100
    #expect(throws: PeerFrameError.self) { try Self.read(Self.frame().encoded(), limits) }
    limits = PeerLimits()
    limits.learnersMax = 0
    #expect(throws: PeerFrameError.self) { try Self.read(Self.frame().encoded(), limits) }
  }

  /// A configuration with more voters than a core takes would trap there; it doesn't get so far.
  @Test func tooManyVotersAreRefused() {
    var writer = ProtoWriter()
    let marks = [1, 3].map { writer.beginWide($0) }
    writer.put(1, UInt64(3))
    writer.put(2, UInt64(1))
    writer.put(3, UInt64(2))
    let chunk = writer.beginWide(13)
    let mark = writer.beginWide(1)
    let configuration = writer.beginWide(4)
    for voter in 1...16 { writer.put(1, UInt64(voter)) }
    for open in [configuration, mark, chunk, marks[1], marks[0]] { writer.endWide(open) }
    #expect(throws: PeerFrameError("more than 15 members")) { try Self.read(writer.bytes) }
  }

  @Test func aDigestIsSixteenBytes() {
    let hash = Hash128(high: 0x0102_0304_0506_0708, low: 0x090A_0B0C_0D0E_0F10)
    #expect(hash.wireBytes == Array(1...16))
    #expect(Hash128(wireBytes: hash.wireBytes) == hash)
    #expect(Hash128(wireBytes: [1, 2, 3]) == nil)
  }
}
