internal import NodeCore
internal import Primitives
internal import RaftConsensus
internal import StockLedger

// Frames are written for every turn and may be large, so lengths take four bytes in advance and
// nothing moves afterwards.

extension PeerFrame {
  /// Appends an `ExchangeRequest`, which an `ExchangeResponse` equals byte for byte.
  package func append(to out: inout [UInt8]) {
    var writer = ProtoWriter(capacity: roughSize)
    let exchange = writer.beginWide(1)
    writer.put(1, from.rawValue)
    writer.put(2, to.rawValue)
    for message in envelope.messages { writer.raft(3, message) }
    if let clock = envelope.clock { writer.clock(4, clock) }
    for push in envelope.catalogPushes { writer.push(5, push) }
    for ack in envelope.catalogAcks { writer.ack(6, ack) }
    for digest in envelope.appliedDigests { writer.digest(7, digest) }
    if let rules = envelope.rules { writer.put(8, UInt64(rules.rawValue)) }
    writer.endWide(exchange)
    writer.appendAll(to: &out)
  }

  /// About what the frame takes, so that a large one isn't moved while it grows.
  private var roughSize: Int {
    var size = 256 + 64 * envelope.messages.count
    for message in envelope.messages {
      if case .append(let append) = message.body {
        for entry in append.entries { size += 64 + entry.payload.count }
      }
      if case .snapshotChunk(let chunk) = message.body { size += 256 + chunk.bytes.count }
    }
    for push in envelope.catalogPushes { size += 64 + push.items.count }
    return size
  }

  package func encoded() -> [UInt8] {
    var bytes: [UInt8] = []
    append(to: &bytes)
    return bytes
  }
}

extension ProtoWriter {
  /// Starts a message field whose length takes four bytes; the result goes to `endWide`.
  mutating func beginWide(_ field: UInt32) -> Int {
    tag(field, 2)
    for _ in 0..<4 { byte(0) }
    return count
  }

  /// Completes it with a padded varint, which every reader of protobuf takes.
  mutating func endWide(_ mark: Int) {
    let length = count - mark
    precondition(length < 1 << 28, "message of \(length) bytes")
    for i in 0..<4 {
      let bits = UInt8(truncatingIfNeeded: length >> (7 * i)) & 0x7F
      patch(i < 3 ? bits | 0x80 : bits, at: mark - 4 + i)
    }
  }

  fileprivate mutating func raft(_ field: UInt32, _ message: Message) {
    let mark = beginWide(field)
    put(1, UInt64(message.shard.rawValue))
    put(2, message.from.rawValue)
    put(3, message.to.rawValue)
    put(4, message.term.rawValue)
    body(message.body)
    endWide(mark)
  }

  private mutating func body(_ body: Message.Body) {
    switch body {
    case .preVote(let last): vote(5, last)
    case .preVoteReply(let granted): small(6) { $0.put(1, granted) }
    case .vote(let last, let byTransfer): vote(7, last, byTransfer: byTransfer)
    case .voteReply(let granted, let asOf):
      small(8) {
        $0.put(1, granted)
        $0.put(2, asOf?.index.rawValue ?? 0)
        $0.put(3, asOf?.term.rawValue ?? 0)
      }
    case .append(let append): self.append(9, append)
    case .appendReply(let reply): self.reply(10, reply)
    case .heartbeat(let commit, let readRound):
      small(11) {
        $0.put(1, commit.rawValue)
        $0.put(2, readRound)
      }
    case .heartbeatReply(let readRound): small(12) { $0.put(1, readRound) }
    case .snapshotChunk(let chunk): self.chunk(13, chunk)
    case .snapshotReply(let index, let received, let refused):
      small(14) {
        $0.put(1, index.rawValue)
        $0.put(2, received)
        $0.put(3, refused)
      }
    case .readIndexAsk(let attempt): small(15) { $0.put(1, attempt) }
    case .readIndexAnswer(let attempt, let index):
      small(16) {
        $0.put(1, attempt)
        $0.put(2, index?.rawValue ?? 0)
        $0.put(3, index == nil)
      }
    case .transfer(let last): vote(17, last)
    case .voteFor(let successor, let last):
      small(18) {
        $0.put(1, last.index.rawValue)
        $0.put(2, last.term.rawValue)
        $0.put(3, successor.rawValue)
      }
    }
  }

  private mutating func small(_ field: UInt32, _ content: (inout ProtoWriter) -> Void) {
    let mark = begin(field)
    content(&self)
    end(mark)
  }

  private mutating func vote(_ field: UInt32, _ last: LogPosition, byTransfer: Bool = false) {
    small(field) {
      $0.put(1, last.index.rawValue)
      $0.put(2, last.term.rawValue)
      $0.put(3, byTransfer)
    }
  }

  private mutating func append(_ field: UInt32, _ append: Append) {
    let mark = beginWide(field)
    put(1, append.previous.index.rawValue)
    put(2, append.previous.term.rawValue)
    for entry in append.entries { self.entry(3, entry) }
    put(4, append.commit.rawValue)
    endWide(mark)
  }

  private mutating func entry(_ field: UInt32, _ entry: Entry) {
    let mark = beginWide(field)
    put(1, entry.term.rawValue)
    put(2, entry.index.rawValue)
    put(3, UInt64(entry.kind.rawValue))
    put(4, entry.logTime.milliseconds)
    put(5, UInt64(entry.leaseMilliseconds))
    put(6, UInt64(entry.clockRatePPM))
    put(7, entry.payload)
    endWide(mark)
  }

  private mutating func reply(_ field: UInt32, _ reply: AppendReply) {
    small(field) {
      switch reply {
      case .matched(let position):
        $0.put(1, position.index.rawValue)
        $0.put(2, position.term.rawValue)
      case .refused(let refusedIndex, let hint):
        $0.put(1, hint.index.rawValue)
        $0.put(2, hint.term.rawValue)
        $0.put(3, true)
        $0.put(4, refusedIndex.rawValue)
      }
    }
  }

  private mutating func chunk(_ field: UInt32, _ chunk: SnapshotChunk) {
    let mark = beginWide(field)
    small(1) { $0.mark(chunk.mark) }
    put(2, chunk.offset)
    put(3, chunk.bytes)
    put(4, chunk.isLast)
    endWide(mark)
  }

  private mutating func mark(_ mark: SnapshotMark) {
    put(1, mark.index.rawValue)
    put(2, mark.term.rawValue)
    put(3, mark.logTime.milliseconds)
    small(4) { $0.configuration(mark.configuration) }
    put(5, UInt64(mark.lease.milliseconds))
    put(6, UInt64(mark.lease.ratePPM))
  }

  private mutating func configuration(_ configuration: Configuration) {
    members(1, configuration.voters)
    members(2, configuration.outgoingVoters)
    members(3, configuration.learners)
    members(4, configuration.learnersNext)
    put(5, configuration.autoLeave)
  }

  /// A packed repeated uint64.
  private mutating func members(_ field: UInt32, _ members: [MemberID]) {
    guard !members.isEmpty else { return }
    small(field) { for member in members { $0.varint(member.rawValue) } }
  }

  fileprivate mutating func clock(_ field: UInt32, _ clock: ClockSample) {
    small(field) {
      $0.put(1, clock.wall)
      $0.put(2, clock.sequence)
      $0.put(3, clock.heardSequence)
    }
  }

  fileprivate mutating func push(_ field: UInt32, _ push: CatalogPush) {
    let mark = beginWide(field)
    put(1, UInt64(push.shard.rawValue))
    put(2, push.term.rawValue)
    put(3, push.fromVersion)
    put(4, push.toVersion)
    put(5, push.items)
    endWide(mark)
  }

  fileprivate mutating func ack(_ field: UInt32, _ ack: CatalogAck) {
    small(field) {
      $0.put(1, UInt64(ack.shard.rawValue))
      $0.put(2, ack.version)
    }
  }

  fileprivate mutating func digest(_ field: UInt32, _ digest: AppliedDigest) {
    small(field) {
      $0.put(1, UInt64(digest.shard.rawValue))
      $0.put(2, digest.member.rawValue)
      $0.put(3, digest.index.rawValue)
      $0.put(4, digest.digest.wireBytes)
    }
  }
}
