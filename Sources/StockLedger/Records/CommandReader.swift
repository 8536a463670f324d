package import Primitives

/// One command record, as a view of the payload that it lies in.
@safe
package struct CommandRecord {
  package let kind: UInt8
  package let firstSentAt: Int64
  /// Valid while the payload is.
  package let requestID: UnsafeRawBufferPointer
  /// The validated command without its request id; valid while the payload is.
  package let body: UnsafeRawBufferPointer

  /// What tells one command from another under the same request id (rule Q2).
  package var fingerprint: Hash128 { unsafe Hash128(body, seed: UInt64(kind)) }
}

/// Walks the command records of an entry's payload.
///
/// A record is `u32 length | u8 kind | u8 flags | short requestID | i64 firstSentAt | body`; the
/// bodies are, in order of their fields:
///
/// - reserve: short orderID, short customer, short channel, i64 ttl ms, u8 fill, i32 requiredBy,
///   u16 n × { short sku, i64 quantity, short unit, short location }
/// - confirm: u64 number, u8 onExpired
/// - extend: u64 number, i64 ttl ms
/// - release: u64 number, u16 n × { short sku, i64 quantity }
/// - fulfill: u64 number, u16 n × { short sku, i64 quantity }, short source, u64 sourceSequence
/// - adjustSupply: short source, u64 sourceSequence, short sku, short location, short owner,
///   i64 delta, i32 availableOn, i64 occurredAt, short reference
/// - syncSupply: short source, u64 sourceVersion, i64 countedAt, u32 n × { short sku,
///   short location, short owner, i64 onHand, u16 m × { i32 availableOn, i64 quantity,
///   short reference } }
/// - catalogUpdate: u64 term, u64 from, u64 to, u32 n × { u8 kind, the body of that kind }
/// - pulse: u64 term
/// - raiseRules: u16 version
/// - putSku: short sku, short baseUnit, u8 active, u16 n × { short unit, i64 baseUnitsEach }
/// - putLocation: short location, short region, short zone
/// - putPool: short pool, u16 n × short region, u16 m × short location
/// - putAccount: short sku, short location, short owner, short pool, i64 buffer
/// - putNode: u64 node, short region, short zone, short address
/// - dropNode: u64 node
@safe
package struct CommandReader {
  private var reader: ByteReader

  /// The caller keeps `payload` alive and unchanged for as long as it reads.
  package init(_ payload: UnsafeRawBufferPointer) { unsafe reader = ByteReader(payload) }

  package var isValid: Bool { reader.isValid }

  /// To which version of the rules a payload raises; nil for all but the entry of its own that does.
  package static func rulesRaised(by payload: [UInt8]) -> RulesVersion? {
    // Asked of each entry: most are told by their first record's kind.
    guard payload.count > 4, payload[4] == CommandKind.raiseRules.rawValue else { return nil }
    return unsafe payload.withUnsafeBytes { bytes in
      var reader = unsafe CommandReader(bytes)
      guard let record = reader.next() else { return nil }
      var body = unsafe ByteReader(record.body)
      return RulesVersion(rawValue: body.get())
    }
  }

  /// The next record, or nil at the end or at a malformed record (`isValid` tells which).
  package mutating func next() -> CommandRecord? {
    guard !reader.isAtEnd, reader.isValid else { return nil }
    let length = Int(reader.get(UInt32.self))
    let bytes = unsafe reader.get(raw: length)
    guard reader.isValid else { return nil }
    var record = unsafe ByteReader(bytes)
    let kind = record.get(UInt8.self)
    _ = record.get(UInt8.self)
    let requestID = unsafe record.getShort()
    let firstSentAt = record.get(Int64.self)
    guard record.isValid else {
      _ = unsafe reader.get(raw: Int.max)
      return nil
    }
    return unsafe CommandRecord(
      kind: kind, firstSentAt: firstSentAt, requestID: requestID,
      body: record.get(raw: record.remaining))
  }
}
