internal import Primitives
internal import RaftConsensus

/// Reads `RaftMessage` and what it holds.
enum RaftMessageReader {
  static func message(
    _ bytes: UnsafeRawBufferPointer, _ limits: PeerLimits
  ) throws(PeerFrameError) -> Message {
    var (shard, from, to) = (ShardID(0), MemberID.none, MemberID.none)
    var term = Term.zero
    var body: Message.Body?
    try unsafe PeerReader.each(bytes) { (field) throws(PeerFrameError) in
      switch field.number {
      case 1: shard = try field.shard()
      case 2: from = MemberID(try field.opaque())
      case 3: to = MemberID(try field.opaque())
      case 4: term = Term(try field.number64())
      case 5...18:
        guard body == nil else { throw PeerFrameError("two bodies") }
        body = try unsafe Self.body(field.number, field.content(), limits)
      default: break
      }
    }
    guard let body, shard.rawValue > 0, from != .none, to != .none else {
      throw PeerFrameError("raft message without \(body == nil ? "body" : "address")")
    }
    return Message(shard: shard, from: from, to: to, term: term, body: body)
  }

  private static func body(
    _ number: UInt32, _ bytes: UnsafeRawBufferPointer, _ limits: PeerLimits
  ) throws(PeerFrameError) -> Message.Body {
    switch number {
    case 9: return .append(try unsafe append(bytes, limits))
    case 13: return .snapshotChunk(try unsafe chunk(bytes, limits))
    default: break
    }
    let n = try unsafe Numbers(bytes, opaque: opaqueFields(number))
    return switch number {
    case 5: .preVote(lastLog: LogPosition(term: Term(n.second), index: LogIndex(n.first)))
    case 6: .preVoteReply(granted: n.first != 0)
    case 7:
      .vote(
        lastLog: LogPosition(term: Term(n.second), index: LogIndex(n.first)),
        byTransfer: n.third != 0)
    case 8: .voteReply(granted: n.first != 0, asOf: asOf(n))
    case 10: .appendReply(reply(n))
    case 11: .heartbeat(commit: LogIndex(n.first), readRound: n.second)
    case 12: .heartbeatReply(readRound: n.first)
    case 14:
      .snapshotReply(index: LogIndex(n.first), received: n.second, refused: n.third != 0)
    case 15: .readIndexAsk(attempt: n.first)
    case 16:
      .readIndexAnswer(attempt: n.first, index: n.third != 0 ? nil : LogIndex(n.second))
    case 17: .transfer(lastLog: LogPosition(term: Term(n.second), index: LogIndex(n.first)))
    default:
      .voteFor(
        MemberID(n.third),
        lastLog: LogPosition(term: Term(n.second), index: LogIndex(n.first)))
    }
  }

  /// Rounds and attempts are names, whatever their size.
  private static func opaqueFields(_ number: UInt32) -> ClosedRange<UInt32>? {
    switch number {
    case 11: 2...2
    case 12, 15, 16: 1...1
    case 18: 3...3
    default: nil
    }
  }

  /// The first four fields of a message that has nothing but numbers.
  private struct Numbers {
    var first: UInt64 = 0
    var second: UInt64 = 0
    var third: UInt64 = 0
    var fourth: UInt64 = 0

    init(
      _ bytes: UnsafeRawBufferPointer, opaque: ClosedRange<UInt32>?
    ) throws(PeerFrameError) {
      var (a, b, c, d): (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
      try unsafe PeerReader.each(bytes) { (field) throws(PeerFrameError) in
        let isOpaque = opaque?.contains(field.number) ?? false
        let value = isOpaque ? try field.opaque() : try field.number64()
        switch field.number {
        case 1: a = value
        case 2: b = value
        case 3: c = value
        case 4: d = value
        default: break
        }
      }
      (first, second, third, fourth) = (a, b, c, d)
    }
  }

  /// A vote that was asked for has none.
  private static func asOf(_ n: Numbers) -> LogPosition? {
    n.third == 0 ? nil : LogPosition(term: Term(n.third), index: LogIndex(n.second))
  }

  private static func reply(_ n: Numbers) -> AppendReply {
    let position = LogPosition(term: Term(n.second), index: LogIndex(n.first))
    return n.third != 0
      ? .refused(refusedIndex: LogIndex(n.fourth), hint: position) : .matched(position)
  }

  private static func append(
    _ bytes: UnsafeRawBufferPointer, _ limits: PeerLimits
  ) throws(PeerFrameError) -> Append {
    var (previous, commit) = (LogPosition.zero, LogIndex.zero)
    var entries: [Entry] = []
    try unsafe PeerReader.each(bytes) { (field) throws(PeerFrameError) in
      switch field.number {
      case 1: previous.index = LogIndex(try field.number64())
      case 2: previous.term = Term(try field.number64())
      case 3:
        try PeerReader.room(entries.count, limits.entriesMax, "entries")
        entries.append(try unsafe entry(field.content()))
      case 4: commit = LogIndex(try field.number64())
      default: break
      }
    }
    for (i, entry) in entries.enumerated() {
      let before = i == 0 ? previous.term : entries[i - 1].term
      guard entry.index == previous.index.advanced(by: UInt64(i) + 1), entry.term >= before else {
        throw PeerFrameError("entry \(entry.index.rawValue) of term \(entry.term.rawValue)")
      }
    }
    return Append(previous: previous, entries: entries, commit: commit)
  }

  private static func entry(_ bytes: UnsafeRawBufferPointer) throws(PeerFrameError) -> Entry {
    var kind: EntryKind?
    var entry = Entry(term: .zero, index: .zero, kind: .empty, logTime: .zero)
    try unsafe PeerReader.each(bytes) { (field) throws(PeerFrameError) in
      switch field.number {
      case 1: entry.term = Term(try field.number64())
      case 2: entry.index = LogIndex(try field.number64())
      case 3: kind = UInt8(exactly: try field.number64()).flatMap(EntryKind.init)
      case 4: entry.logTime = LogTime(milliseconds: try field.time())
      case 5: entry.leaseMilliseconds = try field.number32()
      case 6: entry.clockRatePPM = try field.number32()
      case 7: entry.payload = unsafe [UInt8](try field.content())
      default: break
      }
    }
    guard let kind else { throw PeerFrameError("entry of no kind") }
    entry.kind = kind
    return entry
  }

  private static func chunk(
    _ bytes: UnsafeRawBufferPointer, _ limits: PeerLimits
  ) throws(PeerFrameError) -> SnapshotChunk {
    var mark: SnapshotMark?
    var (offset, part, isLast): (UInt64, [UInt8], Bool) = (0, [], false)
    try unsafe PeerReader.each(bytes) { (field) throws(PeerFrameError) in
      switch field.number {
      case 1: mark = try unsafe self.mark(field.content(), limits)
      case 2: offset = try field.number64()
      case 3: part = unsafe [UInt8](try field.content())
      case 4: isLast = try field.flag()
      default: break
      }
    }
    guard let mark else { throw PeerFrameError("chunk without a mark") }
    return SnapshotChunk(mark: mark, offset: offset, bytes: part, isLast: isLast)
  }

  private static func mark(
    _ bytes: UnsafeRawBufferPointer, _ limits: PeerLimits
  ) throws(PeerFrameError) -> SnapshotMark {
    var (index, term, logTime) = (LogIndex.zero, Term.zero, LogTime.zero)
    var configuration: Configuration?
    var lease = LeaseTerms.none
    try unsafe PeerReader.each(bytes) { (field) throws(PeerFrameError) in
      switch field.number {
      case 1: index = LogIndex(try field.number64())
      case 2: term = Term(try field.number64())
      case 3: logTime = LogTime(milliseconds: try field.time())
      case 4: configuration = try unsafe self.configuration(field.content(), limits)
      case 5: lease.milliseconds = try field.number32()
      case 6: lease.ratePPM = try field.number32()
      default: break
      }
    }
    guard let configuration else { throw PeerFrameError("mark without a configuration") }
    return SnapshotMark(
      index: index, term: term, logTime: logTime, configuration: configuration, lease: lease)
  }

  private static func configuration(
    _ bytes: UnsafeRawBufferPointer, _ limits: PeerLimits
  ) throws(PeerFrameError) -> Configuration {
    var lists: [[MemberID]] = [[], [], [], []]
    var autoLeave = false
    try unsafe PeerReader.each(bytes) { (field) throws(PeerFrameError) in
      switch field.number {
      case 1...4:
        let max = field.number <= 2 ? Configuration.votersMax : limits.learnersMax
        try members(field, max, into: &lists[Int(field.number) - 1])
      case 5: autoLeave = try field.flag()
      default: break
      }
    }
    return Configuration(
      voters: lists[0], outgoingVoters: lists[1], learners: lists[2], learnersNext: lists[3],
      autoLeave: autoLeave)
  }

  /// Packed, as proto3 writes it, or one by one.
  private static func members(
    _ field: PeerField, _ max: Int, into list: inout [MemberID]
  ) throws(PeerFrameError) {
    guard field.reader.wireType == 2 else {
      try PeerReader.room(list.count, max, "members")
      list.append(MemberID(try field.opaque()))
      return
    }
    var packed = unsafe ProtoReader(field.reader.content)
    while !packed.isAtEnd {
      let value = packed.varint()
      guard !packed.isMalformed else {
        throw PeerFrameError("members")
      }
      try PeerReader.room(list.count, max, "members")
      list.append(MemberID(value))
    }
  }
}
