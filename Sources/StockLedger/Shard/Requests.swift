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
  @inline(__always)
  func standing(of record: CommandRecord) -> RequestStanding {
    let rules = RequestRules(
      floor: books.header.requestFloor, now: books.header.logTime, limits: limits)
    guard let key = rules.key(of: record) else { return .refused(.invalidArgument) }
    let hash = RequestIndex.hash(key)
    if let place = requests.find(key, hash, in: books) {
      return fingerprint(at: place) == record.fingerprint
        ? .repeated(place) : .refused(.requestIDReused)
    }
    switch rules.admit(record, key) {
    case .success(var identity):
      identity.hash = hash
      return .new(identity)
    case .failure(let refused): return .refused(refused.refusal)
    }
  }

  private func fingerprint(at place: RequestPlace) -> Hash128 {
    place.isLive
      ? books.reservations[place.number].fingerprint : books.ended[place.number].fingerprint
  }

  /// Remembers a request that acted and has no live reservation (any more).
  mutating func remember(_ request: EndedRequest) {
    unsafe remember(request, answer: UnsafeRawBufferPointer(start: nil, count: 0))
  }

  /// The same with an answer that can't be derived later.
  mutating func remember(_ request: EndedRequest, answer: UnsafeRawBufferPointer) {
    let seconds = nowSeconds
    let row = unsafe books.row(of: request, endedSeconds: seconds, answer: answer)
    let place = books.takeEndedPlace(seconds)
    books.ended.insert(row, at: place)
    requests.insertEnded(row.requestID, at: place, in: books)
    for _ in 0..<Self.trimsPerRequest where hasForgettable { forgetOldest() }
    for _ in 0..<Self.trimsPerRequest where hasDroppable { dropOldestReservation() }
  }

  /// More than one, so that what piled up shrinks; few, so that no command pays for the pile.
  private static var trimsPerRequest: Int { 4 }

  private var horizonSeconds: UInt32 {
    UInt32(clamping: limits.dedupeHorizonMilliseconds / 1_000)
  }

  private var hasForgettable: Bool {
    guard books.header.endedHead < books.header.endedTail else { return false }
    let count = books.header.endedTail - books.header.endedHead
    if count > UInt64(limits.endedRequestsMax) { return true }
    let age = Int64(nowSeconds) - Int64(books.header.endedHeadSeconds)
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
    let row = books.ended[place]
    let stamp = books.stampSeconds(of: row, endedSeconds: books.header.endedHeadSeconds)
    if row.facts.kind != EndedFacts.void {
      requests.removeEnded(row.requestID, at: place)
      books.header.requestFloor = max(
        books.header.requestFloor, RequestRules.floor(after: stamp))
    }
    books.ended.remove(place)
    books.freeBlock(row.facts.block)
    books.dropEndedPlace()
  }

  /// Of the reservation only its request and its state stay.
  private mutating func dropOldestReservation() {
    let place = books.header.keptHead
    books.header.keptHead += 1
    let ended = books.ended[place]
    let number = books.number(of: ended)
    guard ended.facts.kind == CommandKind.reserve.rawValue,
      let row = books.reservations.remove(number)
    else { return }
    precondition(
      row.state.isEnded && row.deadline == Int64(bitPattern: place),
      "reservation \(number) at \(row.deadline), ended \(place)")
    books.freeBlock(row.texts)
    books.freeBlock(row.lines)
    books.freeBlock(row.answer)
    books.texts.release(row.channel)
  }
}
