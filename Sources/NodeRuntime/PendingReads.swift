// Reads that wait for their instant: asked of the lane that has the shard, answered from its
// ledger, sent on the loop that the caller lives on.

import GRPCTransport
import NodeCore
import Primitives
import StockLedger
import WireFormat

/// A read once its shard is known.
struct PendingRead: Sendable {
  var call: CallHandle
  var question: ReadQuestion
}

/// What a read asks of the ledger at its instant, on the shard's lane.
enum ReadQuestion: Sendable {
  /// The SKUs as `HotAvailability` writes them.
  case availability(skus: ArraySlice<UInt8>, day: Day?)
  case other(@Sendable (Lane, ReadInstant, ShardNames) -> Result<[UInt8], RequestRefusal>)
}

/// The reads of one lane under way.
typealias PendingReads = WaitingTable<PendingRead>

extension PendingReads {
  /// Tells them from the callers' tokens, whose prefix is the number of a loop.
  static var prefix: Int { 0xFF }

  init() { self.init(prefix: Self.prefix) }

  static func isRead(_ token: UInt64) -> Bool { token >> 56 == UInt64(prefix) }
}

extension Lane {
  /// Asks the core for the instants at which the reads may be made.
  func read(_ batch: ReadBatch) {
    let now = SystemClock.now()
    for item in batch.items {
      let question = item.question(in: batch.skus)
      let token = reads.insert(PendingRead(call: item.call, question: question))
      let place = item.place
      core.read(
        ReadRequest(
          shard: place.shard, token: token, consistency: place.consistency,
          atLeast: place.atLeast),
        now: now)
    }
    ring()
  }

  func answerRead(_ instant: ReadInstant) {
    guard let read = reads.remove(instant.token) else { return }
    let names = hub.dispatchers[index].names(of: instant.shard)
    switch read.question {
    case .availability(let skus, let day): answer(read.call, skus, day, instant, names)
    case .other(let answer): send(answer(self, instant, names), to: read.call)
    }
  }

  private func answer(
    _ call: CallHandle, _ skus: ArraySlice<UInt8>, _ day: Day?, _ instant: ReadInstant,
    _ names: ShardNames
  ) {
    let dispatcher = hub.dispatchers[index]
    let point = AnswerPoint(shard: names, index: instant.index, logTime: instant.logTime)
    dispatcher.response.removeAll(keepingCapacity: true)
    let isHere: Void? = core.withShardLedger(instant.shard) { ledger in
      availabilityEncoder.append(
        skus, on: day, of: copy ledger, at: point, answered: API.Answered(instant.answered),
        into: &dispatcher.response)
    }
    guard isHere != nil else {
      return send(.failure(.retry(.noLeader, afterMilliseconds: 100)), to: call)
    }
    if call.loop == index {
      dispatcher.respond(call)
    } else {
      send(.success(dispatcher.response), to: call)
    }
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
