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

enum RequestStanding {
  case new(RequestIdentity)
  case repeated(RequestPlace)
  case refused(CallRefusal)
}

extension ShardState {
  var nowSeconds: UInt32 { UInt32(clamping: books.header.logTime.milliseconds / 1_000) }

  /// Whether a well-formed request is new; remembered ids come before what their age says.
  func standing(of record: CommandRecord) -> RequestStanding {
    let rules = RequestRules(
      floor: books.header.requestFloor, now: books.header.logTime, limits: limits)
    guard let key = rules.key(of: record) else { return .refused(.invalidArgument) }
    if let place = requests.find(key) {
      return fingerprint(at: place) == record.fingerprint
        ? .repeated(place) : .refused(.requestIDReused)
    }
    switch rules.admit(record, key) {
    case .success(let identity): return .new(identity)
    case .failure(let refused): return .refused(refused.refusal)
    }
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
    books.header.requestFloor = max(
      books.header.requestFloor, RequestRules.floor(after: row.stampSeconds))
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
