import Primitives
import StockLedger

/// What a client reads from an outcome record.
struct SimOutcome: Equatable {
  var kind: UInt8
  var refusal: CallRefusal
  /// Of Reserve, and of Confirm where lines were taken again.
  var fill: UInt8 = 0
  /// Zero where there is no reservation.
  var number: UInt64 = 0
  var state: UInt8 = 0
  var expiresAt: Int64 = Absent.time
  /// What the reservation has of each SKU.
  var lines: [Line] = []
  /// Of AdjustSupply; of SyncSupply one a row, with its shortfall.
  var rows: [Row] = []
  var onHand: Int64 = 0

  struct Line: Equatable {
    var sku: Int
    var reserved: Int64
    var fulfilled: Int64
    var released: Int64
  }

  struct Row: Equatable {
    var outcome: UInt8
    var shortfall: Int64
  }

  init(_ record: consuming OutcomeRecord) {
    kind = record.kind
    refusal = record.refusal
    guard refusal == .none else {
      if refusal == .wrongState { state = record.body.get() }
      return
    }
    switch CommandKind(rawValue: kind) {
    case .reserve:
      fill = record.body.get()
      if record.body.get(UInt8.self) == 1 { takeReservation(&record.body) }
    case .confirm, .extend, .release, .fulfill:
      fill = record.body.get()
      takeReservation(&record.body)
    case .adjustSupply:
      rows = [Row(outcome: record.body.get(), shortfall: record.body.get())]
      onHand = record.body.get()
    case .syncSupply:
      for _ in 0..<record.body.get(UInt32.self) {
        rows.append(Row(outcome: record.body.get(), shortfall: record.body.get()))
      }
    default: break
    }
  }

  init?(_ bytes: [UInt8]) {
    let read = unsafe bytes.withUnsafeBytes { bytes -> SimOutcome? in
      var reader = unsafe OutcomeReader(bytes)
      guard let record = reader.next() else { return nil }
      return SimOutcome(record)
    }
    guard let read else { return nil }
    self = read
  }

  private mutating func takeReservation(_ body: inout ByteReader) {
    let reservation = ReservationRecord(from: &body)
    number = reservation.number
    state = reservation.state
    expiresAt = reservation.expiresAt
    for _ in 0..<reservation.lineCount {
      let line = ReservationLineRecord(from: &body)
      lines.append(
        Line(
          sku: unsafe Load.sku(named: line.sku), reserved: line.reserved,
          fulfilled: line.fulfilled, released: line.released))
    }
  }

  /// The records of one reply, each by itself.
  static func split(_ bytes: [UInt8]) -> [[UInt8]] {
    unsafe bytes.withUnsafeBytes { all in
      var reader = unsafe OutcomeReader(all)
      var records: [[UInt8]] = []
      var start = 0
      while reader.next() != nil {
        records.append(Array(bytes[start..<reader.offset]))
        start = reader.offset
      }
      precondition(reader.isValid && start == bytes.count, "outcomes end at \(start)")
      return records
    }
  }
}
