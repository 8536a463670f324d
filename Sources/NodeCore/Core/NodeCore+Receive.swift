package import Primitives
import RaftConsensus

extension NodeCore {
  /// Takes in what another node said; one from the own node comes from another lane of it.
  package mutating func receive(
    _ envelope: PeerEnvelope, from node: NodeID, now: ClockReading
  ) {
    if let clock = envelope.clock { clocks.heard(clock, from: node, now: now) }
    if let rules = envelope.rules { rulesBoard.heard(rules, from: node) }
    for message in envelope.messages { step(message, from: node, now: now) }
    for push in envelope.catalogPushes { receive(push, from: node, now: now) }
    for ack in envelope.catalogAcks { receive(ack, from: node) }
    for digest in envelope.appliedDigests { receive(digest, from: node) }
  }

  private mutating func step(_ message: Message, from node: NodeID, now: ClockReading) {
    counters.messagesIn += 1
    if message.isFromLeader, NodeID(of: message.from) == node { joinIfAdded(message, now: now) }
    guard let at = position(of: message.shard), NodeID(of: message.from) == node,
      message.to == groups[at].raft.member
    else {
      // The group's PutPool is not applied here yet, or the message is not for this member.
      counters.messagesDropped += 1
      return
    }
    groups[at].raft.step(message, now: now)
    if message.isFromLeader && message.term == groups[at].raft.term {
      groups[at].leaderHeard = now
    }
  }
}

extension Message {
  fileprivate var isFromLeader: Bool {
    switch body {
    case .append, .heartbeat, .snapshotChunk: true
    default: false
    }
  }
}
