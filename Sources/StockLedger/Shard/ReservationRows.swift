import Primitives

// Rows of reservations. Without padding, as in CatalogRows.

/// A reservation. One line that is bound to units on hand lies in the row itself; anything else
/// lies in a block of the heap.
struct ReservationRow: BitwiseCopyable, Sendable {
  var requestID: Hash128
  var fingerprint: Hash128
  /// While held: the deadline in log time. When ended: its place among the ended.
  var deadline: Int64 = Absent.time

  var reserved = Quantity.zero
  var fulfilled = Quantity.zero
  var released = Quantity.zero
  var account: UInt32 = 0

  /// Block of `short orderID, short customer`.
  var texts: UInt32 = 0
  var channel: UInt32 = 0
  var version: UInt32 = 1
  /// Block of a `LinesHead` and `LineRow`s; 0 when the only line is in the row.
  var lines: UInt32 = 0
  /// Block of the first answer's lines where they can't be derived; 0 where they can.
  var answer: UInt32 = 0
  /// When the request was first sent, in seconds, rounded up; 0 when it did not say.
  var stampSeconds: UInt32 = 0
  var lineCount: UInt16 = 1
  var stateByte: UInt8 = ReservationState.held.rawValue
  var flags: UInt8 = 0

  static let wished: UInt8 = 1
  static let partial: UInt8 = 2

  var state: ReservationState {
    get {
      guard let state = ReservationState(rawValue: stateByte) else {
        preconditionFailure("reservation in state \(stateByte)")
      }
      return state
    }
    set { stateByte = newValue.rawValue }
  }

  var firstOutcome: FillOutcome { flags & Self.partial == 0 ? .full : .partial }
}

/// What the lines of a reservation have in common.
struct LinesHead: BitwiseCopyable, Sendable {
  var requiredBy: Int32
  var pad: UInt32 = 0

  static let bytes = 8
}

/// One assignment: units of a line, bound to an account and a day.
struct LineRow: BitwiseCopyable, Sendable {
  var account: UInt32
  /// `Absent.day` for units on hand.
  var day: Int32
  var reserved: Quantity
  var fulfilled = Quantity.zero
  var released = Quantity.zero
  /// Which merged line of the request this belongs to.
  var line: UInt16
  /// 1 when the line asked for this location.
  var wished: UInt16
  var pad: UInt32 = 0

  static let bytes = 40

  var left: Quantity { reserved - fulfilled - released }
}
