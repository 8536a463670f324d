internal import NodeCore
internal import Primitives
internal import RaftConsensus
internal import StockLedger

// Bytes from a peer are as hostile as any: everything is counted before it is kept, and numbers
// that would overflow in arithmetic further down are refused here.

/// A frame that no node of ours sends.
package struct PeerFrameError: Error, Sendable, Equatable {
  package var what: String
  init(_ what: String) { self.what = what }
}

extension PeerFrame {
  /// Reads an `ExchangeRequest` or an `ExchangeResponse`.
  package init(
    decoding bytes: UnsafeRawBufferPointer, limits: PeerLimits = PeerLimits()
  ) throws(PeerFrameError) {
    guard bytes.count <= limits.frameBytesMax else {
      throw PeerFrameError("frame of \(bytes.count) bytes")
    }
    var frame: PeerFrame?
    try unsafe PeerReader.each(bytes) { (field) throws(PeerFrameError) in
      guard field.number == 1, frame == nil else { throw PeerFrameError("exchange") }
      frame = try unsafe Self.envelope(field.content(), limits)
    }
    guard let frame else { throw PeerFrameError("no envelope") }
    self = frame
  }

  private static func envelope(
    _ bytes: UnsafeRawBufferPointer, _ limits: PeerLimits
  ) throws(PeerFrameError) -> PeerFrame {
    var frame = PeerFrame(from: .none, to: .none)
    try unsafe PeerReader.each(bytes) { (field) throws(PeerFrameError) in
      switch field.number {
      case 1: frame.from = NodeID(try field.opaque())
      case 2: frame.to = NodeID(try field.opaque())
      case 3:
        try PeerReader.room(frame.envelope.messages.count, limits.messagesMax, "messages")
        frame.envelope.messages.append(
          try unsafe RaftMessageReader.message(field.content(), limits))
      case 4: frame.envelope.clock = try unsafe clock(field.content())
      case 5:
        try PeerReader.room(frame.envelope.catalogPushes.count, limits.catalogPushesMax, "pushes")
        frame.envelope.catalogPushes.append(try unsafe push(field.content()))
      case 6:
        try PeerReader.room(frame.envelope.catalogAcks.count, limits.catalogAcksMax, "acks")
        frame.envelope.catalogAcks.append(try unsafe ack(field.content()))
      case 7:
        try PeerReader.room(frame.envelope.appliedDigests.count, limits.digestsMax, "digests")
        frame.envelope.appliedDigests.append(try unsafe digest(field.content()))
      case 8: frame.envelope.rules = RulesVersion(rawValue: UInt16(clamping: try field.number64()))
      default: break
      }
    }
    return frame
  }

  private static func clock(
    _ bytes: UnsafeRawBufferPointer
  ) throws(PeerFrameError) -> ClockSample {
    var clock = ClockSample(wall: 0, sequence: 0, heardSequence: 0)
    try unsafe PeerReader.each(bytes) { (field) throws(PeerFrameError) in
      switch field.number {
      case 1: clock.wall = try field.time()
      case 2: clock.sequence = try field.number64()
      case 3: clock.heardSequence = try field.number64()
      default: break
      }
    }
    return clock
  }

  private static func push(_ bytes: UnsafeRawBufferPointer) throws(PeerFrameError) -> CatalogPush {
    var push = CatalogPush(
      shard: ShardID(0), term: .zero, fromVersion: 0, toVersion: 0, items: [])
    try unsafe PeerReader.each(bytes) { (field) throws(PeerFrameError) in
      switch field.number {
      case 1: push.shard = try field.shard()
      case 2: push.term = Term(try field.number64())
      case 3: push.fromVersion = try field.number64()
      case 4: push.toVersion = try field.number64()
      case 5: push.items = unsafe [UInt8](try field.content())
      default: break
      }
    }
    return push
  }

  private static func ack(_ bytes: UnsafeRawBufferPointer) throws(PeerFrameError) -> CatalogAck {
    var ack = CatalogAck(shard: ShardID(0), version: 0)
    try unsafe PeerReader.each(bytes) { (field) throws(PeerFrameError) in
      switch field.number {
      case 1: ack.shard = try field.shard()
      case 2: ack.version = try field.number64()
      default: break
      }
    }
    return ack
  }

  private static func digest(
    _ bytes: UnsafeRawBufferPointer
  ) throws(PeerFrameError) -> AppliedDigest {
    var digest = AppliedDigest(shard: ShardID(0), member: .none, index: .zero, digest: .zero)
    var isThere = false
    try unsafe PeerReader.each(bytes) { (field) throws(PeerFrameError) in
      switch field.number {
      case 1: digest.shard = try field.shard()
      case 2: digest.member = MemberID(try field.opaque())
      case 3: digest.index = LogIndex(try field.number64())
      case 4:
        guard let hash = unsafe Hash128(wireBytes: try field.content()) else {
          throw PeerFrameError("digest")
        }
        digest.digest = hash
        isThere = true
      default: break
      }
    }
    guard isThere else { throw PeerFrameError("no digest") }
    return digest
  }
}
