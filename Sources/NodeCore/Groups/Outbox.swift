import Primitives
import RaftConsensus
import StockLedger

/// Collects what goes to each node into one envelope (rule C7), or several when one would be too
/// large to send.
struct Outbox: Sendable {
  private struct Box: Sendable {
    var node: NodeID
    var full: [PeerEnvelope] = []
    var envelope = PeerEnvelope()
    var bytes = 0

    var first: PeerEnvelope {
      get { full.first ?? envelope }
      set {
        if full.isEmpty { envelope = newValue } else { full[0] = newValue }
      }
    }
  }

  /// In order of first use; a node has few peers.
  private var boxes: [Box] = []
  private(set) var messageCount = 0

  var isEmpty: Bool { boxes.isEmpty }

  mutating func add(_ message: Message, bytesMax: Int) {
    let at = box(for: NodeID(of: message.to))
    let bytes = message.estimatedBytes
    if boxes[at].bytes > 0 && boxes[at].bytes + bytes > bytesMax { startNext(at) }
    boxes[at].envelope.messages.append(message)
    boxes[at].bytes += bytes
    messageCount += 1
  }

  mutating func add(_ push: CatalogPush, to node: NodeID, bytesMax: Int) {
    let at = box(for: node)
    if boxes[at].bytes > 0 && boxes[at].bytes + push.items.count > bytesMax { startNext(at) }
    boxes[at].envelope.catalogPushes.append(push)
    boxes[at].bytes += push.items.count
  }

  mutating func add(_ ack: CatalogAck, to node: NodeID) {
    boxes[box(for: node)].envelope.catalogAcks.append(ack)
  }

  mutating func add(_ digest: AppliedDigest, to node: NodeID) {
    boxes[box(for: node)].envelope.appliedDigests.append(digest)
  }

  /// All envelopes, in order per node; each node's first carries a clock sample if `clocks` has
  /// one for it, and what rules this build knows.
  mutating func takeAll(
    clocks: inout ClockBoard, rules: RulesVersion, now: ClockReading
  ) -> [Outgoing] {
    for at in boxes.indices {
      boxes[at].first.clock = clocks.sample(for: boxes[at].node, now: now)
      boxes[at].first.rules = rules
    }
    return takeAll()
  }

  mutating func takeAll() -> [Outgoing] {
    var outgoing: [Outgoing] = []
    for box in boxes {
      for envelope in box.full { outgoing.append(Outgoing(to: box.node, envelope: envelope)) }
      outgoing.append(Outgoing(to: box.node, envelope: box.envelope))
    }
    boxes.removeAll(keepingCapacity: true)
    messageCount = 0
    return outgoing
  }

  /// What a group said and did not send yet is not sent.
  mutating func withdraw(_ shard: ShardID) {
    for at in boxes.indices {
      for full in boxes[at].full.indices {
        boxes[at].full[full].messages.removeAll { $0.shard == shard }
      }
      boxes[at].envelope.messages.removeAll { $0.shard == shard }
    }
  }

  private mutating func box(for node: NodeID) -> Int {
    if let at = boxes.firstIndex(where: { $0.node == node }) { return at }
    boxes.append(Box(node: node))
    return boxes.count - 1
  }

  private mutating func startNext(_ at: Int) {
    boxes[at].full.append(boxes[at].envelope)
    boxes[at].envelope = PeerEnvelope()
    boxes[at].bytes = 0
  }
}

extension Message {
  /// About what the message takes on the wire.
  fileprivate var estimatedBytes: Int {
    switch body {
    case .append(let append): append.entries.reduce(64) { $0 + $1.payload.count + 48 }
    case .snapshotChunk(let chunk): chunk.bytes.count + 256
    default: 48
    }
  }
}
