import Primitives

/// What the links between nodes do at the moment. All numbers are per direction.
struct Network {
  private let count: Int
  /// Base delay per direction, by distance.
  private var base: [UInt64]
  private var cut: [Bool]
  /// Messages wait until then.
  private var cloggedUntil: [UInt64]
  private var holds: [(hold: Hold, number: Int)] = []
  var lossPercent: UInt64 = 0
  var repeatPercent: UInt64 = 0
  /// Share of messages that take a detour, and how long it is at most.
  var detourPercent: UInt64 = 0
  var detourMax: UInt64 = 1
  var random: SeededRandom

  init(regions: [Int], seed: UInt64) {
    count = regions.count
    random = SeededRandom(seed: seed)
    base = Array(repeating: 0, count: count * count)
    cut = Array(repeating: false, count: count * count)
    cloggedUntil = Array(repeating: 0, count: count * count)
    let far = (regions.max() ?? 0) + 1
    var distances: [UInt64] = []
    for _ in 0..<far * far { distances.append(5_000_000 + random.below(35_000_000)) }
    for from in 0..<count {
      for to in 0..<count {
        let (low, high) = (min(regions[from], regions[to]), max(regions[from], regions[to]))
        base[from * count + to] = low == high ? 300_000 : distances[low * far + high]
      }
    }
  }

  /// When a message that leaves now arrives: not at all, once or twice.
  mutating func arrivals(from: Int, to: Int, now: UInt64) -> (first: UInt64?, second: UInt64?) {
    let link = from * count + to
    if cut[link] || random.below(100) < lossPercent { return (nil, nil) }
    let first = arrival(link, now)
    guard repeatPercent > 0, random.below(100) < repeatPercent else { return (first, nil) }
    return (first, arrival(link, now) + random.below(100_000_000))
  }

  private mutating func arrival(_ link: Int, _ now: UInt64) -> UInt64 {
    var delay = base[link] + random.below(base[link] / 4 + 200_000)
    if detourPercent > 0, random.below(100) < detourPercent { delay += random.below(detourMax) }
    return max(now + delay, cloggedUntil[link])
  }

  // MARK: Kinds of messages

  var holdsAny: Bool { !holds.isEmpty }

  mutating func holdBack(_ hold: Hold, number: Int) { holds.append((hold, number)) }

  mutating func letGo(number: Int) { holds.removeAll { $0.number == number } }

  mutating func letAllGo() { holds = [] }

  /// How much longer a message of this kind is under way; nil for any other message.
  mutating func delay(of kind: MessageKind, from: Int, to: Int) -> UInt64? {
    let found = holds.first {
      $0.hold.kind == kind && ($0.hold.from ?? from) == from && ($0.hold.to ?? to) == to
    }
    return found.map { random.below($0.hold.longest) }
  }

  // MARK: Links

  func isCut(from: Int, to: Int) -> Bool { cut[from * count + to] }

  mutating func cut(from: Int, to: Int) { cut[from * count + to] = true }

  mutating func join(from: Int, to: Int) { cut[from * count + to] = false }

  mutating func clog(from: Int, to: Int, until: UInt64) { cloggedUntil[from * count + to] = until }

  mutating func joinAll() {
    for link in cut.indices { cut[link] = false }
  }

  mutating func unclogAll() {
    for link in cloggedUntil.indices { cloggedUntil[link] = 0 }
  }
}
