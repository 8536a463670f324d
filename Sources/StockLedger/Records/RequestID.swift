import Primitives

// What rules Q1 and Q2 look at in a request, the same for shards and for the catalog.

/// What identifies a request for as long as it is remembered.
struct RequestIdentity {
  var key: Hash128
  var fingerprint: Hash128
  var stampSeconds: UInt32
  /// Of the key, where the index of a shard asks for it again.
  var hash: UInt64 = 0
}

/// The 16 bytes that a request id is kept as: a UUID is just that, anything else is hashed.
enum RequestID {
  static let bytesMax = 36

  static func key(_ text: UnsafeRawBufferPointer) -> Hash128 {
    if let uuid = unsafe uuid(text) { return uuid }
    return unsafe Hash128(text, seed: 0x7265_7175_6573_7473)
  }

  /// Milliseconds since 1970 of a UUIDv7; nil for every other id.
  static func time(_ key: Hash128, of text: UnsafeRawBufferPointer) -> Int64? {
    guard text.count == bytesMax, unsafe text[14] == UInt8(ascii: "7"), key.low >> 62 == 2
    else { return nil }
    return Int64(key.high >> 16)
  }

  /// The stamp that a UUIDv7 gives its request, by its sixteen bytes alone: whoever asks has to
  /// know that the request got its stamp so, because other ids may look alike. 0 for others.
  static func stampSeconds(_ key: Hash128) -> UInt32 {
    guard key.high >> 12 & 15 == 7, key.low >> 62 == 2 else { return 0 }
    return stampSeconds(milliseconds: Int64(key.high >> 16))
  }

  /// Rounded up, so that the floor that it may become never lies below it.
  @inline(__always)
  static func stampSeconds(milliseconds stamp: Int64) -> UInt32 {
    max(1, UInt32(clamping: stamp / 1_000 + (stamp % 1_000 > 0 ? 1 : 0)))
  }

  /// The sixteen bytes of a UUID in its usual form, eight characters a step.
  static func uuid(_ text: UnsafeRawBufferPointer) -> Hash128? {
    guard text.count == bytesMax else { return nil }
    let dash = UInt8(ascii: "-")
    guard unsafe text[8] == dash, unsafe text[13] == dash, unsafe text[18] == dash,
      unsafe text[23] == dash, let a = unsafe hexDigits(word(text, 0, 4)),
      let b = unsafe hexDigits(word(text, 9, 14)), let c = unsafe hexDigits(word(text, 19, 24)),
      let d = unsafe hexDigits(word(text, 28, 32))
    else { return nil }
    return Hash128(high: a << 32 | b, low: c << 32 | d)
  }

  /// Four characters at `first` and four at `second`, the first one highest.
  @inline(__always)
  private static func word(
    _ text: UnsafeRawBufferPointer, _ first: Int, _ second: Int
  ) -> UInt64 {
    let high = unsafe UInt32(
      bigEndian: text.loadUnaligned(fromByteOffset: first, as: UInt32.self))
    let low = unsafe UInt32(
      bigEndian: text.loadUnaligned(fromByteOffset: second, as: UInt32.self))
    return UInt64(high) << 32 | UInt64(low)
  }

  /// The value of eight hexadecimal characters; nil when one is none.
  @inline(__always)
  private static func hexDigits(_ text: UInt64) -> UInt64? {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let isLetter = text >> 6 & ones
    let values = (text & (0x0F &* ones)) &+ isLetter &* 9
    // Written back, a digit must give the character that it came from, letters in lower case.
    let isTen = (values &+ 6 &* ones) >> 4 & ones
    let back = values &+ 0x30 &* ones &+ isTen &* 0x27
    guard text & (0x80 &* ones) == 0, values & (0xF0 &* ones) == 0, isTen == isLetter,
      back == text | isLetter &* 0x20
    else { return nil }
    var digits = (values | values >> 4) & 0x00FF_00FF_00FF_00FF
    digits = (digits | digits >> 8) & 0x0000_FFFF_0000_FFFF
    return (digits | digits >> 16) & 0xFFFF_FFFF
  }
}

/// Why a request that is not remembered is not accepted either.
struct RequestRefused: Error {
  var refusal: CallRefusal
}

/// What a request's age says about it.
struct RequestRules {
  /// Milliseconds; what was sent before may have acted and been forgotten.
  var floor: Int64
  var now: LogTime
  var limits: LedgerLimits

  /// Nil for an id that is empty or too long.
  @inline(__always)
  func key(of record: CommandRecord) -> Hash128? {
    let count = unsafe record.requestID.count
    return count >= 1 && count <= RequestID.bytesMax
      ? unsafe RequestID.key(record.requestID) : nil
  }

  @inline(__always)
  func admit(
    _ record: CommandRecord, _ key: Hash128
  ) -> Result<RequestIdentity, RequestRefused> {
    let fingerprint = record.fingerprint
    let stamp =
      record.firstSentAt != Absent.time
      ? record.firstSentAt : unsafe RequestID.time(key, of: record.requestID)
    guard let stamp else {
      return .success(RequestIdentity(key: key, fingerprint: fingerprint, stampSeconds: 0))
    }
    if stamp < floor { return .failure(RequestRefused(refusal: .requestTooOld)) }
    if stamp > now.milliseconds + limits.futureToleranceMilliseconds {
      return .failure(RequestRefused(refusal: .requestFromTheFuture))
    }
    return .success(
      RequestIdentity(
        key: key, fingerprint: fingerprint,
        stampSeconds: RequestID.stampSeconds(milliseconds: stamp)))
  }

  /// The floor once a request with this stamp is forgotten; none for a request without a time.
  static func floor(after stampSeconds: UInt32) -> Int64 {
    stampSeconds == 0 ? Int64.min : Int64(stampSeconds) * 1_000 + 1
  }
}
