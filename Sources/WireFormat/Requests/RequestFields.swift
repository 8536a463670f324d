internal import CHoldfastProto
internal import CProtobufC
internal import StockLedger

// The rules of single fields: each is refused by its name and limit.

typealias CText = UnsafeMutablePointer<CChar>

extension WireLimits {
  /// A text that may be empty. The scan has seen to its encoding, so the first NUL ends it.
  func text(
    _ pointer: CText?, _ field: String, max: Int? = nil
  ) throws(RequestRefusal) -> UnsafeRawBufferPointer {
    guard let pointer = unsafe pointer else { return unsafe .init(start: nil, count: 0) }
    var count = 0
    while unsafe pointer[count] != 0 { count += 1 }
    let max = max ?? textBytesMax
    guard count <= max else { throw .limit(field, max: max, actual: Int64(count), unit: "bytes") }
    return unsafe UnsafeRawBufferPointer(start: pointer, count: count)
  }

  /// A text that must be there.
  func required(
    _ pointer: CText?, _ field: String, max: Int? = nil
  ) throws(RequestRefusal) -> UnsafeRawBufferPointer {
    let text = try unsafe text(pointer, field, max: max)
    guard unsafe !text.isEmpty else { throw .invalid(field, "is missing") }
    return unsafe text
  }

  /// A text that becomes a part of names, where a slash would be taken for the end of it.
  func segment(
    _ pointer: CText?, _ field: String
  ) throws(RequestRefusal) -> UnsafeRawBufferPointer {
    let text = try unsafe required(pointer, field)
    guard unsafe !text.contains(UInt8(ascii: "/")) else { throw .invalid(field, "has a slash") }
    return unsafe text
  }

  func quantity(
    _ value: Int64, _ field: String, from least: Int64 = 1
  ) throws(RequestRefusal) -> Int64 {
    guard value >= least else { throw .invalid(field, "must be at least \(least), not \(value)") }
    guard value <= quantityMax else {
      throw .limit(field, max: quantityMax, actual: value, unit: "units")
    }
    return value
  }

  /// A length of life in milliseconds; what is finer is cut off.
  func ttl(
    _ duration: UnsafeMutablePointer<Google__Protobuf__Duration>?, _ field: String
  ) throws(RequestRefusal) -> Int64 {
    guard let duration = unsafe duration?.pointee else { return ttlDefaultMilliseconds }
    let (seconds, nanos) = unsafe (duration.seconds, Int64(duration.nanos))
    guard (0..<1_000_000_000).contains(nanos), (0...315_576_000_000).contains(seconds) else {
      throw .invalid(field, "is no length of time")
    }
    let milliseconds = seconds * 1000 + nanos / 1_000_000
    guard milliseconds >= ttlMinMilliseconds else {
      throw .invalid(field, "must be at least \(ttlMinMilliseconds) ms, not \(milliseconds)")
    }
    guard milliseconds <= ttlMaxMilliseconds else {
      throw .limit(field, max: ttlMaxMilliseconds, actual: milliseconds, unit: "ms")
    }
    return milliseconds
  }

  /// Milliseconds since 1970; `Absent.time` when it isn't set.
  func time(
    _ timestamp: UnsafeMutablePointer<Google__Protobuf__Timestamp>?, _ field: String
  ) throws(RequestRefusal) -> Int64 {
    guard let stamp = unsafe timestamp?.pointee else { return Absent.time }
    // 0001-01-01 to 9999-12-31, as the type itself has it.
    let (seconds, nanos) = unsafe (stamp.seconds, Int64(stamp.nanos))
    guard (-62_135_596_800...253_402_300_799).contains(seconds),
      (0..<1_000_000_000).contains(nanos)
    else { throw .invalid(field, "is no time") }
    return seconds * 1000 + nanos / 1_000_000
  }

  /// The day's number; `Absent.day` when it isn't set.
  func day(
    _ date: UnsafeMutablePointer<Holdfast__V1__Date>?, _ field: String
  ) throws(RequestRefusal) -> Int32 {
    guard let date = unsafe date?.pointee else { return Absent.day }
    let civil = unsafe CivilDate(year: date.year, month: date.month, day: date.day)
    guard let number = civil.dayNumber else { throw .invalid(field, "is no date") }
    return number
  }

  func requestID(
    _ pointer: CText?, minted: MintedID
  ) throws(RequestRefusal) -> RequestID {
    let text = try unsafe text(pointer, "request_id", max: requestIDBytesMax)
    return unsafe text.isEmpty ? RequestID(minted) : RequestID(text)
  }

  func name(_ pointer: CText?) throws(RequestRefusal) -> ReservationNameParts {
    let text = try unsafe required(pointer, "name", max: nameBytesMax)
    guard let parts = unsafe ReservationNameParts(text) else {
      throw .invalid("name", "is not pools/{pool}/regions/{region}/reservations/{number}")
    }
    guard unsafe parts.pool.count <= textBytesMax, unsafe parts.region.count <= textBytesMax else {
      throw .limit("name", max: textBytesMax, unit: "bytes in each part")
    }
    return parts
  }

  func count(
    _ count: Int, _ field: String, _ range: ClosedRange<Int>
  ) throws(RequestRefusal) {
    guard count >= range.lowerBound else { throw .invalid(field, "is empty") }
    guard count <= range.upperBound else {
      throw .limit(field, max: range.upperBound, actual: Int64(count), unit: "elements")
    }
  }
}
