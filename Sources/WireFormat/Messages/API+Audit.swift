package import Primitives

// What was decided, and why.

extension API {
  /// What happened.
  package enum TraceKind: Int32, WireEnum {
    /// Not set.
    case unspecified = 0
    /// Reserve.
    case reserve = 1
    /// Confirm.
    case confirm = 2
    /// Extend.
    case extend = 3
    /// Release.
    case release = 4
    /// Fulfill.
    case fulfill = 5
    /// The deadline passed.
    case expire = 6
  }

  /// Asks for the history of a reservation.
  package struct TraceReservationRequest: WireMessage {
    package static let name = "holdfast.v1.TraceReservationRequest"

    /// The reservation.
    package var name = ""
    /// At most 1,000; 0: 100.
    package var pageSize: Int32 = 0
    /// From the page before; empty: the first page.
    package var pageToken = ""

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &name)
      visitor.field(2, &pageSize)
      visitor.field(3, &pageToken)
    }
  }

  /// The history of a reservation.
  package struct TraceReservationResponse: WireMessage {
    package static let name = "holdfast.v1.TraceReservationResponse"

    /// Oldest first.
    package var events: [TraceEvent] = []
    /// For the next page; empty: this is the last.
    package var nextPageToken = ""
    /// The first index that the journal still has; older events are gone.
    package var journalFirstIndex: UInt64 = 0

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &events)
      visitor.field(2, &nextPageToken)
      visitor.field(3, &journalFirstIndex)
    }
  }

  /// One event.
  package struct TraceEvent: WireMessage {
    package static let name = "holdfast.v1.TraceEvent"

    /// What happened.
    package var kind = TraceKind.unspecified
    /// The entry that it happened in.
    package var position: Position?
    /// The log time of the entry.
    package var logTime: LogTime?
    /// The request that asked for it; empty for an expiry.
    package var requestID = ""
    /// What became of it.
    package var outcome = Outcome.unspecified
    /// With a refused call: the ErrorReason without its prefix.
    package var refusal = ""
    /// What each line got.
    package var lines: [LineResult] = []
    /// The reservation afterwards.
    package var reservation: Reservation?
    /// The catalog version that decided.
    package var catalogVersion: UInt64 = 0
    /// SHA-256 of the journal's chain at the entry.
    package var chain: [UInt8] = []
    /// The version of the ledger's rules that decided.
    package var rulesVersion: UInt32 = 0

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &kind)
      visitor.field(2, &position)
      visitor.field(3, &logTime)
      visitor.field(4, &requestID)
      visitor.field(5, &outcome)
      visitor.field(6, &refusal)
      visitor.field(7, &lines)
      visitor.field(8, &reservation)
      visitor.field(9, &catalogVersion)
      visitor.field(10, &chain)
      visitor.field(11, &rulesVersion)
    }
  }

  /// Asks for the books of an account.
  package struct GetPositionRequest: WireMessage {
    package static let name = "holdfast.v1.GetPositionRequest"

    /// What.
    package var sku = ""
    /// Where.
    package var location = ""
    /// Whose.
    package var owner = ""
    /// How fresh.
    package var read = Read.unspecified
    /// Wait until the state includes this position.
    package var atLeast: Position?

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &sku)
      visitor.field(2, &location)
      visitor.field(3, &owner)
      visitor.field(4, &read)
      visitor.field(5, &atLeast)
    }
  }

  /// The books of an account, in base units: on_hand + dated + shortfall = unpromised + promised.
  package struct GetPositionResponse: WireMessage {
    package static let name = "holdfast.v1.GetPositionResponse"

    /// What.
    package var sku = ""
    /// Where.
    package var location = ""
    /// Whose.
    package var owner = ""
    /// The pool that promises it.
    package var pool = ""
    /// Physically there.
    package var onHand: Int64 = 0
    /// Comes on some day.
    package var dated: Int64 = 0
    /// Promised units that supply doesn't cover.
    package var shortfall: Int64 = 0
    /// Units that nobody has a promise of.
    package var unpromised: Int64 = 0
    /// Units that reservations hold.
    package var promised: Int64 = 0
    /// The part of `promised` that is on hand.
    package var promisedOnHand: Int64 = 0
    /// Units that are never promised.
    package var buffer: Int64 = 0
    /// What has been heard from each source, in the order of their names.
    package var sources: [SourceMark] = []
    /// The source whose counts are taken; empty: none has counted.
    package var countingSource = ""
    /// The version of its last count.
    package var countedVersion: UInt64 = 0
    /// Facts that no count covers yet.
    package var keptFacts: UInt32 = 0
    /// How it was read.
    package var answered: Answered?
    /// The state that was read.
    package var position: Position?
    /// Its log time.
    package var logTime: LogTime?

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &sku)
      visitor.field(2, &location)
      visitor.field(3, &owner)
      visitor.field(4, &pool)
      visitor.field(5, &onHand)
      visitor.field(6, &dated)
      visitor.field(7, &shortfall)
      visitor.field(8, &unpromised)
      visitor.field(9, &promised)
      visitor.field(10, &promisedOnHand)
      visitor.field(11, &buffer)
      visitor.field(12, &sources)
      visitor.field(13, &countingSource)
      visitor.field(14, &countedVersion)
      visitor.field(15, &keptFacts)
      visitor.field(16, &answered)
      visitor.field(17, &position)
      visitor.field(18, &logTime)
    }
  }

  /// The high-water mark of a source in an account.
  package struct SourceMark: WireMessage {
    package static let name = "holdfast.v1.SourceMark"

    /// The source.
    package var source = ""
    /// The highest sequence that was heard.
    package var sequence: UInt64 = 0

    package init() {}

    package mutating func fields(_ visitor: inout some FieldVisitor) {
      visitor.field(1, &source)
      visitor.field(2, &sequence)
    }
  }
}
