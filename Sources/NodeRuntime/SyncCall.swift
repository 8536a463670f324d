// SyncSupply: rows are split by their account's home shard, each part one command, all under the
// caller's request id.

import GRPCTransport
import NodeCore
import Primitives
import StockLedger
import WireFormat

final class SyncCall: PartReceiver {
  private let dispatcher: Dispatcher
  private let call: CallHandle
  private var assembly: SyncAssembly?

  init(_ dispatcher: Dispatcher, _ call: CallHandle, _ split: SyncSplit) {
    self.dispatcher = dispatcher
    self.call = call
    assembly = SyncAssembly(split)
  }

  func part(_ number: Int, _ requestID: RequestID, _ outcome: OutcomeRecord, at point: AnswerPoint)
  {
    assembly?.answer(number, outcome, at: point)
    answerIfComplete()
  }

  func part(_ number: Int, _ requestID: RequestID, refused: RequestRefusal) {
    assembly?.refuse(number, refused)
    answerIfComplete()
  }

  func answerIfComplete() {
    guard let complete = assembly, complete.missing == 0 else { return }
    assembly = nil
    switch complete.finish() {
    case .success(let bytes):
      dispatcher.response = bytes
      dispatcher.respond(call)
    case .failure(let refusal): dispatcher.refuse(call, refusal)
    }
  }
}

extension Dispatcher {
  /// A count for one shard goes to that shard's leader whole. Of a count over several shards the
  /// rows of those that are led elsewhere are refused with the leader's name.
  func sync(
    _ call: CallHandle, _ message: UnsafeRawBufferPointer, _ context: CallContext
  ) throws(RequestRefusal) {
    var writer = ByteWriter(reserving: message.count)
    let catalog = routes.catalog
    let split = try unsafe decoder.sync(message, minted: mint(), into: &writer) {
      sku, location, owner in
      catalog.home(
        ofAccount: unsafe AccountKey(
          sku: [UInt8](sku), location: [UInt8](location), owner: [UInt8](owner)))
    }
    if !split.unmapped.isEmpty, !hasStarted { throw unknown(.unknownAccount) }
    if split.parts.count == 1, split.unmapped.isEmpty {
      let route = try knownRoute(split.parts[0].shard)
      if route.leader != node {
        return try unsafe forward(call, .syncSupply, message, context, route)
      }
    }
    if let refusal = diskRefusal(.syncSupply) { throw refusal }
    let sync = SyncCall(self, call, split)
    for (number, part) in split.parts.enumerated() {
      guard let route = routes[part.shard], route.leader == node else {
        sync.part(number, split.requestID, refused: notLeader(routes[part.shard]?.leader))
        continue
      }
      let token = calls.insert(
        WaitingCall(part: number, of: sync, method: .syncSupply, requestID: split.requestID))
      submit(
        SubmitBatch(shard: part.shard, commands: Array(writer.bytes[part.record]), tokens: [token]),
        to: route.lane)
    }
    sync.answerIfComplete()
  }
}
