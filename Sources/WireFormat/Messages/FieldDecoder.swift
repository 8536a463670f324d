internal import Primitives

/// Reads fields: for each field on the wire the message shows all of its own, and the one of that
/// number takes the value. Unknown fields are passed over.
@safe
struct FieldDecoder: FieldVisitor {
  private var reader: ProtoReader
  private var isMalformed = false

  private init(_ bytes: UnsafeRawBufferPointer) { unsafe reader = ProtoReader(bytes) }

  /// False when the bytes are no message of this type.
  static func read(
    _ bytes: UnsafeRawBufferPointer, into message: inout some WireMessage
  ) -> Bool {
    var decoder = unsafe FieldDecoder(bytes)
    while decoder.reader.next() {
      message.fields(&decoder)
      if decoder.isMalformed { return false }
    }
    return !decoder.reader.isMalformed
  }

  @inline(__always)
  private mutating func isHere(_ number: UInt32, _ wireType: UInt8) -> Bool {
    guard reader.number == number else { return false }
    if reader.wireType != wireType { isMalformed = true }
    return reader.wireType == wireType
  }

  private mutating func text() -> String {
    guard let text = unsafe String(validating: reader.content, as: UTF8.self) else {
      isMalformed = true
      return ""
    }
    return text
  }

  @inline(__always)
  mutating func field(_ number: UInt32, _ value: inout String) {
    if isHere(number, 2) { value = text() }
  }

  @inline(__always)
  mutating func field(_ number: UInt32, _ value: inout [String]) {
    if isHere(number, 2) { value.append(text()) }
  }

  @inline(__always)
  mutating func field(_ number: UInt32, _ value: inout [UInt8]) {
    if isHere(number, 2) { value = unsafe [UInt8](reader.content) }
  }

  @inline(__always)
  mutating func field(_ number: UInt32, _ value: inout Bool) {
    if isHere(number, 0) { value = reader.value != 0 }
  }

  @inline(__always)
  mutating func field<I: FixedWidthInteger>(_ number: UInt32, _ value: inout I) {
    if isHere(number, 0) { value = I(truncatingIfNeeded: reader.value) }
  }

  @inline(__always)
  mutating func field<E: WireEnum>(_ number: UInt32, _ value: inout E) {
    guard isHere(number, 0) else { return }
    value = E(rawValue: Int32(truncatingIfNeeded: reader.value)) ?? .unspecified
  }

  @inline(__always)
  mutating func field<M: WireMessage>(_ number: UInt32, _ value: inout M?) {
    guard isHere(number, 2) else { return }
    var message = value ?? M()
    if unsafe !Self.read(reader.content, into: &message) { isMalformed = true }
    value = message
  }

  @inline(__always)
  mutating func field<M: WireMessage>(_ number: UInt32, _ value: inout [M]) {
    guard isHere(number, 2) else { return }
    var message = M()
    if unsafe !Self.read(reader.content, into: &message) { isMalformed = true }
    value.append(message)
  }

  @inline(__always)
  mutating func field(_ number: UInt32, _ value: inout LogTime?) {
    guard let (seconds, nanos) = secondsAndNanos(number) else { return }
    let (milliseconds, over) = seconds.multipliedReportingOverflow(by: 1000)
    let (sum, carry) = milliseconds.addingReportingOverflow(nanos / 1_000_000)
    if over || carry { isMalformed = true }
    value = LogTime(milliseconds: sum)
  }

  @inline(__always)
  mutating func field(_ number: UInt32, _ value: inout Duration?) {
    guard let (seconds, nanos) = secondsAndNanos(number) else { return }
    value = .seconds(seconds) + .nanoseconds(nanos)
  }

  private mutating func secondsAndNanos(_ number: UInt32) -> (Int64, Int64)? {
    guard isHere(number, 2) else { return nil }
    var pair = SecondsAndNanos()
    if unsafe !Self.read(reader.content, into: &pair) { isMalformed = true }
    return (pair.seconds, Int64(pair.nanos))
  }

  @inline(__always)
  mutating func field(_ number: UInt32, _ value: inout CivilDate?) {
    guard isHere(number, 2) else { return }
    var date = YearMonthDay()
    if unsafe !Self.read(reader.content, into: &date) { isMalformed = true }
    value = CivilDate(year: date.year, month: date.month, day: date.day)
  }
}

/// A Timestamp or a Duration.
private struct SecondsAndNanos: WireMessage {
  static let name = "google.protobuf.Timestamp"
  var seconds: Int64 = 0
  var nanos: Int32 = 0

  @inline(__always)
  mutating func fields(_ visitor: inout some FieldVisitor) {
    visitor.field(1, &seconds)
    visitor.field(2, &nanos)
  }
}

/// A Date.
private struct YearMonthDay: WireMessage {
  static let name = "holdfast.v1.Date"
  var year: Int32 = 0
  var month: Int32 = 0
  var day: Int32 = 0

  @inline(__always)
  mutating func fields(_ visitor: inout some FieldVisitor) {
    visitor.field(1, &year)
    visitor.field(2, &month)
    visitor.field(3, &day)
  }
}
