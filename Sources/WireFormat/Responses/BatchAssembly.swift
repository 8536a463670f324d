package import StockLedger

/// Gathers the answers to a batch, which may come from several entries and shards, and puts them
/// in order.
package struct BatchAssembly: Sendable {
  private var bytes: [UInt8] = []
  private var places: [Range<Int>?]
  /// Items without an answer.
  package private(set) var missing: Int

  /// What a reservation of one line takes in the answer.
  private static let usualBytes = 256

  package init(count: Int) {
    places = [Range<Int>?](repeating: nil, count: count)
    missing = count
    bytes.reserveCapacity(count * Self.usualBytes)
  }

  package mutating func answer(
    _ item: Int, _ outcome: OutcomeRecord, _ id: RequestID, at point: AnswerPoint
  ) {
    writeResult(item) { $0.item(response: 1, error: 2, outcome, id, point) }
  }

  package mutating func refuse(_ item: Int, _ refusal: RequestRefusal) {
    writeResult(item) { $0.status(2, refusal) }
  }

  /// Takes another node's `BatchReserveResponse` to the batch of these items. Gives the status of
  /// each item that was refused there; nil, and nothing is taken, if it is no answer to them.
  package mutating func answer(
    _ items: [Int], response: UnsafeRawBufferPointer
  ) -> [(item: Int, status: API.Status)]? {
    guard let results = unsafe BatchForwarding.results(in: response), results.count == items.count
    else { return nil }
    var refused: [(item: Int, status: API.Status)] = []
    for (item, range) in zip(items, results) {
      let result = unsafe UnsafeRawBufferPointer(rebasing: response[range])
      if let status = unsafe BatchForwarding.error(inResult: result) {
        refused.append((item, status))
      }
      write(item) { unsafe $0.raw(result) }
    }
    return refused
  }

  /// Whether this item has its answer; a second one would be lost.
  package func isAnswered(_ item: Int) -> Bool { places[item] != nil }

  private mutating func writeResult(_ item: Int, _ content: (inout ProtoWriter) -> Void) {
    write(item) { writer in
      let mark = writer.begin(1)
      content(&writer)
      writer.end(mark)
    }
  }

  private mutating func write(_ item: Int, _ field: (inout ProtoWriter) -> Void) {
    precondition(places[item] == nil, "item \(item) is answered twice")
    let start = bytes.count
    ProtoWriter.append(to: &bytes, field)
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
