import Primitives

// What rules Q1 and Q2 look at in a request, the same for shards and for the catalog.

/// What identifies a request for as long as it is remembered.
struct RequestIdentity {
  var key: Hash128
  var fingerprint: Hash128
  var stampSeconds: UInt32
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

  private static func uuid(_ text: UnsafeRawBufferPointer) -> Hash128? {
    guard text.count == bytesMax else { return nil }
    var words: (UInt64, UInt64) = (0, 0)
    for at in 0..<bytesMax {
      let byte = unsafe text[at]
      if at == 8 || at == 13 || at == 18 || at == 23 {
        guard byte == UInt8(ascii: "-") else { return nil }
        continue
      }
      let digit = hexDigit[Int(byte)]
      guard digit < 16 else { return nil }
      words.0 = words.0 << 4 | words.1 >> 60
      words.1 = words.1 << 4 | UInt64(digit)
    }
    return Hash128(high: words.0, low: words.1)
  }
}

private let hexDigit: [UInt8] = (0..<256).map { (byte: Int) -> UInt8 in
  switch UInt8(byte) {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt8(byte) - UInt8(ascii: "0")
  case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt8(byte) - UInt8(ascii: "a") + 10
  case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt8(byte) - UInt8(ascii: "A") + 10
  default: 255
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
  func key(of record: CommandRecord) -> Hash128? {
    let count = unsafe record.requestID.count
    return count >= 1 && count <= RequestID.bytesMax
      ? unsafe RequestID.key(record.requestID) : nil
  }

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
    // Rounded up, so that the floor that it may become never lies below it.
    let seconds = UInt32(clamping: stamp / 1_000 + (stamp % 1_000 > 0 ? 1 : 0))
    return .success(
      RequestIdentity(key: key, fingerprint: fingerprint, stampSeconds: max(1, seconds)))
  }

  /// The floor once a request with this stamp is forgotten; none for a request without a time.
  static func floor(after stampSeconds: UInt32) -> Int64 {
    stampSeconds == 0 ? Int64.min : Int64(stampSeconds) * 1_000 + 1
  }
}
