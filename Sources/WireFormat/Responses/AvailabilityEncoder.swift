package import Primitives
package import StockLedger

/// Writes answers to QueryAvailability, straight from a ledger.
package struct AvailabilityEncoder: Sendable {
  /// What the ledger says of one SKU; reused.
  private var records = ByteWriter()

  package init() {}

  /// Appends one `QueryAvailabilityResponse`. `skus` is a record of `HotAvailability.writeSkus`.
  package mutating func append(
    _ skus: ArraySlice<UInt8>, on day: Day?, of ledger: ShardLedger, at point: AnswerPoint,
    answered: API.Answered, into out: inout [UInt8]
  ) {
    ProtoWriter.append(to: &out) { writer in
      unsafe skus.withUnsafeBytes { bytes in
        var reader = unsafe ByteReader(bytes)
        for _ in 0..<reader.get(UInt16.self) {
          unsafe append(reader.getShort(), on: day, of: ledger, to: &writer)
        }
        precondition(reader.isValid, "record of SKUs ends at \(reader.offset)")
      }
      writer.put(2, message: answered)
      writer.put(3, shard: point.shard.id, index: point.index)
      writer.put(4, timestamp: point.logTime.milliseconds)
    }
  }

  /// One `SkuAvailability`.
  private mutating func append(
    _ sku: UnsafeRawBufferPointer, on day: Day?, of ledger: ShardLedger,
    to writer: inout ProtoWriter
  ) {
    records.bytes.removeAll(keepingCapacity: true)
    let isKnown = unsafe ledger.availability(sku: sku, date: day, into: &records)
    let mark = writer.begin(1)
    unsafe writer.put(1, sku)
    if isKnown {
      unsafe records.bytes.withUnsafeBytes { unsafe writer.availability($0) }
    } else {
      writer.put(6, UInt64(API.LineReason.unknownSku.rawValue))
    }
    writer.end(mark)
  }
}

extension ProtoWriter {
  /// The sums of a SKU's accounts, then the accounts.
  mutating func availability(_ records: UnsafeRawBufferPointer) {
    var sum = AvailabilityRecord()
    unsafe AvailabilityRecord.each(of: records) { sum.add($0) }
    put(2, sum.onHand)
    put(3, sum.reserved)
    put(4, sum.atp)
    unsafe AvailabilityRecord.each(of: records) { account in
      let mark = begin(5)
      unsafe put(1, account.location)
      unsafe put(2, account.owner)
      put(3, account.onHand)
      put(4, account.reserved)
      put(5, account.atp)
      end(mark)
    }
  }
}

/// One account of what `ShardLedger.availability` appends.
@safe
struct AvailabilityRecord {
  private(set) var location = unsafe HotText.none
  private(set) var owner = unsafe HotText.none
  private(set) var onHand: Int64 = 0
  private(set) var reserved: Int64 = 0
  private(set) var atp: Int64 = 0

  /// Calls `body` for each account, in order of assignment.
  static func each(of records: UnsafeRawBufferPointer, _ body: (AvailabilityRecord) -> Void) {
    var reader = unsafe ByteReader(records)
    var record = AvailabilityRecord()
    for _ in 0..<reader.get(UInt16.self) where reader.isValid {
      unsafe record.location = reader.getShort()
      unsafe record.owner = reader.getShort()
      record.onHand = reader.get()
      record.reserved = reader.get()
      record.atp = reader.get()
      body(record)
    }
    precondition(reader.isValid, "availability ends at \(reader.offset)")
  }

  mutating func add(_ other: AvailabilityRecord) {
    onHand = Self.sum(onHand, other.onHand)
    reserved = Self.sum(reserved, other.reserved)
    atp = Self.sum(atp, other.atp)
  }

  /// Each account may hold up to 2^62 units; a sum beyond what int64 can say stays at its end.
  private static func sum(_ a: Int64, _ b: Int64) -> Int64 {
    let (sum, over) = a.addingReportingOverflow(b)
    return over ? (b > 0 ? .max : .min) : sum
  }
}
