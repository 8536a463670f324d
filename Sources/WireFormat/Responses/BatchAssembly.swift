package import StockLedger

/// Gathers the answers to a batch, which may come from several entries and shards, and puts them
/// in order.
package struct BatchAssembly: Sendable {
  private var bytes: [UInt8] = []
  private var places: [Range<Int>?]
  /// Items without an answer.
  package private(set) var missing: Int

  package init(count: Int) {
    places = [Range<Int>?](repeating: nil, count: count)
    missing = count
  }

  package mutating func answer(
    _ item: Int, _ outcome: OutcomeRecord, _ id: RequestID, at point: AnswerPoint
  ) {
    write(item) { $0.item(response: 1, error: 2, outcome, id, point) }
  }

  package mutating func refuse(_ item: Int, _ refusal: RequestRefusal) {
    write(item) { $0.status(2, refusal) }
  }

  /// Whether this item has its answer; a second one would be lost.
  package func isAnswered(_ item: Int) -> Bool { places[item] != nil }

  private mutating func write(_ item: Int, _ content: (inout ProtoWriter) -> Void) {
    precondition(places[item] == nil, "item \(item) is answered twice")
    let start = bytes.count
    ProtoWriter.append(to: &bytes) { writer in
      let mark = writer.begin(1)
      content(&writer)
      writer.end(mark)
    }
    places[item] = start..<bytes.count
    missing -= 1
  }

  /// The `BatchReserveResponse`; an item without an answer gets `refusal`.
  package consuming func finish(missing refusal: RequestRefusal) -> [UInt8] {
    for i in places.indices where places[i] == nil { refuse(i, refusal) }
    var end = 0
    for case let place? in places {
      guard place.lowerBound == end else { return reordered() }
      end = place.upperBound
    }
    return bytes
  }

  private func reordered() -> [UInt8] {
    var ordered: [UInt8] = []
    ordered.reserveCapacity(bytes.count)
    for case let place? in places { ordered.append(contentsOf: bytes[place]) }
    return ordered
  }
}
