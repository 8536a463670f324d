import Primitives

// Rules Q1 and Q2: a request id acts once, and a retry gets the same answer.

/// Where a remembered request is found.
struct RequestPlace: BitwiseCopyable, Sendable, Equatable {
  var raw: UInt64

  /// Its reservation lives.
  static func live(_ number: UInt64) -> RequestPlace { RequestPlace(raw: number << 1) }
  /// Its reservation has ended, or it never had one.
  static func ended(_ place: UInt64) -> RequestPlace { RequestPlace(raw: place << 1 | 1) }

  var isLive: Bool { raw & 1 == 0 }
  var number: UInt64 { raw >> 1 }
}

/// What identifies a request for as long as it is remembered.
struct RequestIdentity {
  var key: Hash128
  var fingerprint: Hash128
  var stampSeconds: UInt32
}

enum RequestStanding {
  case new(RequestIdentity)
  case repeated(RequestPlace)
  case refused(CallRefusal)
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

extension ShardLedger {
  var nowSeconds: UInt32 { UInt32(clamping: books.header.logTime.milliseconds / 1_000) }

  /// Whether a well-formed request is new; remembered ids come before what their age says.
  func standing(of record: CommandRecord) -> RequestStanding {
    guard unsafe record.requestID.count >= 1, unsafe record.requestID.count <= RequestID.bytesMax
    else { return .refused(.invalidArgument) }
    let key = unsafe RequestID.key(record.requestID)
    let fingerprint = record.fingerprint
    if let place = requests.find(key) {
      return self.fingerprint(at: place) == fingerprint
        ? .repeated(place) : .refused(.requestIDReused)
    }
    let stamp =
      unsafe record.firstSentAt != Absent.time
      ? record.firstSentAt : RequestID.time(key, of: record.requestID)
    guard let stamp else {
      return .new(RequestIdentity(key: key, fingerprint: fingerprint, stampSeconds: 0))
    }
    if stamp < books.header.requestFloor { return .refused(.requestTooOld) }
    if stamp > books.header.logTime.milliseconds + limits.futureToleranceMilliseconds {
      return .refused(.requestFromTheFuture)
    }
    let seconds = UInt32(clamping: stamp / 1_000 + (stamp % 1_000 > 0 ? 1 : 0))
    return .new(
      RequestIdentity(key: key, fingerprint: fingerprint, stampSeconds: max(1, seconds)))
  }

  private func fingerprint(at place: RequestPlace) -> Hash128 {
    place.isLive
      ? books.reservations[place.number].fingerprint : books.ended[place.number].fingerprint
  }

  /// Remembers a request that acted and has no live reservation (any more).
  mutating func remember(_ row: EndedRow) {
    let place = books.header.endedTail
    books.header.endedTail += 1
    books.ended.insert(row, at: place)
    requests.replace(row.requestID, .ended(place))
    for _ in 0..<Self.trimsPerRequest where hasForgettable { forgetOldest() }
    for _ in 0..<Self.trimsPerRequest where hasDroppable { dropOldestReservation() }
  }

  mutating func remember(
    _ identity: RequestIdentity, _ kind: CommandKind, number: UInt64 = 0,
    outcome: FillOutcome = .full, answer: UInt32 = 0
  ) {
    remember(
      EndedRow(
        requestID: identity.key, fingerprint: identity.fingerprint, number: number,
        endedSeconds: nowSeconds, stampSeconds: identity.stampSeconds, answer: answer,
        kind: kind.rawValue, outcome: outcome.rawValue, state: 0))
  }

  /// More than one, so that what piled up shrinks; few, so that no command pays for the pile.
  private static var trimsPerRequest: Int { 4 }

  private var horizonSeconds: UInt32 {
    UInt32(clamping: limits.dedupeHorizonMilliseconds / 1_000)
  }

  private var hasForgettable: Bool {
    let header = books.header
    guard header.endedHead < header.endedTail else { return false }
    if header.endedTail - header.endedHead > UInt64(limits.endedRequestsMax) { return true }
    let age = Int64(nowSeconds) - Int64(books.ended[header.endedHead].endedSeconds)
    return age > Int64(horizonSeconds)
  }

  private var hasDroppable: Bool {
    books.header.endedTail - books.header.keptHead > UInt64(limits.endedReservationsKept)
  }

  /// The horizon has passed, or there is no room: whoever sent it can't be told from a new request
  /// any more, so nothing that was first sent as early is accepted.
  private mutating func forgetOldest() {
    let place = books.header.endedHead
    if books.header.keptHead == place { dropOldestReservation() }
    books.header.endedHead += 1
    guard let row = books.ended.remove(place) else { preconditionFailure("no ended \(place)") }
    books.freeBlock(row.answer)
    guard row.kind != EndedRow.void else { return }
    requests.remove(row.requestID)
    if row.stampSeconds > 0 {
      books.header.requestFloor = max(
        books.header.requestFloor, Int64(row.stampSeconds) * 1_000 + 1)
    }
  }

  /// Of the reservation only its request and its state stay.
  private mutating func dropOldestReservation() {
    let place = books.header.keptHead
    books.header.keptHead += 1
    let ended = books.ended[place]
    guard ended.kind == CommandKind.reserve.rawValue,
      let row = books.reservations.remove(ended.number)
    else { return }
    precondition(
      row.state.isEnded && row.deadline == Int64(bitPattern: place),
      "reservation \(ended.number) at \(row.deadline), ended \(place)")
    books.freeBlock(row.texts)
    books.freeBlock(row.lines)
    books.freeBlock(row.answer)
    books.texts.release(row.channel)
  }
}
