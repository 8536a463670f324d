import Primitives
import StockLedger

/// The clients of a run: what they have under way, and the catalog that is written for them first.
struct Load {
  static let skus = 6
  static let owner = Array("acme".utf8)
  /// Tells deltas without a sequence.
  static let erp = Array("erp".utf8)
  static let setupSlots = 24

  /// A client with one call at a time, like a thread in an order system.
  struct Caller {
    var call: Call?
    /// Names the timer that counts.
    var serial: UInt64 = 0
    var calls: UInt64 = 0
    /// The newest fact that its source told.
    var sequence: UInt64 = 0
    var orders: [Order] = []
  }

  /// A call from its first attempt to its answer: the same request id all the while.
  struct Call {
    enum Kind {
      case reserve, confirm, extend, release, fulfill, restock, count, setup, read, staleRead
    }
    var kind: Kind
    var shard: ShardID
    /// The command; empty for a read.
    var record: [UInt8]
    var request: UInt64
    /// What it asks for, or speaks of.
    var lines: [OrderLine] = []
    var fill = Fill.allOrNothing
    var number: UInt64 = 0
    var token: UInt64 = 0
    var node = 0
    var attempts = 0
    /// Followed since the last node that the caller chose itself.
    var hints = 0
    /// What every linearizable read of this attempt has to see.
    var floor = LogIndex.zero
    var begun: UInt64 = 0
    /// Its numbers in the histories of its SKUs, where they are kept; in order of its lines.
    var operations: [Int] = []
  }

  struct OrderLine: Equatable {
    var sku: Int
    var units: Int64
  }

  /// A reservation that a client knows of.
  struct Order {
    var number: UInt64
    var shard: ShardID
    var lines: [OrderLine]
    var isConfirmed = false
  }

  let clients: Int
  let regions: Int
  let pools: Int
  var callers: [Caller]
  var random: SeededRandom
  /// In order of pool and region; empty until the catalog is there.
  var shards: [ShardID] = []
  var setup = SetupProgress()
  var histories: [SkuHistory] = []
  private(set) var tokens: UInt64 = 0

  // Counted for the report.
  var answered = 0
  var repeats = 0
  var unknown = 0
  var refusedReserves = 0
  var judged = 0
  var undecided = 0
  var reads = 0

  init(_ options: SimOptions) {
    clients = options.clients
    regions = options.regions
    pools = options.pools
    callers = Array(repeating: Caller(), count: options.clients + Self.setupSlots)
    random = SeededRandom(seed: options.seed ^ 0x10AD)
  }

  // MARK: Names

  static func regionName(_ region: Int) -> [UInt8] { Array("r\(region)".utf8) }
  static func poolName(_ pool: Int) -> [UInt8] { Array("p\(pool)".utf8) }
  static func sourceName(_ caller: Int) -> [UInt8] { Array("e\(caller)".utf8) }
  static func locationName(_ place: Int) -> [UInt8] { Array("dc-\(place)".utf8) }
  static func skuName(_ sku: Int) -> [UInt8] { Array("s\(sku)".utf8) }

  static func sku(named name: UnsafeRawBufferPointer) -> Int {
    let digit = name.count == 2 ? unsafe Int(name[1]) - Int(UInt8(ascii: "0")) : -1
    return digit >= 0 && digit < skus ? digit : 0
  }

  /// Holds of these last longer than any run, and nobody counts or ships them: their history needs no
  /// clock to be judged.
  static func isLasting(_ sku: Int) -> Bool { sku % 2 == 0 }

  /// Each pool has a location of its own in each region.
  func region(of shard: ShardID) -> Int { shards.firstIndex(of: shard) ?? 0 }

  // MARK: Tokens

  mutating func nextToken(_ caller: Int) -> UInt64 {
    tokens += 1
    return tokens << 8 | UInt64(caller)
  }

  static func caller(of token: UInt64) -> Int { Int(token & 255) }

  /// The way between a client and the node that it asks; nil when it is lost.
  func network(_ random: inout SeededRandom, lossPercent: UInt64) -> UInt64? {
    if lossPercent > 0, random.below(100) < lossPercent / 3 { return nil }
    return 100_000 + random.below(1_000_000)
  }
}
