// WatchAvailability: the state at first, then what differs from the message before.

import GRPCTransport
import NIOCore
import NodeCore
import Primitives
import StockLedger
import WireFormat

/// The watches of one lane's shards. They are looked at once per tick, so that a busy shard costs a
/// watcher one comparison a tick and not one per entry.
struct WatchList {
  var watches: [Watch] = []
  /// Set by each tick.
  var isDue = false
}

/// One watcher, on the lane of its shard.
final class Watch {
  let call: CallHandle
  let shard: ShardID
  let skus: [String]
  let day: Day?
  var sent: [API.SkuAvailability] = []
  var seen = LogIndex.zero
  var hasBegun = false

  init(call: CallHandle, shard: ShardID, skus: [String], day: Day?) {
    self.call = call
    self.shard = shard
    self.skus = skus
    self.day = day
  }
}

extension Lane {
  func tellWatchers() {
    guard watches.isDue else { return }
    watches.isDue = false
    for watch in watches.watches { tell(watch) }
  }

  private func tell(_ watch: Watch) {
    let now = core.withShardLedger(watch.shard) { ($0.appliedIndex, $0.logTime) }
    guard let (index, logTime) = now, index != watch.seen else { return }
    watch.seen = index
    let skus = availability(of: watch.skus, on: watch.day, lane: self, shard: watch.shard)
    let changed = watch.hasBegun ? zip(skus, watch.sent).filter { $0 != $1 }.map(\.0) : skus
    guard !changed.isEmpty else { return }
    watch.hasBegun = true
    watch.sent = skus
    var response = API.WatchAvailabilityResponse()
    response.skus = changed
    response.logTime = logTime
    response.position = API.Position()
    response.position!.shard = watch.shard.rawValue
    response.position!.index = index.rawValue
    send(response.encoded(), to: watch.call)
  }

  private func send(_ bytes: [UInt8], to call: CallHandle) {
    let dispatcher = hub.dispatchers[call.loop]
    hub.hop(from: self, to: call.loop) {
      unsafe bytes.withUnsafeBytes { unsafe _ = dispatcher.server.send(call, message: $0) }
      dispatcher.flush()
    }
  }

  func stopWatching(_ call: CallHandle) {
    watches.watches.removeAll { $0.call == call }
  }
}

/// The caller's side of a watch.
final class WatchCall: StreamingCall {
  private let dispatcher: Dispatcher
  private let call: CallHandle
  private let caller: Caller
  private var lane: Lane?

  /// Watchers of one lane; more are refused.
  static let watchesMax = 4_096

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
    guard route.members.contains(dispatcher.node) else {
      throw dispatcher.notLeader(route.leader ?? route.members.first)
    }
    let lane = dispatcher.hub.lanes[route.lane]
    self.lane = lane
    let (call, shard, skus) = (call, route.shard, request.skus)
    dispatcher.hub.hop(from: dispatcher.hub.lanes[dispatcher.index], to: route.lane) {
      guard lane.watches.watches.count < Self.watchesMax else { return lane.refuseWatch(call) }
      lane.watches.watches.append(Watch(call: call, shard: shard, skus: skus, day: day))
    }
  }

  /// The client has said all; the watch goes on.
  func halfClosed() {}

  func cancelled() {
    guard let lane else { return }
    let call = call
    dispatcher.hub.hop(from: dispatcher.hub.lanes[dispatcher.index], to: lane.index) {
      lane.stopWatching(call)
    }
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
