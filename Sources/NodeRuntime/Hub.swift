// What the lanes, dispatchers and links of one node know of each other. Everything that crosses
// from one event loop to another crosses here, at most one hop per loop and turn.

import Dispatch
import GRPCTransport
import NIOConcurrencyHelpers
import NIOCore
import NodeCore
import Primitives
import RaftConsensus
import WireFormat

/// Set up once before anything runs, unchanging afterwards.
final class Hub: @unchecked Sendable {  // written before the loops start, read-only after
  let settings: RuntimeSettings
  let events: EventLog
  var lanes: [Lane] = []
  /// One per lane, on the lane's loop.
  var dispatchers: [Dispatcher] = []
  /// In order of node; they live on lane 0's loop.
  var links: [PeerLink] = []

  let introductions: Introductions
  let disk: DiskGauge
  /// Where the disks are looked at, one look after the other.
  let diskQueue = DispatchQueue(label: "holdfast.disk")
  /// One per lane.
  let storageMetrics: [StorageMetrics]

  let startedAt = SystemClock.now()

  init(settings: RuntimeSettings, events: EventLog, introductions: Introductions) {
    self.introductions = introductions
    var settings = settings
    // The cores are told the same: whoever asks either finds the same lane for a shard.
    settings.core.lanes = settings.lanes
    self.settings = settings
    self.events = events
    storageMetrics = (0..<settings.lanes).map { StorageMetrics(lane: $0, settings) }
    disk = DiskGauge(freeBytesMin: settings.freeBytesMin)
  }

  /// Dispatchers come one per loop, in any order, before the first listener opens.
  func add(_ dispatcher: Dispatcher) {
    lock.withLock {
      dispatchers.append(dispatcher)
      dispatchers.sort { $0.index < $1.index }
    }
  }

  private let lock = NIOLock()

  func lane(of shard: ShardID) -> Lane { lanes[settings.core.lane(of: shard)] }

  func link(to node: NodeID) -> PeerLink? { links.first { $0.node == node } }

  func seat(_ node: NodeID) -> NodeSeat? { settings.core.nodes.first { $0.id == node } }

  // Between nodes.

  func send(_ outgoing: Outgoing, from lane: Lane) {
    if outgoing.to == settings.core.node {
      return receive(outgoing.envelope, from: outgoing.to, on: lane)
    }
    guard let link = link(to: outgoing.to) else { return }
    onLoop(of: link, from: lane.loop) {
      link.send(outgoing.envelope)
      self.flushLinksSoon()
    }
  }

  /// Gives an envelope to the lanes that its groups belong to.
  func receive(_ envelope: PeerEnvelope, from node: NodeID, on lane: Lane) {
    guard lanes.count > 1 else { return lane.receive(envelope, from: node) }
    for (number, part) in envelope.split(lanes: lanes.count, by: settings.core.lane(of:)) {
      let target = lanes[number]
      if target === lane {
        target.receive(part, from: node)
      } else {
        target.loop.execute { target.receive(part, from: node) }
      }
    }
  }

  private var flushIsDue = false

  private func flushLinksSoon() {
    guard !flushIsDue else { return }
    flushIsDue = true
    lanes[0].loop.assumeIsolated().execute { [self] in
      flushIsDue = false
      for link in links { link.flush() }
    }
  }

  private func onLoop(
    of link: PeerLink, from loop: any EventLoop, _ body: @escaping @Sendable () -> Void
  ) {
    if link.channel.eventLoop === loop { body() } else { link.channel.eventLoop.execute(body) }
  }

  // Between a lane and the callers' loops.

  func deliver(_ group: ReplyGroup, from lane: Lane) {
    guard lanes.count > 1 else { return dispatchers[0].deliver(group) }
    for (loop, part) in group.split(lanes: lanes.count) {
      let dispatcher = dispatchers[loop]
      hop(from: lane, to: loop) { dispatcher.deliver(part) }
    }
  }

  func deliver(_ refused: Refused, from lane: Lane) {
    let loop = CallTable.loop(of: refused.token)
    let dispatcher = dispatchers[loop]
    hop(from: lane, to: loop) { dispatcher.deliver(refused) }
  }

  /// Runs on the loop of a dispatcher, at once if that is the lane's own.
  func hop(from lane: Lane, to loop: Int, _ body: @escaping @Sendable () -> Void) {
    if loop == lane.index { body() } else { lanes[loop].loop.execute(body) }
  }

  func flush(from lane: Lane) {
    for loop in lanes.indices {
      let dispatcher = dispatchers[loop]
      hop(from: lane, to: loop) { dispatcher.flush() }
    }
  }
}

extension ReplyGroup {
  /// The group's parts by the loops that their callers live on.
  fileprivate func split(lanes: Int) -> [(Int, ReplyGroup)] {
    var parts: [(Int, ReplyGroup)] = []
    var offset = 0
    for token in tokens {
      let length = unsafe outcomes.withUnsafeBytes {
        unsafe Int(UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
      }
      let record = outcomes[offset..<(offset + 4 + length)]
      offset += 4 + length
      let loop = CallTable.loop(of: token)
      if let known = parts.firstIndex(where: { $0.0 == loop }) {
        parts[known].1.tokens.append(token)
        parts[known].1.outcomes.append(contentsOf: record)
      } else {
        var part = self
        part.tokens = [token]
        part.outcomes = Array(record)
        parts.append((loop, part))
      }
    }
    return parts
  }
}

extension PeerEnvelope {
  /// The envelope's parts by the lanes that own their groups; the clock goes to every lane.
  fileprivate func split(lanes: Int, by lane: (ShardID) -> Int) -> [(Int, PeerEnvelope)] {
    var parts = [PeerEnvelope](repeating: PeerEnvelope(), count: lanes)
    for message in messages { parts[lane(message.shard)].messages.append(message) }
    for push in catalogPushes { parts[lane(push.shard)].catalogPushes.append(push) }
    // Acks are for the leader of the catalog's group, which is in lane 0.
    parts[0].catalogAcks = catalogAcks
    for digest in appliedDigests { parts[lane(digest.shard)].appliedDigests.append(digest) }
    for number in parts.indices {
      parts[number].clock = clock
      parts[number].rules = rules
    }
    return parts.enumerated().filter { !$0.element.isEmpty }.map { ($0.offset, $0.element) }
  }
}
