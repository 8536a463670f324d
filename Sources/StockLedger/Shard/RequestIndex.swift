import Primitives

/// Every remembered request id of a shard. Those of live reservations lie here with their keys;
/// ended ones are many more and stay longer, so their ids lie in their rows only.
struct RequestIndex: Sendable {
  private var live = HashIndex<Hash128, UInt64>(seed: seed)
  private var ended = NumberIndex()

  private static var seed: UInt64 { 2 }

  init() {}

  var count: Int { live.count + ended.count }

  /// The hash of a request's key, which is asked for once for a request.
  @inline(__always)
  static func hash(_ key: Hash128) -> UInt64 { KeyHash.of(key, seed: seed) }

  @inline(__always)
  func find(_ key: Hash128, _ hash: UInt64, in books: Books) -> RequestPlace? {
    if let number = live.find(key, hash) { return .live(number) }
    guard ended.count > 0 else { return nil }
    let short = ended.find(hash) { books.ended[books.endedPlace($0)].requestID == key }
    return short.map { .ended(books.endedPlace($0)) }
  }

  func find(_ key: Hash128, in books: Books) -> RequestPlace? {
    find(key, Self.hash(key), in: books)
  }

  /// A request that made a reservation, and of which the caller has just seen that it is new.
  @inline(__always)
  mutating func insertLive(_ key: Hash128, _ hash: UInt64, _ number: UInt64) {
    live.insert(absent: key, hash, number)
  }

  mutating func removeLive(_ key: Hash128) {
    let number = live.remove(key)
    precondition(number != nil, "a reservation without its request")
  }

  /// A request that is not remembered yet, and whose row is there.
  mutating func insertEnded(_ key: Hash128, at place: UInt64, in books: Books) {
    ended.insert(UInt32(truncatingIfNeeded: place), Self.hash(key)) { short in
      Self.hash(books.ended[books.endedPlace(short)].requestID)
    }
  }

  mutating func removeEnded(_ key: Hash128, at place: UInt64) {
    let isRemoved = ended.remove(UInt32(truncatingIfNeeded: place), Self.hash(key))
    precondition(isRemoved, "request at place \(place) is not remembered")
  }
}
