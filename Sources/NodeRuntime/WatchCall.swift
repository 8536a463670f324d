// WatchAvailability: the state at first, then what differs from the message before.

import GRPCTransport
import NIOCore
import NodeCore
import Primitives
import StockLedger
import WireFormat

/// The caller's side of a watch.
final class WatchCall: StreamingCall {
  private let dispatcher: Dispatcher
  private let call: CallHandle
  private let caller: Caller
  /// The watch, and the lane that it is on.
  private var begun: (watch: Watch, lane: Lane)?
  /// The watcher has to take some of what waits for it before it is sent more.
  private var isFull = false

  init(_ dispatcher: Dispatcher, _ call: CallHandle, _ caller: Caller) {
    self.dispatcher = dispatcher
    self.call = call
    self.caller = caller
  }

  func message(_ bytes: UnsafeRawBufferPointer) {
    do throws(RequestRefusal) {
      try unsafe begin(bytes)
    } catch {
      dispatcher.finish(call, error)
    }
  }

  private func begin(_ bytes: UnsafeRawBufferPointer) throws(RequestRefusal) {
    let request = try unsafe dispatcher.decoder.read(
      .watchAvailability, bytes, as: API.WatchAvailabilityRequest.self)
    let day = day(request.date)
    let (pool, region) = (Array(request.pool.utf8), Array(request.region.utf8))
    let route = unsafe pool.withUnsafeBytes { pool in
      unsafe region.withUnsafeBytes { unsafe dispatcher.routes.find(pool: pool, region: $0) }
    }
    guard let route else { throw dispatcher.unknownShard(pool: pool, region: region) }
    guard route.members.contains(dispatcher.node) else { throw dispatcher.elsewhere(route.shard) }
    let lane = dispatcher.hub.lanes[route.lane]
    let watch = Watch(call: call, shard: route.shard, skus: request.skus, day: day)
    begun = (watch, lane)
    onLane(lane) {
      guard !lane.watches.isFull else { return lane.refuseWatch(watch.call) }
      lane.watches.add(watch)
    }
  }

  /// A message from the lane, which waits for `goOn` before it sends the next.
  func send(_ bytes: [UInt8]) {
    unsafe bytes.withUnsafeBytes { unsafe _ = dispatcher.server.send(call, message: $0) }
    dispatcher.flush()
    if dispatcher.server.isWritable(call) { goOn() } else { isFull = true }
  }

  /// This node has nothing more to say of the shard: it lost its seat, or its ledger proved wrong.
  func end(isStopped: Bool) {
    guard let (watch, _) = begun else { return }
    begun = nil
    let elsewhere = dispatcher.elsewhere(watch.shard)
    dispatcher.finish(call, isStopped ? dispatcher.refusal(for: .ledgersDiffer) : elsewhere)
    dispatcher.flush()
  }

  func becameWritable() {
    guard isFull else { return }
    isFull = false
    goOn()
  }

  private func goOn() {
    guard let (watch, lane) = begun else { return }
    onLane(lane) { watch.isBlocked = false }
  }

  /// The client has said all; the watch goes on.
  func halfClosed() {}

  func cancelled() {
    guard let (watch, lane) = begun else { return }
    begun = nil
    onLane(lane) { lane.watches.remove(watch) }
  }

  private func onLane(_ lane: Lane, _ body: @escaping @Sendable () -> Void) {
    dispatcher.hub.hop(from: dispatcher.hub.lanes[dispatcher.index], to: lane.index, body)
  }
}

extension Dispatcher {
  /// Who can be asked for a shard instead.
  fileprivate func elsewhere(_ shard: ShardID) -> RequestRefusal {
    notLeader(routes[shard].flatMap { $0.leader ?? routes.guess($0) })
  }
}

extension Lane {
  fileprivate func refuseWatch(_ call: CallHandle) {
    let dispatcher = hub.dispatchers[call.loop]
    hub.hop(from: self, to: call.loop) {
      dispatcher.finish(call, .retry(.overloaded, afterMilliseconds: 1_000))
      dispatcher.flush()
    }
  }
}
