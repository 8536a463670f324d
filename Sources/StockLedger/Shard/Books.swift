import Primitives

/// What a shard knows beside its tables; part of the state.
struct BooksHeader: Sendable {
  var shard: ShardID
  /// By which the next command is decided.
  var rules = RulesVersion.first
  var appliedIndex = LogIndex.zero
  var appliedTerm = Term.zero
  var logTime = LogTime.zero
  var catalogVersion: UInt64 = 0
  var pool: [UInt8] = []
  var region: [UInt8] = []
  /// The pool's locations in order of assignment.
  var poolLocations: [[UInt8]] = []
  var counters = LedgerCounters()
  /// Milliseconds; requests that were sent before are refused (rule Q2).
  var requestFloor: Int64 = Int64.min
  var lastReservation: UInt64 = 0
  var lastSku: UInt32 = 0
  var lastLocation: UInt32 = 0
  var lastAccount: UInt32 = 0
  var lastMark: UInt32 = 0
  var lastFact: UInt64 = 0
  /// Ended requests have the places `endedHead..<endedTail`; of those from `keptHead` on the
  /// reservation is still there in full.
  var endedHead: UInt64 = 1
  var keptHead: UInt64 = 1
  var endedTail: UInt64 = 1
  /// Log time in seconds, rounded down, when the first and the last of them ended.
  var endedHeadSeconds: UInt32 = 0
  var endedTailSeconds: UInt32 = 0
}

/// The logical state of a shard: everything that a snapshot holds and the digest covers. Copying
/// it shares all pages. Indexes that can be derived from it live beside it in `ShardState`.
struct Books: Sendable {
  var header: BooksHeader
  var texts: TextTable
  var heap = ByteHeap()
  var skus = PagedTable<SkuRow>()
  var locations = PagedTable<LocationRow>()
  var accounts = PagedTable<AccountRow>()
  var marks = PagedTable<SourceMarkRow>()
  var facts = PagedTable<FactRow>()
  var reservations = PagedTable<ReservationRow>()
  var ended = PagedTable<EndedRow>()
  /// By the first place of each run of requests that ended in one second; not of the first run.
  var endedSeconds = PagedTable<UInt32>()

  /// Never used. A value of any type has a layout that the compiler does not know, so the books,
  /// and the state around them, are passed by their address. Without it, each call of a function
  /// that only reads them copied some 2 KiB onto the stack: a sixth of the cost of a reserve.
  private let byAddress: (any Sendable)? = nil

  init(shard: ShardID, limits: LedgerLimits) {
    header = BooksHeader(shard: shard)
    texts = TextTable(limit: UInt32(limits.internedTextsMax))
  }
}

// Blocks of fixed-size rows in the heap.
extension Books {
  /// Rows of a block that begin after `head` bytes.
  func rows<Row: BitwiseCopyable>(
    _ block: UInt32, after head: Int = 0, as type: Row.Type = Row.self
  ) -> [Row] {
    var result: [Row] = []
    appendRows(block, after: head, to: &result)
    return result
  }

  func appendRows<Row: BitwiseCopyable>(
    _ block: UInt32, after head: Int = 0, to result: inout [Row]
  ) {
    guard block != 0 else { return }
    unsafe heap.withBytes(block) { bytes in
      var offset = head
      while offset + MemoryLayout<Row>.stride <= bytes.count {
        unsafe result.append(bytes.loadUnaligned(fromByteOffset: offset, as: Row.self))
        offset += MemoryLayout<Row>.stride
      }
    }
  }

  func row<Row: BitwiseCopyable>(_ block: UInt32, at offset: Int, as type: Row.Type) -> Row {
    unsafe heap.withBytes(block) { unsafe $0.loadUnaligned(fromByteOffset: offset, as: Row.self) }
  }

  mutating func setRow<Row: BitwiseCopyable>(_ block: UInt32, at offset: Int, _ row: Row) {
    unsafe heap.update(block) { unsafe $0.storeBytes(of: row, toByteOffset: offset, as: Row.self) }
  }

  /// Gives the block new content and returns its id; the old one is freed or overwritten.
  mutating func replaceBlock<Row: BitwiseCopyable>(_ block: UInt32, with rows: [Row]) -> UInt32 {
    unsafe rows.withUnsafeBytes { bytes in
      if block != 0, heap.length(block) == bytes.count {
        unsafe heap.update(block) { unsafe $0.copyMemory(from: bytes) }
        return block
      }
      if block != 0 { heap.free(block) }
      return unsafe heap.allocate(bytes)
    }
  }

  mutating func freeBlock(_ block: UInt32) {
    if block != 0 { heap.free(block) }
  }
}
