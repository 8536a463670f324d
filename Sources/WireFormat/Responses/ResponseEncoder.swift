internal import Primitives
package import StockLedger

/// Writes the answers to commands, straight from the ledger's outcome records.
package enum ResponseEncoder {
  /// Appends the response to a single command. Nothing is appended and the refusal given back when
  /// the ledger refused the call.
  package static func command(
    _ method: HoldfastMethod, _ outcome: OutcomeRecord, _ id: RequestID, at point: AnswerPoint,
    into out: inout [UInt8]
  ) -> RequestRefusal? {
    if outcome.refusal != .none { return refusal(outcome, method) }
    var body = outcome.body
    ProtoWriter.append(to: &out) { writer in
      switch method {
      case .reserve, .batchReserve, .streamReserve: writer.reserve(&body, id, point)
      case .confirm: writer.confirm(&body, id, point)
      case .extend, .release, .fulfill: writer.change(&body, id, point)
      case .adjustSupply: writer.adjust(&body, id, point)
      case .putSku, .putLocation, .putPool, .putAccount: writer.put(&body, id, point)
      default: preconditionFailure("\(method) is no single command")
      }
    }
    precondition(body.isValid, "outcome record of \(method) ends at \(body.offset)")
    return nil
  }

  /// Appends one `StreamReserveResponse`.
  package static func streamed(
    sequence: UInt64, _ outcome: OutcomeRecord, _ id: RequestID, at point: AnswerPoint,
    into out: inout [UInt8]
  ) {
    ProtoWriter.append(to: &out) { writer in
      writer.put(1, sequence)
      writer.item(response: 2, error: 3, outcome, id, point)
    }
  }

  /// Appends one `StreamReserveResponse` of a request that got a status.
  package static func streamed(
    sequence: UInt64, _ refusal: RequestRefusal, into out: inout [UInt8]
  ) {
    ProtoWriter.append(to: &out) { writer in
      writer.put(1, sequence)
      writer.status(3, refusal)
    }
  }

  /// The status of a call that the ledger refused. Supply is routed by the node's own catalog: an
  /// account that the shard lacks is one that the shard has yet to hear of.
  package static func refusal(
    _ outcome: OutcomeRecord, _ method: HoldfastMethod? = nil
  ) -> RequestRefusal {
    guard var reason = ErrorReason(outcome.refusal) else {
      preconditionFailure("refusal of an outcome that is none")
    }
    if method == .adjustSupply || method == .syncSupply {
      switch reason {
      case .unknownAccount, .unknownSku, .unknownLocation: reason = .catalogMissing
      default: break
      }
    }
    var refusal = RequestRefusal(reason)
    if outcome.refusal == .wrongState {
      var body = outcome.body
      let state = ReservationState(rawValue: body.get()).map(Self.name) ?? "UNKNOWN"
      refusal.metadata = [RefusalNote("state", state)]
      refusal.message = "the reservation is \(state)"
    }
    if reason == .catalogMissing { refusal.retryAfterMilliseconds = 100 }
    if reason == .ledgerFull { refusal.retryAfterMilliseconds = 1_000 }
    return refusal
  }

  /// The state as clients call it, without the enum's prefix.
  package static func name(of state: ReservationState) -> String {
    switch state {
    case .held: "HELD"
    case .confirmed: "CONFIRMED"
    case .partiallyFulfilled: "PARTIALLY_FULFILLED"
    case .fulfilled: "FULFILLED"
    case .released: "RELEASED"
    case .expired: "EXPIRED"
    }
  }
}

extension ProtoWriter {
  mutating func reserve(_ body: inout ByteReader, _ id: RequestID, _ point: AnswerPoint) {
    self.id(1, id)
    put(2, UInt64(body.get(UInt8.self)))
    if body.get(UInt8.self) == 1 { reservation(3, &body, point.shard) }
    lineResults(4, &body)
    self.point(logTime: 5, position: 6, point)
  }

  mutating func confirm(_ body: inout ByteReader, _ id: RequestID, _ point: AnswerPoint) {
    self.id(1, id)
    put(2, UInt64(body.get(UInt8.self)))
    reservation(3, &body, point.shard)
    lineResults(4, &body)
    self.point(logTime: 5, position: 6, point)
  }

  /// Extend, Release and Fulfill: all or a refusal, so the outcome isn't said.
  mutating func change(_ body: inout ByteReader, _ id: RequestID, _ point: AnswerPoint) {
    self.id(1, id)
    _ = body.get(UInt8.self)
    reservation(2, &body, point.shard)
    self.point(logTime: 3, position: 4, point)
  }

  mutating func adjust(_ body: inout ByteReader, _ id: RequestID, _ point: AnswerPoint) {
    self.id(1, id)
    put(2, UInt64(body.get(UInt8.self)))
    put(3, body.get(Int64.self))
    put(4, body.get(Int64.self))
    self.point(logTime: 5, position: 6, point)
  }

  mutating func put(_ body: inout ByteReader, _ id: RequestID, _ point: AnswerPoint) {
    self.id(1, id)
    put(2, body.get(UInt64.self))
    self.point(logTime: 3, position: 4, point)
  }

  /// A reserve's answer or status, as one of two fields.
  mutating func item(
    response: UInt32, error: UInt32, _ outcome: OutcomeRecord, _ id: RequestID,
    _ point: AnswerPoint
  ) {
    guard outcome.refusal == .none else {
      return status(error, ResponseEncoder.refusal(outcome))
    }
    var body = outcome.body
    let mark = begin(response)
    reserve(&body, id, point)
    end(mark)
    precondition(body.isValid, "outcome record ends at \(body.offset)")
  }

  mutating func status(_ field: UInt32, _ refusal: RequestRefusal) {
    let mark = begin(field)
    refusal.write(into: &self)
    end(mark)
  }
}
