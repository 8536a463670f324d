internal import Primitives

/// Writes fields.
struct FieldEncoder: FieldVisitor {
  var out = ProtoWriter()

  mutating func field(_ number: UInt32, _ value: inout String) { out.put(number, value) }

  mutating func field(_ number: UInt32, _ value: inout [String]) {
    for var element in value {
      element.withUTF8 { unsafe out.always(number, UnsafeRawBufferPointer($0)) }
    }
  }

  mutating func field(_ number: UInt32, _ value: inout [UInt8]) { out.put(number, value) }

  mutating func field(_ number: UInt32, _ value: inout Bool) { out.put(number, value) }

  mutating func field<I: FixedWidthInteger>(_ number: UInt32, _ value: inout I) {
    // Negative int32 values are written sign-extended, like int64.
    out.put(number, UInt64(truncatingIfNeeded: value))
  }

  mutating func field<E: WireEnum>(_ number: UInt32, _ value: inout E) {
    out.put(number, Int64(value.rawValue))
  }

  mutating func field<M: WireMessage>(_ number: UInt32, _ value: inout M?) {
    if value != nil { message(number, &value!) }
  }

  mutating func field<M: WireMessage>(_ number: UInt32, _ value: inout [M]) {
    for i in value.indices { message(number, &value[i]) }
  }

  private mutating func message(_ number: UInt32, _ value: inout some WireMessage) {
    let mark = out.begin(number)
    value.fields(&self)
    out.end(mark)
  }

  mutating func field(_ number: UInt32, _ value: inout LogTime?) {
    if let value { out.put(number, timestamp: value.milliseconds) }
  }

  mutating func field(_ number: UInt32, _ value: inout Duration?) {
    guard let value else { return }
    let mark = out.begin(number)
    out.put(1, value.components.seconds)
    out.put(2, value.components.attoseconds / 1_000_000_000)
    out.end(mark)
  }

  mutating func field(_ number: UInt32, _ value: inout CivilDate?) {
    guard let value else { return }
    let mark = out.begin(number)
    out.put(1, Int64(value.year))
    out.put(2, Int64(value.month))
    out.put(3, Int64(value.day))
    out.end(mark)
  }
}
