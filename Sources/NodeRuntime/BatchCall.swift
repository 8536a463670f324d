// BatchReserve: each item is a command of its own, perhaps for different shards and entries; the
// answer is put together when the last one is in.

import GRPCTransport
import NodeCore
import Primitives
import StockLedger
import WireFormat

final class BatchCall: PartReceiver {
  private let dispatcher: Dispatcher
  private let call: CallHandle
  private var assembly: BatchAssembly?

  init(_ dispatcher: Dispatcher, _ call: CallHandle, count: Int) {
    self.dispatcher = dispatcher
    self.call = call
    assembly = BatchAssembly(count: count)
  }

  func part(_ number: Int, _ requestID: RequestID, _ outcome: OutcomeRecord, at point: AnswerPoint)
  {
    assembly?.answer(number, outcome, requestID, at: point)
    answerIfComplete()
  }

  func part(_ number: Int, _ requestID: RequestID, refused: RequestRefusal) {
    assembly?.refuse(number, refused)
    answerIfComplete()
  }

  func answerIfComplete() {
    guard let complete = assembly, complete.missing == 0 else { return }
    assembly = nil
    dispatcher.response = complete.finish(missing: RequestRefusal(.internal))
    dispatcher.respond(call)
  }
}

extension Dispatcher {
  /// A batch whose items all belong to one shard goes to that shard's leader whole. Of one for
  /// several shards the items that are led elsewhere are refused with the leader's name.
  func batch(
    _ call: CallHandle, _ message: UnsafeRawBufferPointer, _ context: CallContext
  ) throws(RequestRefusal) {
    var writer = ByteWriter(reserving: 2 * message.count)
    let items = try unsafe decoder.batch(message, into: &writer, mint: mint)
    let routed = items.map(place)
    if let elsewhere = soleLeader(of: routed), elsewhere.leader != node {
      return try unsafe forward(call, .batchReserve, message, context, elsewhere)
    }
    if let refusal = diskRefusal(.batchReserve) { throw refusal }
    let batch = BatchCall(self, call, count: items.count)
    var parts: [ShardID: SubmitBatch] = [:]
    var order: [ShardID] = []
    for (number, item) in items.enumerated() {
      switch routed[number] {
      case .failure(let refusal): batch.part(number, item.route.requestID, refused: refusal)
      case .success(let route) where route.leader != node:
        batch.part(number, item.route.requestID, refused: notLeader(route.leader))
      case .success(let route):
        let token = calls.insert(
          WaitingCall(
            part: number, of: batch, method: .batchReserve, requestID: item.route.requestID))
        if parts[route.shard] == nil {
          order.append(route.shard)
          parts[route.shard] = SubmitBatch(
            shard: route.shard, commands: [], tokens: [], isIndivisible: true)
        }
        parts[route.shard]!.tokens.append(token)
        parts[route.shard]!.commands.append(contentsOf: writer.bytes[item.record])
      }
    }
    for shard in order { submit(parts[shard]!, to: hub.settings.core.lane(of: shard)) }
  }

  private func place(_ item: BatchItem) -> Result<Route, RequestRefusal> {
    if let refusal = item.refusal { return .failure(refusal) }
    do throws(RequestRefusal) { return .success(try route(of: item.route)) } catch {
      return .failure(error)
    }
  }

  /// The one shard that all placed items are for; nil when there are several.
  private func soleLeader(of routed: [Result<Route, RequestRefusal>]) -> Route? {
    var sole: Route?
    for case .success(let route) in routed {
      if let sole, sole.shard != route.shard { return nil }
      sole = route
    }
    return sole
  }
}
