// The name of a call in flight: small, trivial, and dead once the call is over.

/// Names one call on one server loop. Answering a handle whose call has ended does nothing.
@usableFromInline
package struct CallHandle: Hashable, Sendable {
  /// loop (8 bits) | slot (24 bits) | generation of the slot (32 bits)
  @usableFromInline package let token: UInt64

  @inlinable package init(token: UInt64) { self.token = token }

  @inlinable init(loop: UInt8, slot: Int, generation: UInt32) {
    token = UInt64(loop) << 56 | UInt64(UInt32(truncatingIfNeeded: slot)) << 32 | UInt64(generation)
  }

  /// Which of the server's loops the call lives on: an index into `GRPCServer.loops`.
  @inlinable package var loop: Int { Int(truncatingIfNeeded: token >> 56) }
  @inlinable var slot: Int { Int(truncatingIfNeeded: token >> 32) & 0xFF_FFFF }
  @inlinable var generation: UInt32 { UInt32(truncatingIfNeeded: token) }
}

/// Why a call that was not answered yet is over.
package enum CancelReason: Sendable {
  case deadline
  case reset
  case connectionLost
}
