internal import Primitives
package import StockLedger

/// Gathers the answers of the shards that a SyncSupply went to.
package struct SyncAssembly: Sendable {
  private enum Row: Sendable {
    case open
    case outcome(UInt8, shortfall: Int64)
    case refused(RequestRefusal)
    /// What another node said of it.
    case forwarded(API.SyncSupplyRowResult)
  }

  private struct Point: Sendable {
    var shard: UInt32
    var index: UInt64
    var logTime: LogTime
  }

  private let split: SyncSplit
  private var rows: [Row]
  private var points: [Point] = []
  private var firstRefusal: RequestRefusal?
  private var isAnswered: [Bool]

  package init(_ split: SyncSplit) {
    self.split = split
    rows = [Row](repeating: .open, count: split.rowCount)
    isAnswered = [Bool](repeating: false, count: split.parts.count)
    for row in split.unmapped { rows[row] = .refused(RequestRefusal(.unknownAccount)) }
    if !split.unmapped.isEmpty { firstRefusal = RequestRefusal(.unknownAccount) }
  }

  /// Parts without an answer.
  package var missing: Int { isAnswered.count { !$0 } }

  package mutating func answer(_ part: Int, _ outcome: OutcomeRecord, at point: AnswerPoint) {
    guard outcome.refusal == .none else {
      return refuse(part, ResponseEncoder.refusal(outcome, .syncSupply))
    }
    precondition(!isAnswered[part], "part \(part) is answered twice")
    isAnswered[part] = true
    var body = outcome.body
    let count = Int(body.get(UInt32.self))
    precondition(
      count == split.parts[part].rows.count,
      "\(count) outcomes for \(split.parts[part].rows.count) rows")
    for row in split.parts[part].rows {
      rows[row] = .outcome(body.get(), shortfall: body.get())
    }
    precondition(body.isValid, "outcome record ends at \(body.offset)")
    points.append(
      Point(shard: point.shard.id.rawValue, index: point.index.rawValue, logTime: point.logTime))
  }

  /// Takes another node's answer to these rows of these parts; false, and nothing is taken, if it
  /// is no answer to them.
  package mutating func answer(
    parts: [Int], rows numbers: [Int], _ response: API.SyncSupplyResponse
  ) -> Bool {
    guard response.rows.count == numbers.count else { return false }
    for part in parts {
      precondition(!isAnswered[part], "part \(part) is answered twice")
      isAnswered[part] = true
    }
    for (row, result) in zip(numbers, response.rows) { rows[row] = .forwarded(result) }
    let logTime = response.logTime ?? .zero
    points += response.positions.map {
      Point(shard: $0.shard, index: $0.index, logTime: logTime)
    }
    return true
  }

  package mutating func refuse(_ part: Int, _ refusal: RequestRefusal) {
    precondition(!isAnswered[part], "part \(part) is answered twice")
    isAnswered[part] = true
    for row in split.parts[part].rows { rows[row] = .refused(refusal) }
    firstRefusal = firstRefusal ?? refusal
  }

  /// Gives every part without an answer this one.
  package mutating func refuseMissing(_ refusal: RequestRefusal) {
    for part in isAnswered.indices where !isAnswered[part] { refuse(part, refusal) }
  }

  /// The `SyncSupplyResponse`, or the first refusal when no shard took anything.
  package consuming func finish() -> Result<[UInt8], RequestRefusal> {
    if points.isEmpty, let firstRefusal { return .failure(firstRefusal) }
    var writer = ProtoWriter()
    writer.id(1, split.requestID)
    for row in rows {
      let mark = writer.begin(2)
      switch row {
      case .open: preconditionFailure("a row has no answer")
      case .outcome(let outcome, let shortfall):
        writer.put(1, UInt64(outcome))
        writer.put(2, shortfall)
      case .refused(let refusal): writer.status(3, refusal)
      case .forwarded(let result): writer.raw(result.encoded())
      }
      writer.end(mark)
    }
    let latest = points.map(\.logTime).max() ?? .zero
    writer.put(3, timestamp: latest.milliseconds)
    for point in points {
      writer.put(4, shard: ShardID(point.shard), index: LogIndex(point.index))
    }
    return .success(writer.bytes)
  }
}
