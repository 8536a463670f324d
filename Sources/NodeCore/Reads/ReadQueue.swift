import Primitives

/// Reads of one group that wait: for a read index, for an index to be applied, or both.
struct ReadQueue: Sendable {
  /// How a read gets its instant (rule L10).
  enum Way: Sendable {
    case stale, quorum, lease
  }

  private struct Waiter: Sendable {
    var token: UInt64
    var atLeast: LogIndex
    var since: ClockReading
    var way: Way
  }

  /// One question for a read index, asked for all reads of a turn. Only reads that arrived before
  /// it was asked are in it (rule C8).
  private struct Round: Sendable {
    var raftToken: UInt64
    var askedAt: ClockReading
    var waiters: [Waiter]
  }

  struct Ready: Equatable {
    var token: UInt64
    var way: Way
  }

  struct Expired: Equatable {
    var token: UInt64
    /// It had its instant, but what it waits for was not applied.
    var isBehind: Bool
  }

  private var fresh: [Waiter] = []
  private var rounds: [Round] = []
  /// `atLeast` is what has to be applied, the read index included.
  private var applying: [Waiter] = []

  private(set) var count = 0
  var hasFresh: Bool { !fresh.isEmpty }

  mutating func append(_ request: ReadRequest, now: ClockReading) {
    let waiter = Waiter(
      token: request.token, atLeast: request.atLeast ?? .zero, since: now,
      way: request.consistency == .stale ? .stale : .quorum)
    count += 1
    #if HOLDFAST_MUTANTS
      if Mutant.staleReadCalledQuorum.isPlanted { return applying.append(waiter) }
    #endif
    if waiter.way == .stale { applying.append(waiter) } else { fresh.append(waiter) }
  }

  /// All that arrived before the lease was looked at are linearizable at `index` (rule L2).
  mutating func grantByLease(at index: LogIndex) {
    for var waiter in fresh {
      waiter.atLeast = max(waiter.atLeast, index)
      waiter.way = .lease
      applying.append(waiter)
    }
    fresh.removeAll(keepingCapacity: true)
  }

  /// Asks for all that arrived since the last round; a token is never used twice (trap 18).
  mutating func startRound(raftToken: UInt64, now: ClockReading) {
    rounds.append(Round(raftToken: raftToken, askedAt: now, waiters: fresh))
    fresh = []
  }

  mutating func readable(raftToken: UInt64, index: LogIndex) {
    for var waiter in takeRound(raftToken) {
      waiter.atLeast = max(waiter.atLeast, index)
      applying.append(waiter)
    }
  }

  /// The tokens of a round that has no answer.
  mutating func failed(raftToken: UInt64) -> [UInt64] {
    let waiters = takeRound(raftToken)
    count -= waiters.count
    return waiters.map(\.token)
  }

  /// All that wait, whatever for.
  mutating func takeAll() -> [UInt64] {
    let waiters = fresh + rounds.flatMap(\.waiters) + applying
    self = ReadQueue()
    return waiters.map(\.token)
  }

  mutating func takeReady(applied: LogIndex) -> [Ready] {
    guard applying.contains(where: { $0.atLeast <= applied }) else { return [] }
    let ready = applying.filter { $0.atLeast <= applied }
    applying.removeAll { $0.atLeast <= applied }
    count -= ready.count
    return ready.map { Ready(token: $0.token, way: $0.way) }
  }

  /// Gives up what waits too long, and moves rounds without an answer into the next round.
  mutating func tick(
    now: ClockReading, timeout: UInt64, retry: UInt64
  ) -> [Expired] {
    guard count > 0 else { return [] }
    var expired: [Expired] = []
    expire(&fresh, isBehind: false, now: now, timeout: timeout, into: &expired)
    expire(&applying, isBehind: true, now: now, timeout: timeout, into: &expired)
    for at in rounds.indices {
      expire(&rounds[at].waiters, isBehind: false, now: now, timeout: timeout, into: &expired)
      if now.waited(since: rounds[at].askedAt) >= retry {
        fresh.append(contentsOf: rounds[at].waiters)
        rounds[at].waiters = []
      }
    }
    rounds.removeAll { $0.waiters.isEmpty }
    count -= expired.count
    return expired
  }

  private func expire(
    _ waiters: inout [Waiter], isBehind: Bool, now: ClockReading, timeout: UInt64,
    into expired: inout [Expired]
  ) {
    for waiter in waiters where now.waited(since: waiter.since) >= timeout {
      expired.append(Expired(token: waiter.token, isBehind: isBehind))
    }
    waiters.removeAll { now.waited(since: $0.since) >= timeout }
  }

  private mutating func takeRound(_ raftToken: UInt64) -> [Waiter] {
    guard let at = rounds.firstIndex(where: { $0.raftToken == raftToken }) else { return [] }
    return rounds.remove(at: at).waiters
  }
}
