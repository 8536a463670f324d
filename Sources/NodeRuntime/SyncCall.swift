// SyncSupply: rows are split by their account's home shard, each part one command, all under the
// caller's request id, on whatever nodes lead the shards.

import GRPCTransport
import NIOCore
import NodeCore
import Primitives
import StockLedger
import WireFormat

final class SyncCall: PartReceiver {
  private let dispatcher: Dispatcher
  private let call: CallHandle
  private let split: SyncSplit
  private var assembly: SyncAssembly?
  private var end: Scheduled<Void>?

  /// At the end of `parts`' time the count is answered as far as it is.
  init(_ dispatcher: Dispatcher, _ call: CallHandle, _ split: SyncSplit, _ parts: Caller) {
    self.dispatcher = dispatcher
    self.call = call
    self.split = split
    assembly = SyncAssembly(split)
    end = dispatcher.atEnd(of: parts) { [self] in
      dispatcher.refusals.count(.deadlinePassed, times: assembly?.missing ?? 0)
      assembly?.refuseMissing(RequestRefusal(.deadlinePassed))
      answerIfComplete()
    }
  }

  func part(_ number: Int, _ requestID: RequestID, _ outcome: OutcomeRecord, at point: AnswerPoint)
  {
    assembly?.answer(number, outcome, at: point)
    answerIfComplete()
  }

  func part(_ number: Int, _ requestID: RequestID, refused: RequestRefusal) {
    refuse([number], refused)
    answerIfComplete()
  }

  /// Another node's answer to some of the parts, whose rows these are. A failure is theirs alone.
  func parts(_ numbers: [Int], rows: [Int], _ reply: Result<[UInt8], GRPCStatus>) {
    // After the end nobody waits for it.
    guard assembly != nil else { return }
    switch reply {
    case .success(let bytes):
      let response = try? API.SyncSupplyResponse(decoding: bytes)
      guard let response, assembly?.answer(parts: numbers, rows: rows, response) == true else {
        refuse(numbers, RequestRefusal(.outcomeUnknown))
        break
      }
      learn(from: response, rows)
    case .failure(let status): refuse(numbers, RequestRefusal(status))
    }
    answerIfComplete()
  }

  /// A row that was refused may name who leads its shard.
  private func learn(from response: API.SyncSupplyResponse, _ rows: [Int]) {
    for (row, result) in zip(rows, response.rows) {
      guard let status = result.error, status.leaderHint != nil,
        let part = split.parts.first(where: { $0.rows.contains(row) })
      else { continue }
      dispatcher.learn(from: status, part.shard)
    }
  }

  func refuse(_ numbers: [Int], _ refusal: RequestRefusal) {
    guard assembly != nil else { return }
    for number in numbers {
      assembly!.refuse(number, refusal)
      dispatcher.refusals.count(refusal.reason)
    }
  }

  func answerIfComplete() {
    guard let complete = assembly, complete.missing == 0 else { return }
    assembly = nil
    end?.cancel()
    switch complete.finish() {
    case .success(let bytes):
      dispatcher.response = bytes
      dispatcher.respond(call)
    case .failure(let refusal): dispatcher.refuse(call, refusal)
    }
  }
}

extension Dispatcher {
  /// Parts that other nodes lead go to them, one call per node, under the count's id and the
  /// caller's deadline. A count that is all for one other node goes there as it is.
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
    if !split.unmapped.isEmpty, !knowsCatalog { throw unknown(.unknownAccount) }
    if split.parts.count == 1, split.unmapped.isEmpty {
      let route = try knownRoute(split.parts[0].shard)
      if route.leader != node {
        return try unsafe forward(call, .syncSupply, message, context, route)
      }
    }
    let caller = Caller(context).ofParts()
    let sync = SyncCall(self, call, split, caller)
    var elsewhere: [(node: NodeID, parts: [Int])] = []
    for (number, part) in split.parts.enumerated() {
      do throws(RequestRefusal) {
        let route = try knownRoute(part.shard)
        if route.leader == node {
          try submit(part, number, of: split, Array(writer.bytes[part.record]), route, sync)
        } else {
          let target = try target(of: route, caller)
          let known = elsewhere.firstIndex { $0.node == target }
          if let known { elsewhere[known].parts.append(number) }
          if known == nil { elsewhere.append((target, [number])) }
        }
      } catch {
        sync.refuse([number], error)
      }
    }
    for (target, parts) in elsewhere {
      unsafe forward(message, parts, of: split, caller, to: target, sync)
    }
    sync.answerIfComplete()
  }

  private func submit(
    _ part: SyncPart, _ number: Int, of split: SyncSplit, _ record: [UInt8], _ route: Route,
    _ sync: SyncCall
  ) throws(RequestRefusal) {
    if let refusal = diskRefusal(.syncSupply) { throw refusal }
    let token = calls.insert(
      WaitingCall(part: number, of: sync, method: .syncSupply, requestID: split.requestID))
    submit(SubmitBatch(shard: part.shard, commands: record, tokens: [token]), to: route.lane)
  }

  private func forward(
    _ message: UnsafeRawBufferPointer, _ parts: [Int], of split: SyncSplit, _ caller: Caller,
    to target: NodeID, _ sync: SyncCall
  ) {
    let rows = parts.flatMap { split.parts[$0].rows }.sorted()
    let request = unsafe SyncForwarding.request(message, rows: rows, id: split.requestID)
    forward(.syncSupply, request, caller, to: target) { [self] reply in
      sync.parts(parts, rows: rows, reply)
      server.flush()
    }
  }
}
