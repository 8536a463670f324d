import NodeCore
import Primitives

/// Sorts the records of a batch by shard. Neighbours mostly go to the same one: their records are
/// taken over in one piece.
struct BatchParts {
  private let records: [UInt8]
  /// In the order of their first items.
  private var parts: [SubmitBatch] = []
  private var positions: [ShardID: Int] = [:]
  /// The part that is added to, and what of `records` it gets next.
  private var current = 0
  private var run = 0..<0

  init(records: [UInt8]) { self.records = records }

  mutating func add(_ record: Range<Int>, _ token: UInt64, to shard: ShardID) {
    if parts.isEmpty || parts[current].shard != shard {
      takeRun()
      current = position(of: shard)
    } else if run.upperBound != record.lowerBound {
      takeRun()
    }
    run = (run.isEmpty ? record.lowerBound : run.lowerBound)..<record.upperBound
    parts[current].tokens.append(token)
  }

  mutating func finish() -> [SubmitBatch] {
    takeRun()
    return parts
  }

  private mutating func takeRun() {
    guard !run.isEmpty else { return }
    if run.count == records.count {
      parts[current].commands = records
    } else {
      parts[current].commands += records[run]
    }
    run = 0..<0
  }

  private mutating func position(of shard: ShardID) -> Int {
    if let known = positions[shard] { return known }
    positions[shard] = parts.count
    parts.append(SubmitBatch(shard: shard, commands: [], tokens: [], isIndivisible: true))
    return parts.count - 1
  }
}
