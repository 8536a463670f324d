internal import Primitives
package import StockLedger

/// Gathers the answers of the shards that a SyncSupply went to.
package struct SyncAssembly: Sendable {
  private enum Row: Sendable {
    case open
    case outcome(UInt8, shortfall: Int64)
    case refused(RequestRefusal)
  }

  private let split: SyncSplit
  private var rows: [Row]
  private var points: [AnswerPoint] = []
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
      return refuse(part, ResponseEncoder.refusal(outcome))
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
    points.append(point)
  }

  package mutating func refuse(_ part: Int, _ refusal: RequestRefusal) {
    precondition(!isAnswered[part], "part \(part) is answered twice")
    isAnswered[part] = true
    for row in split.parts[part].rows { rows[row] = .refused(refusal) }
    firstRefusal = firstRefusal ?? refusal
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
      }
      writer.end(mark)
    }
    let latest = points.map(\.logTime).max() ?? .zero
    writer.put(3, timestamp: latest.milliseconds)
    for point in points { writer.put(4, shard: point.shard.id, index: point.index) }
    return .success(writer.bytes)
  }
}
