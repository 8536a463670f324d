internal import Primitives

/// Writes fields. A visitor is copyable and a writer isn't, so it writes through a pointer that its
/// maker keeps alive.
@safe
struct FieldEncoder: FieldVisitor {
  private let writer: UnsafeMutablePointer<ProtoWriter>

  init(_ writer: UnsafeMutablePointer<ProtoWriter>) { unsafe self.writer = writer }

  mutating func field(_ number: UInt32, _ value: inout String) {
    unsafe writer.pointee.put(number, value)
  }

  mutating func field(_ number: UInt32, _ value: inout [String]) {
    for var element in value {
      element.withUTF8 { unsafe writer.pointee.always(number, UnsafeRawBufferPointer($0)) }
    }
  }

  mutating func field(_ number: UInt32, _ value: inout [UInt8]) {
    unsafe writer.pointee.put(number, value)
  }

  mutating func field(_ number: UInt32, _ value: inout Bool) {
    unsafe writer.pointee.put(number, value)
  }

  mutating func field<I: FixedWidthInteger>(_ number: UInt32, _ value: inout I) {
    // Negative int32 values are written sign-extended, like int64.
    unsafe writer.pointee.put(number, UInt64(truncatingIfNeeded: value))
  }

  mutating func field<E: WireEnum>(_ number: UInt32, _ value: inout E) {
    unsafe writer.pointee.put(number, Int64(value.rawValue))
  }

  mutating func field<M: WireMessage>(_ number: UInt32, _ value: inout M?) {
    if value != nil { message(number, &value!) }
  }

  mutating func field<M: WireMessage>(_ number: UInt32, _ value: inout [M]) {
    for i in value.indices { message(number, &value[i]) }
  }

  private mutating func message(_ number: UInt32, _ value: inout some WireMessage) {
    let mark = unsafe writer.pointee.begin(number)
    value.fields(&self)
    unsafe writer.pointee.end(mark)
  }

  mutating func field(_ number: UInt32, _ value: inout LogTime?) {
    if let value { unsafe writer.pointee.put(number, timestamp: value.milliseconds) }
  }

  mutating func field(_ number: UInt32, _ value: inout Duration?) {
    guard let value else { return }
    let mark = unsafe writer.pointee.begin(number)
    unsafe writer.pointee.put(1, value.components.seconds)
    unsafe writer.pointee.put(2, value.components.attoseconds / 1_000_000_000)
    unsafe writer.pointee.end(mark)
  }

  mutating func field(_ number: UInt32, _ value: inout CivilDate?) {
    guard let value else { return }
    let mark = unsafe writer.pointee.begin(number)
    unsafe writer.pointee.put(1, Int64(value.year))
    unsafe writer.pointee.put(2, Int64(value.month))
    unsafe writer.pointee.put(3, Int64(value.day))
    unsafe writer.pointee.end(mark)
  }
}

extension ProtoWriter {
  /// A message field.
  mutating func put(_ field: UInt32, message: some WireMessage) {
    var copy = message
    let mark = begin(field)
    unsafe withUnsafeMutablePointer(to: &self) {
      var encoder = unsafe FieldEncoder($0)
      copy.fields(&encoder)
    }
    end(mark)
  }
}
