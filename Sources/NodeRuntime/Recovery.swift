// From the files of one lane to its core: the same state, with nothing acknowledged lost.

import Glibc
import LogStorage
import Logging
import NIOCore
import NodeCore
package import Primitives
import RaftConsensus
import StockLedger

enum Recovery {
  /// Finds out on which disk the node is, before anything else is read or written.
  static func introductions(_ settings: RuntimeSettings, _ events: EventLog) throws -> Introductions
  {
    try checkLanes(settings)
    let disk = try DiskName.claim(directory: settings.directory, lanes: settings.lanes)
    return Introductions(
      node: settings.core.node, disk: disk,
      peers: try PeerDisks(directory: settings.directory + "/lane-0"), events: events,
      fatal: settings.storage.fatal)
  }

  /// Opens one lane's store and builds the core on what it holds.
  static func lane(_ index: Int, on loop: any EventLoop, _ hub: Hub) throws -> Lane {
    let settings = hub.settings
    let directory = settings.directory + "/lane-\(index)"
    let (store, groups) = try LogStore.open(directory: directory, settings: settings.storage)
    let restored = try groups.map { try restore($0, from: store, settings.core) }
    var own = settings.core
    own.lane = index
    own.lanes = settings.lanes
    let core = NodeCore(settings: own, restored: restored, now: SystemClock.now())
    for group in restored {
      hub.events.logger.info(
        "recovered group",
        metadata: [
          "shard": "\(group.shard.rawValue)", "entries": "\(group.entries.count)",
          "snapshot": "\(group.mark?.index.rawValue ?? 0)",
        ])
    }
    return Lane(index: index, loop: loop, store: store, core: core, hub: hub)
  }

  private static func restore(
    _ group: RecoveredGroup, from store: LogStore, _ core: NodeSettings
  ) throws -> RestoredShard {
    // It can't know whom it voted for, so it may not be this member again (rule C9).
    if group.flaw == .hardStateLost {
      throw RecoveryError.hardStateLost(store.directory, group.shard)
    }
    var ledger = RestoredLedger.empty
    // One that proved wrong is thrown away unread (rule C10).
    let isRebuilding = group.hardState?.standing == .rebuilding
    if group.snapshot != nil, !isRebuilding {
      var loader = SnapshotLoader(limits: core.ledger)
      let reader = try store.openSnapshot(shard: group.shard)
      while let chunk = try reader?.next() { try loader.append(chunk) }
      ledger =
        group.shard == .meta ? .meta(try loader.finishMeta()) : .shard(try loader.finish())
    }
    return RestoredShard(
      shard: group.shard, descriptor: group.descriptor, hardState: group.hardState ?? HardState(),
      mark: group.snapshot, ledger: ledger, entries: try log(of: group, from: store),
      isFlawed: group.flaw != nil, isClosed: group.isClosed)
  }

  /// The whole log behind the snapshot: what recovery kept in memory, and what is before it.
  private static func log(of group: RecoveredGroup, from store: LogStore) throws -> [Entry] {
    guard let first = group.entries.first, group.firstIndex < first.index else {
      return group.entries
    }
    var older: [Entry] = []
    var next = group.firstIndex
    while next < first.index {
      let part = try store.loadNow(group.shard, from: next, upTo: first.index.previous)
      older.append(contentsOf: part)
      guard let last = part.last else { break }
      next = last.index.next
    }
    return older + group.entries
  }

  /// The number of lanes decides which folder a group is in, so it stays as it was.
  private static func checkLanes(_ settings: RuntimeSettings) throws {
    for other in settings.lanes..<64
    where unsafe access("\(settings.directory)/lane-\(other)", F_OK) == 0 {
      throw RecoveryError.lanesChanged(settings.directory, was: other + 1, now: settings.lanes)
    }
  }
}

/// What keeps a node from starting on its files.
package enum RecoveryError: Error, CustomStringConvertible {
  case lanesChanged(String, was: Int, now: Int)
  case hardStateLost(String, ShardID)

  package var description: String {
    switch self {
    case .lanesChanged(let directory, let was, let now):
      "\(directory) was written with \(was) lanes; set 'lanes: \(was)' instead of \(now)"
    case .hardStateLost(let directory, let shard):
      "\(directory) has lost the term and vote of shard \(shard.rawValue): this node must not come "
        + "back under its id; the others go on without it"
    }
  }
}
