import Primitives

/// Draws keys with Zipf's distribution (exponent one): key k in proportion to 1/(k + 1).
struct ZipfKeys {
  private var cumulative: [UInt64] = []
  private var random: SeededRandom

  init(count: Int, seed: UInt64) {
    precondition(count > 0, "0 keys")
    random = SeededRandom(seed: seed)
    var sum: UInt64 = 0
    for rank in 1...count {
      sum += 1_000_000_000_000 / UInt64(rank)
      cumulative.append(sum)
    }
  }

  mutating func next() -> Int {
    guard cumulative.count > 1 else { return 0 }
    let draw = random.below(cumulative[cumulative.count - 1])
    var low = 0
    var high = cumulative.count - 1
    while low < high {
      let middle = (low + high) / 2
      if cumulative[middle] > draw { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
