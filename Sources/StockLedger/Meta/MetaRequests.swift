import Primitives

// Rules Q1 and Q2 for the catalog: every change is remembered for the horizon, with its version.

extension MetaLedger {
  enum Standing {
    /// Without an identity: made by the leader, and not remembered.
    case new(RequestIdentity?)
    /// The place of the change.
    case repeated(UInt64)
    case refused(CallRefusal)
  }

  func standing(of record: CommandRecord, _ kind: CommandKind) -> Standing {
    if kind.isTopology, unsafe record.requestID.count == 0 { return .new(nil) }
    let rules = RequestRules(
      floor: books.header.requestFloor, now: books.header.logTime, limits: limits)
    guard let key = rules.key(of: record) else { return .refused(.invalidArgument) }
    if let place = requests.find(key) {
      return books.ended[place].fingerprint == record.fingerprint
        ? .repeated(place) : .refused(.requestIDReused)
    }
    switch rules.admit(record, key) {
    case .success(let identity): return .new(identity)
    case .failure(let refused): return .refused(refused.refusal)
    }
  }

  mutating func remember(_ identity: RequestIdentity) {
    let now = UInt32(clamping: books.header.logTime.milliseconds / 1_000)
    let place = books.header.endedTail
    books.header.endedTail += 1
    books.ended.insert(
      ChangeRow(
        requestID: identity.key, fingerprint: identity.fingerprint, version: catalogVersion,
        seconds: now, stampSeconds: identity.stampSeconds),
      at: place)
    requests.replace(identity.key, place)
    // More than one, so that what piled up shrinks.
    for _ in 0..<4 where isOldestForgettable(now) { forgetOldest() }
  }

  private func isOldestForgettable(_ now: UInt32) -> Bool {
    let header = books.header
    guard header.endedHead < header.endedTail else { return false }
    if header.endedTail - header.endedHead > UInt64(limits.endedRequestsMax) { return true }
    let age = Int64(now) - Int64(books.ended[header.endedHead].seconds)
    return age > limits.dedupeHorizonMilliseconds / 1_000
  }

  private mutating func forgetOldest() {
    let place = books.header.endedHead
    books.header.endedHead += 1
    guard let row = books.ended.remove(place) else { preconditionFailure("no ended \(place)") }
    requests.remove(row.requestID)
    books.header.requestFloor = max(
      books.header.requestFloor, RequestRules.floor(after: row.stampSeconds))
  }
}
