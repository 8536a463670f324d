// The answers as a client reads them. Fields that it does not know are passed over; an answer that
// is no protobuf is told from one that is.

/// A message that a server sent.
package protocol ClientAnswer: Sendable {
  /// Nothing when the bytes are malformed.
  init?(_ bytes: UnsafeRawBufferPointer)
}

extension ClientAnswer {
  package init?(_ bytes: [UInt8]) {
    let answer = unsafe bytes.withUnsafeBytes { unsafe Self($0) }
    guard let answer else { return nil }
    self = answer
  }
}

extension ProtoReader {
  /// Reads every field; false when the message is malformed.
  static func each(
    _ bytes: UnsafeRawBufferPointer, _ take: (inout ProtoReader) -> Void
  ) -> Bool {
    var reader = unsafe ProtoReader(bytes)
    while reader.next() { take(&reader) }
    return !reader.isMalformed
  }

  var text: String {
    wireType == 2 ? unsafe String(decoding: content, as: UTF8.self) : ""
  }

  var int64: Int64 { wireType == 0 ? Int64(bitPattern: value) : 0 }
  var number64: UInt64 { wireType == 0 ? value : 0 }
  var flag: Bool { number64 != 0 }
  var blob: [UInt8] { wireType == 2 ? unsafe [UInt8](content) : [] }

  /// The field as a message; a malformed one spoils the whole.
  mutating func message<Answer: ClientAnswer>(_ type: Answer.Type = Answer.self) -> Answer? {
    guard wireType == 2, let answer = unsafe Answer(content) else {
      _ = fail()
      return nil
    }
    return answer
  }

  /// A Timestamp in milliseconds or a Duration in nanoseconds, by `unit` parts of a second.
  mutating func time(partsOfSecond unit: Int64) -> Int64 {
    var seconds: Int64 = 0
    var nanos: Int64 = 0
    guard wireType == 2 else { return 0 }
    let fine = unsafe Self.each(content) { field in
      if field.number == 1 { seconds = field.int64 }
      if field.number == 2 { nanos = field.int64 }
    }
    if !fine { _ = fail() }
    return seconds &* unit &+ nanos / (1_000_000_000 / unit)
  }

  mutating func milliseconds() -> Int64 { time(partsOfSecond: 1_000) }
  mutating func nanoseconds() -> Int64 { time(partsOfSecond: 1_000_000_000) }
}

extension CivilDate: ClientAnswer {
  package init?(_ bytes: UnsafeRawBufferPointer) {
    var date = CivilDate(year: 0, month: 0, day: 0)
    let fine = unsafe ProtoReader.each(bytes) { field in
      let part = Int32(truncatingIfNeeded: field.int64)
      switch field.number {
      case 1: date.year = part
      case 2: date.month = part
      case 3: date.day = part
      default: break
      }
    }
    guard fine else { return nil }
    self = date
  }

  /// `2026-11-25`
  package var text: String {
    func padded(_ value: Int32, _ width: Int) -> String {
      let digits = String(value)
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
  }

  /// Reads `2026-11-25`; nothing for what no calendar has.
  package init?(text: String) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 3, let year = Int32(parts[0]), let month = Int32(parts[1]),
      let day = Int32(parts[2])
    else { return nil }
    let date = CivilDate(year: year, month: month, day: day)
    guard date.dayNumber != nil else { return nil }
    self = date
  }
}

extension ClientPosition: ClientAnswer {
  package init?(_ bytes: UnsafeRawBufferPointer) {
    self.init()
    let fine = unsafe ProtoReader.each(bytes) { field in
      switch field.number {
      case 1: shard = UInt32(truncatingIfNeeded: field.number64)
      case 2: index = field.number64
      default: break
      }
    }
    guard fine else { return nil }
  }
}
