package import StockLedger

// The one place that says how a refusal looks from outside: its status code, its words, and what
// the ledger's own refusals are called.

extension ErrorReason {
  /// The gRPC status code of a call that is refused for this reason.
  package var code: StatusCode {
    switch self {
    case .malformedMessage, .invalidField, .limitExceeded, .requestFromTheFuture,
      .invalidPageToken, .quantityOverflow:
      .invalidArgument
    case .unknownPool, .unknownRegion, .unknownReservation, .unknownAccount, .unknownSku,
      .unknownLocation:
      .notFound
    case .wrongState, .holdExpired, .requestTooOld, .unknownLine, .quantityExceedsLine,
      .secondHome, .inUse:
      .failedPrecondition
    case .requestIDReused: .alreadyExists
    case .notPermitted: .permissionDenied
    case .certificateRequired: .unauthenticated
    case .overloaded, .diskFull, .ledgerFull: .resourceExhausted
    case .noLeader, .notLeader, .outcomeUnknown, .notServing, .streamBroken, .behind,
      .catalogMissing, .ledgersDiffer:
      .unavailable
    case .deadlinePassed: .deadlineExceeded
    case .internal: .internal
    }
  }

  /// What people read when nothing more specific is known.
  package var text: String {
    switch self {
    case .malformedMessage: "the bytes are no message of the type that the method takes"
    case .invalidField: "a field is missing or has no meaning"
    case .limitExceeded: "a field crosses its limit"
    case .requestFromTheFuture: "the request says that it was first sent in the future"
    case .invalidPageToken: "the page token is not one of this list"
    case .unknownPool: "there is no such pool"
    case .unknownRegion: "the pool has no shard in this region"
    case .unknownReservation: "there is no such reservation, or it ended long ago"
    case .unknownAccount: "there is no such stock account"
    case .unknownSku: "there is no such SKU"
    case .unknownLocation: "there is no such location"
    case .wrongState: "the reservation's state does not allow this"
    case .holdExpired: "the hold's deadline has passed"
    case .requestTooOld: "the request is older than the ids that are still known"
    case .unknownLine: "the reservation has no line of this SKU"
    case .quantityExceedsLine: "the reservation has fewer units of the SKU left"
    case .secondHome: "this has its home in another pool"
    case .inUse: "accounts or shards rest on what this would take away"
    case .quantityOverflow: "a quantity in base units is beyond what is kept"
    case .requestIDReused: "the request id was used with another body"
    case .notPermitted: "the certificate does not allow this method"
    case .certificateRequired: "a client certificate is needed"
    case .overloaded: "the node has as much work as it takes"
    case .diskFull: "the node's disk is nearly full"
    case .ledgerFull: "a table of the shard's ledger is full"
    case .noLeader: "the shard has no leader at the moment"
    case .notLeader: "another node leads the shard"
    case .outcomeUnknown: "leadership changed while the call was under way; repeat it unchanged"
    case .notServing: "the node starts or stops"
    case .streamBroken: "an earlier request of the stream was not available"
    case .behind: "the node has not reached the position that was asked for"
    case .catalogMissing: "the shard has not heard of this from the catalog yet"
    case .ledgersDiffer: "the ledgers of the shard's members differ and none has a majority"
    case .deadlinePassed: "the deadline passed; the outcome is unknown"
    case .internal: "a fault of ours"
    }
  }

  /// What the ledger's refusal of a whole call is called outside; nil when it isn't refused.
  package init?(_ refusal: CallRefusal) {
    switch refusal {
    case .none: return nil
    case .invalidArgument: self = .invalidField
    case .wrongShard: self = .internal
    case .requestIDReused: self = .requestIDReused
    case .requestTooOld: self = .requestTooOld
    case .requestFromTheFuture: self = .requestFromTheFuture
    case .catalogMissing: self = .catalogMissing
    case .unknownPool: self = .unknownPool
    case .unknownRegion: self = .unknownRegion
    case .unknownReservation: self = .unknownReservation
    case .unknownSku: self = .unknownSku
    case .unknownLocation: self = .unknownLocation
    case .unknownAccount: self = .unknownAccount
    case .unknownLine: self = .unknownLine
    case .wrongState: self = .wrongState
    case .holdExpired: self = .holdExpired
    case .quantityExceedsLine: self = .quantityExceedsLine
    case .secondHome: self = .secondHome
    case .inUse: self = .inUse
    case .quantityOverflow: self = .quantityOverflow
    case .ledgerFull: self = .ledgerFull
    }
  }
}
