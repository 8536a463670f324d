package import Primitives

/// Appends outcome records; `begin` and `end` frame what the command's file writes.
package enum OutcomeWriter {
  package static func begin(_ kind: UInt8, into out: inout ByteWriter) -> Int {
    let mark = out.count
    out.put(UInt32(0))
    out.put(kind)
    out.put(CallRefusal.none.rawValue)
    return mark
  }

  package static func end(_ mark: Int, into out: inout ByteWriter) {
    out.patch(UInt32(out.count - mark - 4), at: mark)
  }

  /// A whole record of a refused call; `state` goes with `wrongState`.
  package static func refuse(
    _ kind: UInt8, _ refusal: CallRefusal, state: ReservationState? = nil,
    into out: inout ByteWriter
  ) {
    let mark = out.count
    out.put(UInt32(0))
    out.put(kind)
    out.put(refusal.rawValue)
    if let state { out.put(state.rawValue) }
    end(mark, into: &out)
  }
}
