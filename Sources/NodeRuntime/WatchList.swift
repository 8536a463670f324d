// Watches on the lane of their shard: what they saw last, and whose turn it is to be told.

import GRPCTransport
import NodeCore
import Primitives
import StockLedger
import WireFormat

/// The watches of one lane's shards. They are looked at once per tick, in turn, so that a busy
/// shard costs a watcher one comparison a tick and not one per entry, and a tick never more than
/// `skusPerTick`: with more to do each watcher is told less often, and then of the newest state.
struct WatchList {
  private(set) var watches: [Watch] = []
  /// Set by each tick.
  var isDue = false
  /// Where the next tick goes on.
  private var next = 0

  /// Watchers of one lane; more are refused.
  static let watchesMax = 4_096
  /// SKUs that are looked up in one tick; the last watcher's may go over it. Some microseconds each.
  static let skusPerTick = 256

  var isFull: Bool { watches.count >= Self.watchesMax }

  mutating func add(_ watch: Watch) { watches.append(watch) }

  mutating func remove(_ watch: Watch) {
    watches.removeAll { $0 === watch }
  }

  /// The watcher whose turn it is now.
  mutating func takeNext() -> Watch? {
    guard !watches.isEmpty else { return nil }
    if next >= watches.count { next = 0 }
    defer { next += 1 }
    return watches[next]
  }
}

/// One watcher, on the lane of its shard.
///
/// Unchecked, because the caller's loop has it too, as a name only: every `var` is used on the
/// lane's loop.
final class Watch: @unchecked Sendable {
  let call: CallHandle
  let shard: ShardID
  let skus: [String]
  let day: Day?
  /// What the watcher knows: messages say what differs from it.
  var sent: [API.SkuAvailability] = []
  var seen = LogIndex.zero
  var hasBegun = false
  /// The last message waits for the watcher to take what came before it. Meanwhile nothing is
  /// looked up; afterwards the next message has the newest state and skips what was between.
  var isBlocked = false

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
    var skusLeft = WatchList.skusPerTick
    // A watcher may go while it is told.
    for _ in watches.watches.indices where skusLeft > 0 {
      guard let watch = watches.takeNext() else { return }
      skusLeft -= tell(watch)
    }
  }

  /// Ends the watches of a shard in which this node lost its seat: it hears no more of it.
  func endWatches(after event: NodeEvent) {
    guard case .membersChanged(let shard, _, let members) = event,
      !members.contains(core.settings.node)
    else { return }
    for watch in watches.watches where watch.shard == shard { end(watch) }
  }

  /// Sends what is news to a watcher; gives how many SKUs had to be looked up for that. A ledger that
  /// is gone, or worth nothing, has no news and never will: then the watcher has to go elsewhere.
  private func tell(_ watch: Watch) -> Int {
    let now = core.withShardLedger(watch.shard) { (index: $0.appliedIndex, time: $0.logTime) }
    guard let now else {
      end(watch)
      return 0
    }
    guard !watch.isBlocked, now.index != watch.seen || !watch.hasBegun else { return 0 }
    watch.seen = now.index
    let skus = watch.skus.map { availability(of: $0, on: watch.day, in: watch.shard) }
    let changed = watch.hasBegun ? zip(skus, watch.sent).filter { $0 != $1 }.map(\.0) : skus
    guard !changed.isEmpty else { return skus.count }
    watch.hasBegun = true
    watch.sent = skus
    var response = API.WatchAvailabilityResponse()
    response.skus = changed
    response.logTime = now.time
    response.position = API.Position()
    response.position!.shard = watch.shard.rawValue
    response.position!.index = now.index.rawValue
    send(response.encoded(), to: watch)
    return skus.count
  }

  private func availability(of sku: String, on day: Day?, in shard: ShardID) -> API.SkuAvailability
  {
    var rows = ByteWriter()
    let isKnown = core.withShardLedger(shard) { ledger in
      unsafe Array(sku.utf8).withUnsafeBytes {
        unsafe ledger.availability(sku: $0, date: day, into: &rows)
      }
    }
    guard isKnown == true else { return unsafe API.SkuAvailability(sku: sku, records: nil) }
    return unsafe rows.bytes.withUnsafeBytes { unsafe API.SkuAvailability(sku: sku, records: $0) }
  }

  private func end(_ watch: Watch) {
    watches.remove(watch)
    let status = core.status(now: SystemClock.now()).first { $0.shard == watch.shard }
    let isStopped = status?.standing == .stopped
    let dispatcher = hub.dispatchers[watch.call.loop]
    hub.hop(from: self, to: watch.call.loop) {
      (dispatcher.streams[watch.call] as? WatchCall)?.end(isStopped: isStopped)
    }
  }

  /// One message at most is on its way to the caller's loop.
  private func send(_ bytes: [UInt8], to watch: Watch) {
    watch.isBlocked = true
    let dispatcher = hub.dispatchers[watch.call.loop]
    hub.hop(from: self, to: watch.call.loop) {
      (dispatcher.streams[watch.call] as? WatchCall)?.send(bytes)
    }
  }
}
