import NodeCore
import Primitives
import Testing

@testable import NodeRuntime

/// The records of a batch, sorted by shard.
@Suite struct BatchPartsTests {
  private struct Item: Equatable {
    var record: [UInt8]
    var token: UInt64
  }

  /// Each record says how long it is, as command records do, and which item it is.
  private func record(_ number: Int, _ length: Int) -> [UInt8] {
    [UInt8(length)] + [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: length)
  }

  private func items(_ part: SubmitBatch) -> [Item] {
    var (result, start): ([Item], Int) = ([], 0)
    for token in part.tokens {
      let end = start + 1 + Int(part.commands[start])
      result.append(Item(record: Array(part.commands[start..<end]), token: token))
      start = end
    }
    #expect(start == part.commands.count, "no bytes beside the records")
    return result
  }

  @Test func oneShardsBatchIsTakenAsItIs() {
    let records = record(1, 3) + record(2, 5)
    var parts = BatchParts(records: records)
    parts.add(0..<4, 71, to: ShardID(3))
    parts.add(4..<10, 72, to: ShardID(3))
    let taken = parts.finish()
    #expect(taken.count == 1 && taken[0].commands == records && taken[0].tokens == [71, 72])
    #expect(taken[0].isIndivisible)
  }

  @Test func nothingGoesNowhere() {
    var parts = BatchParts(records: [])
    #expect(parts.finish().isEmpty)
  }

  /// Items for other nodes and refused ones leave gaps between the records.
  @Test(arguments: UInt64(1)...200) func everyItemReachesItsShardInOrder(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let shards = Int.random(in: 1...4, using: &random)
    var (records, places): ([UInt8], [(range: Range<Int>, shard: Int?)]) = ([], [])
    for number in 0..<Int.random(in: 0...40, using: &random) {
      let bytes = record(number, Int.random(in: 1...9, using: &random))
      let stays = places.last.map { _ in Int.random(in: 0..<3, using: &random) > 0 } ?? false
      let other =
        Int.random(in: 0..<5, using: &random) == 0
        ? nil : Int.random(in: 0..<shards, using: &random)
      places.append(
        (records.count..<(records.count + bytes.count), stays ? places.last!.shard : other))
      records += bytes
    }
    var parts = BatchParts(records: records)
    for (number, place) in places.enumerated() {
      if let shard = place.shard {
        parts.add(place.range, UInt64(number), to: ShardID(UInt32(shard)))
      }
    }
    var found: [ShardID: [Item]] = [:]
    for part in parts.finish() {
      #expect(found.updateValue(items(part), forKey: part.shard) == nil, "one part per shard")
    }
    var wanted: [ShardID: [Item]] = [:]
    for (number, place) in places.enumerated() {
      guard let shard = place.shard else { continue }
      wanted[ShardID(UInt32(shard)), default: []].append(
        Item(record: Array(records[place.range]), token: UInt64(number)))
    }
    #expect(found == wanted, "seed \(seed)")
  }
}
