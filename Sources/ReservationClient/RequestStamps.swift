package import Primitives

/// What makes a request act once.
package struct RequestStamp: Hashable, Sendable {
  package var requestID: String
  package var firstSentAt: LogTime?

  package init(requestID: String, firstSentAt: LogTime?) {
    self.requestID = requestID
    self.firstSentAt = firstSentAt
  }
}

/// Makes request ids: UUIDs of version 7 (RFC 9562), which carry the time of their making and rise
/// within one maker, also in one millisecond.
package struct RequestStamps: Sendable {
  /// Started from the system's numbers, and again after so many ids: asking the system for each id
  /// is a system call an id.
  private var random = SeededRandom(seed: .random(in: 0 ... .max))
  private var idsLeft = Self.idsASeed
  private static let idsASeed = 4_096
  private var millisecond: Int64 = 0
  /// The 12 bits after the version count within a millisecond, from a random start.
  private var counter: UInt64 = 0

  package init() {}

  /// The stamp of a request whose first attempt is sent at `now`, in milliseconds since 1970.
  package mutating func next(now: Int64) -> RequestStamp {
    if idsLeft == 0 {
      random = SeededRandom(seed: .random(in: 0 ... .max))
      idsLeft = Self.idsASeed
    }
    idsLeft -= 1
    if now > millisecond {
      millisecond = now
      counter = random.next() & 0x7FF
    } else {
      counter += 1
      if counter > 0xFFF {
        millisecond += 1
        counter = 0
      }
    }
    let high = UInt64(bitPattern: millisecond) << 16 | 0x7000 | counter
    let low = random.next() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
    return RequestStamp(
      requestID: Self.text(high, low), firstSentAt: LogTime(milliseconds: now))
  }

  private static func text(_ high: UInt64, _ low: UInt64) -> String {
    unsafe String(unsafeUninitializedCapacity: 36) { out in
      var at = 0
      for nibble in 0..<32 {
        if nibble == 8 || nibble == 12 || nibble == 16 || nibble == 20 {
          unsafe out[at] = UInt8(ascii: "-")
          at += 1
        }
        let word = nibble < 16 ? high : low
        let digit = UInt8(truncatingIfNeeded: word >> UInt64(60 - nibble % 16 * 4) & 15)
        unsafe out[at] = digit < 10 ? 48 + digit : 87 + digit
        at += 1
      }
      return at
    }
  }
}
