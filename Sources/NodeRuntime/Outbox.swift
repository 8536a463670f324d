// The commands of one burst, gathered per shard: decoded straight to where the entry will take them
// from.

import NodeCore
import Primitives

/// Collects records until the burst ends. They are written into `writer` for the shard that was
/// met last; a record of another shard moves to that one's buffer.
struct Outbox {
  private struct Waiting {
    var shard: ShardID
    var lane: Int
    var commands: [UInt8]
    var tokens: [UInt64]
  }

  /// Where the decoder appends.
  var writer = ByteWriter(reserving: Self.bytesReserved)
  private var shard: ShardID?
  private var lane = 0
  private var tokens: [UInt64] = []
  private var others: [Waiting] = []

  /// What one socket burst of reservations takes, so that it rarely has to grow.
  private static let bytesReserved = 32 << 10

  /// Where the next record begins.
  var mark: Int { writer.count }

  /// Takes back a record that goes elsewhere or nowhere.
  mutating func rewind(to mark: Int) {
    writer.bytes.removeLast(writer.count - mark)
  }

  /// Keeps what was written since `mark` for a shard.
  mutating func commit(from mark: Int, shard: ShardID, lane: Int, token: UInt64) {
    if self.shard == nil {
      self.shard = shard
      self.lane = lane
    }
    guard self.shard != shard else { return tokens.append(token) }
    let record = writer.bytes[mark...]
    if let known = others.firstIndex(where: { $0.shard == shard }) {
      others[known].commands.append(contentsOf: record)
      others[known].tokens.append(token)
    } else {
      others.append(Waiting(shard: shard, lane: lane, commands: Array(record), tokens: [token]))
    }
    rewind(to: mark)
  }

  /// Hands everything over, one batch per shard.
  mutating func drain(_ body: (SubmitBatch, Int) -> Void) {
    if let shard, !tokens.isEmpty {
      let full = writer.bytes
      writer = ByteWriter(reserving: Self.bytesReserved)
      let batch = SubmitBatch(shard: shard, commands: full, tokens: tokens)
      tokens.removeAll(keepingCapacity: true)
      body(batch, lane)
    }
    shard = nil
    guard !others.isEmpty else { return }
    for waiting in others {
      body(
        SubmitBatch(shard: waiting.shard, commands: waiting.commands, tokens: waiting.tokens),
        waiting.lane)
    }
    others.removeAll(keepingCapacity: true)
  }
}
