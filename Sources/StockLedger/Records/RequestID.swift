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

  /// The sixteen bytes of a UUID in its usual form, sixteen characters at once.
  static func uuid(_ text: UnsafeRawBufferPointer) -> Hash128? {
    let dash = UInt8(ascii: "-")
    guard text.count == bytesMax, unsafe text[8] == dash, unsafe text[13] == dash,
      unsafe text[18] == dash, unsafe text[23] == dash
    else { return nil }
    var wrong = SIMD2<UInt64>.zero
    let high = unsafe digits(SIMD2(word(text, 0, 4), word(text, 9, 14)), &wrong)
    let low = unsafe digits(SIMD2(word(text, 19, 24), word(text, 28, 32)), &wrong)
    guard wrong.x | wrong.y == 0 else { return nil }
    return Hash128(high: packed(high), low: packed(low))
  }

  /// Four characters at `first` and four at `second`, the first one lowest.
  @inline(__always)
  private static func word(
    _ text: UnsafeRawBufferPointer, _ first: Int, _ second: Int
  ) -> UInt64 {
    let low = unsafe text.loadUnaligned(fromByteOffset: first, as: UInt32.self).littleEndian
    let high = unsafe text.loadUnaligned(fromByteOffset: second, as: UInt32.self).littleEndian
    return UInt64(high) << 32 | UInt64(low)
  }

  /// The values of sixteen hexadecimal characters; `wrong` is no longer zero when one is none.
  @inline(__always)
  private static func digits(
    _ text: SIMD2<UInt64>, _ wrong: inout SIMD2<UInt64>
  ) -> SIMD2<UInt64> {
    let isLetter = text &>> 6 & bytes(0x01)
    let values = (text & bytes(0x0F)) &+ isLetter &+ isLetter &<< 3
    // Written back, a digit must give the character that it came from, letters in lower case: a
    // letter is 0x27 above where it would follow the digits.
    let isTen = (values &+ bytes(0x06)) &>> 4 & bytes(0x01)
    let back = values &+ bytes(0x30) &+ isTen &<< 5 &+ isTen &<< 3 &- isTen
    wrong |= values & bytes(0xF0) | (back ^ (text | isLetter &<< 5))
    return values
  }

  @inline(__always)
  private static func bytes(_ byte: UInt64) -> SIMD2<UInt64> {
    SIMD2(repeating: byte &* 0x0101_0101_0101_0101)
  }

  /// Sixteen values below sixteen in eight bytes, the first one highest.
  @inline(__always)
  private static func packed(_ values: SIMD2<UInt64>) -> UInt64 {
    (fourBytes(values.x) | fourBytes(values.y) << 32).byteSwapped
  }

  @inline(__always)
  private static func fourBytes(_ values: UInt64) -> UInt64 {
    let pairs = (values << 4 | values >> 8) & 0x00FF_00FF_00FF_00FF
    let fours = (pairs | pairs >> 8) & 0x0000_FFFF_0000_FFFF
    return (fours | fours >> 16) & 0xFFFF_FFFF
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
