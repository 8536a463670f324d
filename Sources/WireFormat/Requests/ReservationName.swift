/// `pools/{pool}/regions/{region}/reservations/{number}`.
package struct ReservationName: Hashable, Sendable {
  package var pool: [UInt8]
  package var region: [UInt8]
  package var number: UInt64

  package init(pool: [UInt8], region: [UInt8], number: UInt64) {
    self.pool = pool
    self.region = region
    self.number = number
  }

  package init?(_ text: String) {
    var text = text
    let parsed: ReservationName? = text.withUTF8 {
      guard let parts = unsafe ReservationNameParts(UnsafeRawBufferPointer($0)) else { return nil }
      return unsafe ReservationName(
        pool: [UInt8](parts.pool), region: [UInt8](parts.region), number: parts.number)
    }
    guard let parsed else { return nil }
    self = parsed
  }

  package var text: String {
    let pool = String(decoding: pool, as: UTF8.self)
    let region = String(decoding: region, as: UTF8.self)
    return "pools/\(pool)/regions/\(region)/reservations/\(number)"
  }
}

/// The parts of a name, as views of the text that they lie in.
@safe
struct ReservationNameParts {
  let pool: UnsafeRawBufferPointer
  let region: UnsafeRawBufferPointer
  let number: UInt64

  init?(_ text: UnsafeRawBufferPointer) {
    var rest = unsafe text
    guard unsafe Self.skip("pools/", &rest), let pool = unsafe Self.segment(&rest),
      unsafe Self.skip("/regions/", &rest), let region = unsafe Self.segment(&rest),
      unsafe Self.skip("/reservations/", &rest), let number = unsafe Self.number(rest)
    else { return nil }
    unsafe self.pool = pool
    unsafe self.region = region
    self.number = number
  }

  private static func skip(_ word: StaticString, _ rest: inout UnsafeRawBufferPointer) -> Bool {
    let count = word.utf8CodeUnitCount
    guard rest.count >= count else { return false }
    for i in 0..<count where unsafe rest[i] != word.utf8Start[i] { return false }
    unsafe rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    return true
  }

  /// Everything up to the next slash, and not nothing: a pool or region has no slash in its name.
  private static func segment(_ rest: inout UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
    var end = 0
    while end < rest.count, unsafe rest[end] != UInt8(ascii: "/") { end += 1 }
    guard end > 0 else { return nil }
    let segment = unsafe UnsafeRawBufferPointer(rebasing: rest[0..<end])
    unsafe rest = UnsafeRawBufferPointer(rebasing: rest[end...])
    return unsafe segment
  }

  /// A decimal number from 1, without leading zeros, so that a reservation has one name.
  private static func number(_ text: UnsafeRawBufferPointer) -> UInt64? {
    guard (1...20).contains(text.count), unsafe text[0] != UInt8(ascii: "0") else { return nil }
    var value: UInt64 = 0
    for i in 0..<text.count {
      let byte = unsafe text[i]
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
      let (tens, over) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = tens.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
      if over || carry { return nil }
      value = sum
    }
    return value
  }
}
