package import NodeCore
package import Primitives
internal import RaftConsensus

/// `holdfast.peer.v1.Envelope`: what one node has for another after a turn, and who they are.
package struct PeerFrame: Sendable {
  package var from: NodeID
  package var to: NodeID
  package var envelope: PeerEnvelope

  package init(from: NodeID, to: NodeID, envelope: PeerEnvelope = PeerEnvelope()) {
    self.from = from
    self.to = to
    self.envelope = envelope
  }
}

/// What one frame may hold. A peer that goes beyond it isn't one of ours.
package struct PeerLimits: Sendable {
  /// A frame as bytes. Entries of a turn, chunks and many groups' messages fit many times over.
  package var frameBytesMax = 64 << 20
  package var messagesMax = 65_536
  /// The entries of one append.
  package var entriesMax = 65_536
  package var learnersMax = Configuration.learnersMax
  package var catalogPushesMax = 4_096
  package var catalogAcksMax = 65_536
  package var digestsMax = 65_536

  package init() {}
}

extension Hash128 {
  /// 16 bytes, the high word first, as clients and peers see a digest.
  package var wireBytes: [UInt8] {
    [high, low].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * $0)) } }
  }

  package init?(wireBytes bytes: some Collection<UInt8>) {
    guard bytes.count == 16 else { return nil }
    func word(_ part: some Sequence<UInt8>) -> UInt64 { part.reduce(0) { $0 << 8 | UInt64($1) } }
    self.init(high: word(bytes.prefix(8)), low: word(bytes.dropFirst(8)))
  }
}
