package import Primitives

/// One outcome record, as a view of the bytes that it lies in.
@safe
package struct OutcomeRecord {
  package let kind: UInt8
  package let refusal: CallRefusal
  /// Positioned at the body (BORDERS, section 1), which is empty for a refused call; for
  /// `wrongState` it holds the state's byte.
  package var body: ByteReader
}

/// Walks outcome records: one for each command record, in order.
@safe
package struct OutcomeReader {
  private var reader: ByteReader

  /// The caller keeps `bytes` alive and unchanged for as long as it reads.
  package init(_ bytes: UnsafeRawBufferPointer) { unsafe reader = ByteReader(bytes) }

  package var isValid: Bool { reader.isValid }
  /// Where the next record begins.
  package var offset: Int { reader.offset }

  package mutating func next() -> OutcomeRecord? {
    guard !reader.isAtEnd, reader.isValid else { return nil }
    let length = Int(reader.get(UInt32.self))
    var record = unsafe ByteReader(reader.get(raw: length))
    let kind = record.get(UInt8.self)
    let refusal = CallRefusal(rawValue: record.get(UInt16.self))
    guard record.isValid, let refusal else { return nil }
    return OutcomeRecord(kind: kind, refusal: refusal, body: record)
  }
}

/// The head of a reservation record; `lineCount` × `ReservationLineRecord` follow in the reader.
@safe
package struct ReservationRecord {
  package let number: UInt64
  package let state: UInt8
  /// Milliseconds of log time; `Absent.time` when there is no deadline.
  package let expiresAt: Int64
  package let version: UInt64
  package let orderID: UnsafeRawBufferPointer
  package let customer: UnsafeRawBufferPointer
  package let channel: UnsafeRawBufferPointer
  package let lineCount: Int

  package init(from reader: inout ByteReader) {
    number = reader.get()
    state = reader.get()
    expiresAt = reader.get()
    version = reader.get()
    unsafe orderID = reader.getShort()
    unsafe customer = reader.getShort()
    unsafe channel = reader.getShort()
    lineCount = Int(reader.get(UInt16.self))
  }
}

/// One assignment of a reservation, with what became of its units.
@safe
package struct ReservationLineRecord {
  package let sku: UnsafeRawBufferPointer
  package let location: UnsafeRawBufferPointer
  package let owner: UnsafeRawBufferPointer
  package let reserved: Int64
  package let fulfilled: Int64
  package let released: Int64
  /// `Absent.day` for units on hand.
  package let day: Int32

  package init(from reader: inout ByteReader) {
    unsafe sku = reader.getShort()
    unsafe location = reader.getShort()
    unsafe owner = reader.getShort()
    reserved = reader.get()
    fulfilled = reader.get()
    released = reader.get()
    day = reader.get()
  }
}

/// The head of a line's result; `assignmentCount` × `AssignmentRecord` follow in the reader.
@safe
package struct LineResultRecord {
  package let sku: UnsafeRawBufferPointer
  package let requested: Int64
  package let reserved: Int64
  package let reason: UInt8
  package let assignmentCount: Int

  package init(from reader: inout ByteReader) {
    unsafe sku = reader.getShort()
    requested = reader.get()
    reserved = reader.get()
    reason = reader.get()
    assignmentCount = Int(reader.get(UInt16.self))
  }
}

/// Units of a line, bound to an account and a day.
@safe
package struct AssignmentRecord {
  package let location: UnsafeRawBufferPointer
  package let owner: UnsafeRawBufferPointer
  package let quantity: Int64
  /// `Absent.day` for units on hand.
  package let day: Int32

  package init(from reader: inout ByteReader) {
    unsafe location = reader.getShort()
    unsafe owner = reader.getShort()
    quantity = reader.get()
    day = reader.get()
  }
}
