import Primitives

@testable import StockLedger

/// Outcome records as plain values.
struct AssignmentAnswer: Equatable {
  var location: String
  var owner: String
  var quantity: Int64
  var day: Int32
}

struct LineAnswer: Equatable {
  var sku: String
  var requested: Int64
  var reserved: Int64
  var reason: LineReason
  var assignments: [AssignmentAnswer]
}

struct ReservationLineAnswer: Equatable {
  var sku: String
  var location: String
  var owner: String
  var reserved: Int64
  var fulfilled: Int64
  var released: Int64
  var day: Int32
}

struct ReservationAnswer: Equatable {
  var number: UInt64
  var state: ReservationState
  var expiresAt: Int64
  var version: UInt64
  var order: String
  var customer: String
  var channel: String
  var lines: [ReservationLineAnswer]
}

struct RowAnswer: Equatable {
  var outcome: RowOutcome
  var shortfall: Int64
  var onHand: Int64?
}

struct Answer: Equatable {
  var kind: UInt8
  var refusal: CallRefusal
  var state: ReservationState?
  var outcome: FillOutcome?
  var reservation: ReservationAnswer?
  var lines: [LineAnswer] = []
  var rows: [RowAnswer] = []
  var version: UInt64?
}

extension ByteReader {
  mutating func text() -> String { unsafe String(decoding: getShort(), as: UTF8.self) }

  mutating func reservation() -> ReservationAnswer {
    let head = ReservationRecord(from: &self)
    var answer = unsafe ReservationAnswer(
      number: head.number, state: ReservationState(rawValue: head.state)!,
      expiresAt: head.expiresAt, version: head.version,
      order: String(decoding: head.orderID, as: UTF8.self),
      customer: String(decoding: head.customer, as: UTF8.self),
      channel: String(decoding: head.channel, as: UTF8.self), lines: [])
    for _ in 0..<head.lineCount {
      let line = ReservationLineRecord(from: &self)
      unsafe answer.lines.append(
        ReservationLineAnswer(
          sku: String(decoding: line.sku, as: UTF8.self),
          location: String(decoding: line.location, as: UTF8.self),
          owner: String(decoding: line.owner, as: UTF8.self), reserved: line.reserved,
          fulfilled: line.fulfilled, released: line.released, day: line.day))
    }
    return answer
  }

  mutating func lines() -> [LineAnswer] {
    (0..<get(UInt16.self)).map { _ in
      let head = LineResultRecord(from: &self)
      return unsafe LineAnswer(
        sku: String(decoding: head.sku, as: UTF8.self), requested: head.requested,
        reserved: head.reserved, reason: LineReason(rawValue: head.reason)!,
        assignments: (0..<head.assignmentCount).map { _ in
          let each = AssignmentRecord(from: &self)
          return unsafe AssignmentAnswer(
            location: String(decoding: each.location, as: UTF8.self),
            owner: String(decoding: each.owner, as: UTF8.self), quantity: each.quantity,
            day: each.day)
        })
    }
  }
}

extension Answer {
  /// All outcome records in `bytes`; traps when they are malformed.
  static func all(_ bytes: [UInt8]) -> [Answer] {
    unsafe bytes.withUnsafeBytes { raw in
      var reader = unsafe OutcomeReader(raw)
      var answers: [Answer] = []
      while let record = reader.next() { answers.append(Answer(record)) }
      precondition(reader.isValid, "malformed outcomes")
      return answers
    }
  }

  private init(_ record: OutcomeRecord) {
    kind = record.kind
    refusal = record.refusal
    var body = record.body
    guard refusal == .none else {
      state = refusal == .wrongState ? ReservationState(rawValue: body.get()) : nil
      precondition(body.isAtEnd && body.isValid, "refusal with more than a state")
      return
    }
    switch CommandKind(rawValue: kind) {
    case .reserve:
      outcome = FillOutcome(rawValue: body.get())
      if body.get(UInt8.self) == 1 { reservation = body.reservation() }
      lines = body.lines()
    case .confirm, .extend, .release, .fulfill:
      outcome = FillOutcome(rawValue: body.get())
      reservation = body.reservation()
      lines = body.lines()
    case .adjustSupply:
      rows = [
        RowAnswer(
          outcome: RowOutcome(rawValue: body.get())!, shortfall: body.get(), onHand: body.get())
      ]
    case .syncSupply:
      rows = (0..<body.get(UInt32.self)).map { _ in
        RowAnswer(outcome: RowOutcome(rawValue: body.get())!, shortfall: body.get())
      }
    case .putSku, .putLocation, .putPool, .putAccount, .putNode, .dropNode:
      version = body.get()
    case .catalogUpdate, .pulse, .raiseRules, nil: break
    }
    precondition(body.isAtEnd && body.isValid, "outcome of kind \(kind) with bytes left over")
  }
}
