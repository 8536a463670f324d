// Reads that wait for their instant: asked of the lane that has the shard, answered from its
// ledger, sent on the loop that the caller lives on.

import GRPCTransport
import NodeCore
import Primitives
import StockLedger
import WireFormat

/// A read once its shard is known. `answer` runs on the shard's lane, at the instant that the core
/// named, and gives the response.
struct PendingRead: Sendable {
  var call: CallHandle
  var answer: @Sendable (Lane, ReadInstant, ShardNames) -> Result<[UInt8], RequestRefusal>
}

/// The reads of one lane under way, by token. The top bits tell them from the callers' tokens.
struct PendingReads {
  private var waiting: [UInt64: PendingRead] = [:]
  private var next: UInt64 = 0
  private static let mark: UInt64 = 0xFF << 56

  func isRead(_ token: UInt64) -> Bool { token & Self.mark == Self.mark }

  mutating func insert(_ read: PendingRead) -> UInt64 {
    next += 1
    let token = Self.mark | next
    waiting[token] = read
    return token
  }

  mutating func remove(_ token: UInt64) -> PendingRead? { waiting.removeValue(forKey: token) }
}

extension Lane {
  /// Asks the core for an instant at which the read may be made.
  func read(
    _ read: PendingRead, shard: ShardID, consistency: ReadConsistency, atLeast: LogIndex?
  ) {
    let token = reads.insert(read)
    core.read(
      ReadRequest(shard: shard, token: token, consistency: consistency, atLeast: atLeast),
      now: SystemClock.now())
    ring()
  }

  func answerRead(_ instant: ReadInstant) {
    guard let read = reads.remove(instant.token) else { return }
    let names = hub.dispatchers[index].names(of: instant.shard)
    send(read.answer(self, instant, names), to: read.call)
  }

  func failRead(_ refused: Refused) {
    guard let read = reads.remove(refused.token) else { return }
    send(.failure(hub.dispatchers[index].refusal(for: refused.reason)), to: read.call)
  }

  func send(_ result: Result<[UInt8], RequestRefusal>, to call: CallHandle) {
    let dispatcher = hub.dispatchers[call.loop]
    hub.hop(from: self, to: call.loop) {
      switch result {
      case .success(let bytes):
        dispatcher.response = bytes
        dispatcher.respond(call)
      case .failure(let refusal): dispatcher.refuse(call, refusal)
      }
    }
  }
}

extension API.Answered {
  init(_ basis: ReadBasis) {
    self.init()
    switch basis {
    case .lease: by = .lease
    case .quorum: by = .quorum
    case .stale(let asOf, let ago):
      by = .stale
      self.asOf = asOf
      leaderHeardAgo = ago.map { .milliseconds($0) }
    }
  }
}

extension API.Position {
  init(_ instant: ReadInstant) {
    self.init()
    shard = instant.shard.rawValue
    index = instant.index.rawValue
  }
}
