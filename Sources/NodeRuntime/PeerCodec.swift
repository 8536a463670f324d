// The frames that nodes exchange, with what this node insists on.

import NodeCore
import Primitives
import WireFormat

enum PeerCodec {
  static func encode(
    _ envelope: PeerEnvelope, from: NodeID, to: NodeID, into bytes: inout [UInt8]
  ) {
    PeerFrame(from: from, to: to, envelope: envelope).append(to: &bytes)
  }

  /// Refuses what another node than the certificate's says, or says to another node.
  static func decode(
    _ bytes: UnsafeRawBufferPointer, from: NodeID, to: NodeID
  ) throws(RequestRefusal) -> PeerEnvelope {
    let frame: PeerFrame
    do throws(PeerFrameError) {
      frame = try unsafe PeerFrame(decoding: bytes)
    } catch {
      throw RequestRefusal(.malformedMessage, "the bytes are no envelope: \(error.what)")
    }
    guard frame.from == from, frame.to == to else {
      throw RequestRefusal(
        .notPermitted,
        "an envelope from \(frame.from.rawValue) to \(frame.to.rawValue) on the stream from "
          + "\(from.rawValue) to \(to.rawValue)")
    }
    return frame.envelope
  }
}
