import Primitives
import StockLedger

/// The lane's mailbox (rule Q5): how much may wait over all shards. Beyond the limit there is
/// reserved room for commands that end or settle holds, so that overload does not strand them.
struct Intake: Sendable {
  private let commandsMax: Int
  private let reserved: Int
  private let bytesMax: Int
  private(set) var commands = 0
  private(set) var bytes = 0

  init(_ settings: NodeSettings) {
    commandsMax = settings.mailboxCommandsMax
    reserved = settings.mailboxReservedCommands
    bytesMax = settings.mailboxBytesMax
  }

  /// Puts into the queue what there is room for, and gives back the tokens of the rest.
  mutating func admit(_ batch: consuming SubmitBatch, into queue: inout CommandQueue) -> [UInt64] {
    let count = batch.tokens.count
    let size = batch.commands.count
    let fits = commands + count <= commandsMax && bytes + size <= bytesMax
    // A caller's own batch may be as large as the whole mailbox: it passes if it finds any room.
    if fits || (batch.isIndivisible && commands < commandsMax && bytes < bytesMax) {
      commands += count
      bytes += size
      queue.append(batch)
      return []
    }
    if batch.isIndivisible { return batch.tokens }
    return admitPart(batch.commands, batch.tokens, into: &queue)
  }

  mutating func left(commands count: Int, bytes size: Int) {
    commands -= count
    bytes -= size
    precondition(
      commands >= 0 && bytes >= 0, "mailbox of \(commands) commands, \(bytes) bytes")
  }

  private mutating func admitPart(
    _ records: [UInt8], _ tokens: [UInt64], into queue: inout CommandQueue
  ) -> [UInt64] {
    var refused: [UInt64] = []
    unsafe records.withUnsafeBytes { records in
      var start = 0
      for token in tokens {
        let end = unsafe RecordWalk.end(of: start, in: records)
        let kind = unsafe RecordWalk.kind(of: start, in: records)
        let limit = commandsMax + (Self.settlesHolds(kind) ? reserved : 0)
        if commands < limit && bytes + (end - start) <= bytesMax {
          commands += 1
          bytes += end - start
          unsafe queue.append(
            record: UnsafeRawBufferPointer(rebasing: records[start..<end]), token: token)
        } else {
          refused.append(token)
        }
        start = end
      }
    }
    return refused
  }

  private static func settlesHolds(_ kind: UInt8) -> Bool {
    switch CommandKind(rawValue: kind) {
    case .confirm, .extend, .release, .fulfill: true
    default: false
    }
  }
}
