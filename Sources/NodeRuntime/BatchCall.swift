// BatchReserve: each item is a command of its own, perhaps for different shards, entries and nodes;
// the answer is put together when the last one is in.

import GRPCTransport
import NIOCore
import NodeCore
import Primitives
import StockLedger
import WireFormat

/// Where one item of a batch goes.
enum BatchPlace {
  case here(ShardID)
  case elsewhere(NodeID, ShardID)
  /// Rare and large.
  indirect case nowhere(RequestRefusal)

  var isHere: Bool {
    if case .here = self { true } else { false }
  }

  /// The other node.
  var target: NodeID? {
    if case .elsewhere(let node, _) = self { node } else { nil }
  }
}

final class BatchCall: PartReceiver {
  private let dispatcher: Dispatcher
  private let call: CallHandle
  private let places: [BatchPlace]
  private var assembly: BatchAssembly?
  private var end: Scheduled<Void>?

  /// At the end of `parts`' time the batch is answered as far as it is.
  init(_ dispatcher: Dispatcher, _ call: CallHandle, _ places: [BatchPlace], _ parts: Caller) {
    self.dispatcher = dispatcher
    self.call = call
    self.places = places
    assembly = BatchAssembly(count: places.count)
    end = dispatcher.atEnd(of: parts) { [self] in answer() }
  }

  /// How many items the batch has.
  var count: Int { places.count }

  func part(_ number: Int, _ requestID: RequestID, _ outcome: OutcomeRecord, at point: AnswerPoint)
  {
    guard assembly != nil else { return }
    assembly!.answer(number, outcome, requestID, at: point)
    if outcome.refusal != .none {
      dispatcher.refusals.count(ResponseEncoder.refusal(outcome).reason)
    }
    answerIfComplete()
  }

  func part(_ number: Int, _ requestID: RequestID, refused: RequestRefusal) {
    refuse([number], refused)
  }

  func refuse(_ numbers: [Int], _ refusal: RequestRefusal) {
    guard assembly != nil else { return }
    for number in numbers {
      assembly!.refuse(number, refusal)
      dispatcher.refusals.count(refusal.reason)
    }
    answerIfComplete()
  }

  /// Another node's answer to some of the items. A failure is theirs alone.
  func part(_ numbers: [Int], _ reply: Result<[UInt8], GRPCStatus>) {
    // After the end nobody waits for it.
    guard assembly != nil else { return }
    switch reply {
    case .success(let bytes):
      let refused = unsafe bytes.withUnsafeBytes { unsafe assembly?.answer(numbers, response: $0) }
      guard let refused else { return refuse(numbers, RequestRefusal(.outcomeUnknown)) }
      // What is said of a shard counts once, however many items it is said of.
      var shards: Set<ShardID> = []
      for (number, status) in refused {
        guard case .elsewhere(_, let shard) = places[number], shards.insert(shard).inserted
        else { continue }
        dispatcher.learn(from: status, shard)
      }
      answerIfComplete()
    case .failure(let status): refuse(numbers, RequestRefusal(status))
    }
  }

  /// What another node said to the batch as a whole.
  func fail(_ status: GRPCStatus) {
    guard assembly != nil else { return }
    assembly = nil
    end?.cancel()
    dispatcher.server.fail(call, status: status)
  }

  private func answerIfComplete() {
    if assembly?.missing == 0 { answer() }
  }

  private func answer() {
    guard let joined = assembly else { return }
    assembly = nil
    end?.cancel()
    dispatcher.refusals.count(.deadlinePassed, times: joined.missing)
    dispatcher.response = joined.finish(missing: RequestRefusal(.deadlinePassed))
    dispatcher.respond(call)
  }
}

extension Dispatcher {
  /// Items that other nodes lead go to them, one call per node, under their own ids and the
  /// caller's deadline. A batch that is all for one other node goes there as it is.
  func batch(
    _ call: CallHandle, _ message: UnsafeRawBufferPointer, _ context: CallContext
  ) throws(RequestRefusal) {
    var writer = ByteWriter(reserving: 2 * message.count)
    let items = try unsafe decoder.batch(message, into: &writer, mint: mint)
    let whole = Caller(context)
    let places = places(of: items, whole)
    let targets = targets(places)
    let isLedHere = places.contains(where: \.isHere)
    let refusal = isLedHere ? diskRefusal(.batchReserve) : nil
    if let refusal, targets.isEmpty { throw refusal }
    let caller = whole.ofParts()
    let batch = BatchCall(self, call, places, caller)
    if targets.count == 1, !isLedHere {
      return unsafe forwardWhole(call, message, caller, to: targets[0], batch)
    }
    for target in targets { unsafe forward(message, places, caller, to: target, batch) }
    submit(items, places, writer.bytes, batch, refusal)
  }

  private func places(of items: [BatchItem], _ caller: Caller) -> [BatchPlace] {
    var places: [BatchPlace] = []
    places.reserveCapacity(items.count)
    for (number, item) in items.enumerated() {
      // Most items are for the shard of the one before.
      if number > 0, item.refusal == nil, items[number - 1].isForTheSameShard(as: item) {
        places.append(places[number - 1])
      } else {
        places.append(place(item, caller))
      }
    }
    return places
  }

  private func place(_ item: BatchItem, _ caller: Caller) -> BatchPlace {
    if let refusal = item.refusal { return .nowhere(refusal) }
    do throws(RequestRefusal) {
      let route = try unsafe route(pool: item.pool, region: item.region)
      if route.leader == node { return .here(route.shard) }
      return .elsewhere(try target(of: route, caller), route.shard)
    } catch {
      return .nowhere(error)
    }
  }

  /// The other nodes, in the order of their first items.
  private func targets(_ places: [BatchPlace]) -> [NodeID] {
    var targets: [NodeID] = []
    for place in places {
      if let target = place.target, !targets.contains(target) { targets.append(target) }
    }
    return targets
  }

  private func forwardWhole(
    _ call: CallHandle, _ message: UnsafeRawBufferPointer, _ caller: Caller, to target: NodeID,
    _ batch: BatchCall
  ) {
    let count = batch.count
    forward(.batchReserve, unsafe [UInt8](message), caller, to: target) { [self] reply in
      if case .failure(let status) = reply {
        batch.fail(status)
      } else {
        batch.part(Array(0..<count), reply)
      }
      server.flush()
    }
  }

  private func forward(
    _ message: UnsafeRawBufferPointer, _ places: [BatchPlace], _ caller: Caller,
    to target: NodeID, _ batch: BatchCall
  ) {
    let numbers = places.indices.filter { places[$0].target == target }
    let part = unsafe BatchForwarding.request(message, items: numbers)
    forward(.batchReserve, part, caller, to: target) { [self] reply in
      batch.part(numbers, reply)
      server.flush()
    }
  }

  /// Hands what is led here to its lanes, and refuses what goes nowhere.
  private func submit(
    _ items: [BatchItem], _ places: [BatchPlace], _ records: [UInt8], _ batch: BatchCall,
    _ refusal: RequestRefusal?
  ) {
    var parts = BatchParts(records: records)
    for (number, item) in items.enumerated() {
      switch places[number] {
      case .elsewhere: break
      case .nowhere(let refusal): batch.refuse([number], refusal)
      case .here(let shard):
        if let refusal {
          batch.refuse([number], refusal)
          continue
        }
        let token = calls.insert(
          WaitingCall(part: number, of: batch, method: .batchReserve, requestID: item.requestID))
        parts.add(item.record, token, to: shard)
      }
    }
    for part in parts.finish() { submit(part, to: hub.settings.core.lane(of: part.shard)) }
  }
}

extension BatchItem {
  /// Neither was refused, and both name the same pool and region.
  fileprivate func isForTheSameShard(as other: BatchItem) -> Bool {
    unsafe refusal == nil && pool.elementsEqual(other.pool) && region.elementsEqual(other.region)
  }
}
