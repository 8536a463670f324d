import Primitives

/// A snapshot on its way to one follower: offered first, then sent chunk by chunk within a window.
/// What is lost is sent again from where the follower says it is; when it falls silent the offer is
/// repeated, so that a dead follower costs an empty message a heartbeat.
struct SnapshotTransfer: Sendable {
  let mark: SnapshotMark
  /// The follower has this much.
  private(set) var acknowledged: UInt64 = 0
  /// This much was sent.
  private(set) var sent: UInt64 = 0
  /// Where the snapshot ends, once known.
  private(set) var end: UInt64?
  private(set) var isReading = false
  private var isOffering = true
  /// An offer is to go out with the next turn.
  private var offerIsDue = true
  /// Heartbeats since the follower last moved.
  private var quietHeartbeats = 0

  /// Heartbeats without a move after which chunks are taken for lost.
  static let quietHeartbeatsMax = 6

  init(mark: SnapshotMark) { self.mark = mark }

  mutating func heartbeat() {
    quietHeartbeats += 1
    if !isOffering, quietHeartbeats >= Self.quietHeartbeatsMax { rewind(to: acknowledged) }
    if isOffering { offerIsDue = true }
  }

  /// The follower says how much it has. True the first time it answers an offer.
  mutating func answered(received: UInt64) {
    if received < acknowledged {
      // It began anew, or an old answer came late; chunks that it has already it will skip.
      acknowledged = received
      sent = received
    }
    if received > acknowledged || isOffering { quietHeartbeats = 0 }
    isOffering = false
    acknowledged = received
    sent = max(sent, received)
  }

  /// A chunk without bytes that asks how far the follower is.
  mutating func takeOffer() -> SnapshotChunk? {
    guard offerIsDue else { return nil }
    offerIsDue = false
    return SnapshotChunk(mark: mark, offset: acknowledged, bytes: [], isLast: acknowledged == end)
  }

  /// Where to read the next chunk, if one may be sent.
  mutating func takeRead(_ settings: RaftSettings) -> UInt64? {
    let window = UInt64(settings.snapshotChunkBytes * settings.snapshotChunksInFlightMax)
    guard !isOffering, !isReading, sent != end, sent - acknowledged < window else { return nil }
    isReading = true
    return sent
  }

  /// The shell read a chunk. Nil when the transfer was rewound meanwhile.
  mutating func take(_ bytes: [UInt8], at offset: UInt64, isLast: Bool) -> SnapshotChunk? {
    isReading = false
    guard offset == sent, !isOffering else { return nil }
    sent += UInt64(bytes.count)
    if isLast { end = sent }
    return SnapshotChunk(mark: mark, offset: offset, bytes: bytes, isLast: isLast)
  }

  private mutating func rewind(to offset: UInt64) {
    sent = offset
    isOffering = true
    quietHeartbeats = 0
  }
}
