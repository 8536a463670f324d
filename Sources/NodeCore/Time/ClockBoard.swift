import Primitives

/// What this node knows of all nodes' wall clocks (rule T2): samples that envelopes carried, aged
/// by its own monotonic clock. A sample counts as long as its age is bounded: it names a sample of
/// ours, so it is no older than the time since that one was sent.
struct ClockBoard: Sendable {
  private struct Peer: Sendable {
    var node: NodeID
    /// The newest sample that counts: what it said, when it came, and which sample of ours it
    /// names, sent when.
    var wall: Int64 = 0
    var arrived: ClockReading?
    var namedSequence: UInt64 = 0
    var namedSent: ClockReading?
    /// The newest sequence of the peer's; told to it with our next sample.
    var heard: UInt64 = 0
    /// Samples of ours that the peer may still name, oldest first.
    var sent: [(sequence: UInt64, at: ClockReading)] = []
    var lastSequence: UInt64 = 0
  }

  /// Samples to one node are at least this far apart, so that `sentMax` of them reach back
  /// further than a sample counts.
  private static let spacingNanoseconds: UInt64 = 50_000_000
  private static let sentMax = 64

  private let own: NodeID
  private let freshNanoseconds: UInt64
  private var peers: [Peer]

  init(own: NodeID, nodes: [NodeID], freshNanoseconds: UInt64) {
    self.own = own
    self.freshNanoseconds = min(freshNanoseconds, Self.spacingNanoseconds * UInt64(Self.sentMax))
    peers = nodes.filter { $0 != own }.map { Peer(node: $0) }
  }

  /// The sample to send along to `node` now, if it is time for one.
  mutating func sample(for node: NodeID, now: ClockReading) -> ClockSample? {
    guard let at = position(of: node) else { return nil }
    if let last = peers[at].sent.last, now.waited(since: last.at) < Self.spacingNanoseconds {
      return nil
    }
    peers[at].lastSequence += 1
    peers[at].sent.append((peers[at].lastSequence, now))
    if peers[at].sent.count > Self.sentMax { peers[at].sent.removeFirst() }
    return ClockSample(
      wall: now.wall, sequence: peers[at].lastSequence, heardSequence: peers[at].heard)
  }

  /// Takes a sample in. A peer that restarted counts from one again, so newer means: names a newer
  /// sample of ours.
  mutating func heard(_ sample: ClockSample, from node: NodeID, now: ClockReading) {
    guard let at = position(of: node) else { return }
    guard let sent = peers[at].sent.last(where: { $0.sequence == sample.heardSequence }) else {
      // It has not heard of us since one of us started, or it is too old to count.
      if sample.heardSequence == 0 || sample.sequence > peers[at].heard {
        peers[at].heard = sample.sequence
      }
      return
    }
    let isNewer =
      sent.sequence > peers[at].namedSequence
      || (sent.sequence == peers[at].namedSequence && sample.sequence > peers[at].heard)
    guard isNewer else { return }
    peers[at].heard = sample.sequence
    peers[at].wall = sample.wall
    peers[at].arrived = now
    peers[at].namedSequence = sent.sequence
    peers[at].namedSent = sent.at
  }

  /// The median of the voters' clocks now; nil without a fresh majority of them. Of an even
  /// number the earlier middle one: never ahead of what a majority says.
  func median(of voters: [NodeID], now: ClockReading) -> Int64? {
    var clocks: [Int64] = []
    for voter in voters {
      if let clock = clock(of: voter, now: now) { clocks.append(clock) }
    }
    guard clocks.count * 2 > voters.count else { return nil }
    clocks.sort()
    return clocks[(clocks.count - 1) / 2]
  }

  private func clock(of node: NodeID, now: ClockReading) -> Int64? {
    if node == own { return now.wall }
    guard let at = position(of: node), let arrived = peers[at].arrived,
      let namedSent = peers[at].namedSent, now.aged(since: namedSent) <= freshNanoseconds
    else { return nil }
    return peers[at].wall + Int64(clamping: now.waited(since: arrived) / 1_000_000)
  }

  private func position(of node: NodeID) -> Int? { peers.firstIndex { $0.node == node } }
}
