// The reads of one burst, gathered per lane: one look at the clock and one turn for all of them.

import GRPCTransport
import NodeCore
import Primitives
import StockLedger
import WireFormat

/// Where a read is made here, and how fresh it has to be.
struct ReadPlace: Sendable {
  var shard: ShardID
  var lane: Int
  var consistency: ReadConsistency
  var atLeast: LogIndex?
}

/// Reads for one lane.
struct ReadBatch: Sendable {
  struct Item: Sendable {
    enum Content: Sendable {
      /// Where its SKUs are in the batch.
      case availability(Range<Int>, day: Day?)
      case other(ReadQuestion)
    }

    var call: CallHandle
    var place: ReadPlace
    var content: Content

    func question(in skus: [UInt8]) -> ReadQuestion {
      switch content {
      case .availability(let range, let day): .availability(skus: skus[range], day: day)
      case .other(let question): question
      }
    }
  }

  var items: [Item] = []
  var skus: [UInt8] = []
}

/// Collects reads until the burst ends.
struct ReadOutbox {
  private struct Gathering {
    var items: [ReadBatch.Item] = []
    var skus = ByteWriter()
  }

  private var lanes: [Gathering]
  private var isEmpty = true

  init(lanes: Int) { self.lanes = Array(repeating: Gathering(), count: lanes) }

  mutating func append(_ call: CallHandle, _ place: ReadPlace, _ question: ReadQuestion) {
    append(ReadBatch.Item(call: call, place: place, content: .other(question)))
  }

  mutating func append(_ call: CallHandle, _ place: ReadPlace, _ query: HotAvailability) {
    let start = lanes[place.lane].skus.count
    query.writeSkus(into: &lanes[place.lane].skus)
    let range = start..<lanes[place.lane].skus.count
    append(
      ReadBatch.Item(call: call, place: place, content: .availability(range, day: query.day)))
  }

  private mutating func append(_ item: ReadBatch.Item) {
    isEmpty = false
    lanes[item.place.lane].items.append(item)
  }

  /// Hands everything over, one batch per lane.
  mutating func drain(_ body: (ReadBatch, Int) -> Void) {
    guard !isEmpty else { return }
    isEmpty = true
    for lane in lanes.indices where !lanes[lane].items.isEmpty {
      let batch = ReadBatch(items: lanes[lane].items, skus: lanes[lane].skus.bytes)
      lanes[lane] = Gathering()
      body(batch, lane)
    }
  }
}
