package import Primitives
import RaftConsensus
import StockLedger

extension NodeCore {
  /// Takes in a group of this lane that lane 0's core found in the catalog.
  package mutating func open(_ opened: OpenedShard, now: ClockReading) {
    guard let descriptor = GroupDescriptor(decoding: opened.descriptor) else {
      preconditionFailure("descriptor of shard \(opened.shard.rawValue) is malformed")
    }
    guard position(of: opened.shard) == nil else { return }
    open(descriptor, now: now)
  }

  /// Continues a group from what storage has.
  mutating func restore(_ restored: RestoredShard, now: ClockReading) {
    guard let descriptor = GroupDescriptor(decoding: restored.descriptor),
      descriptor.shard == restored.shard
    else {
      preconditionFailure("descriptor of shard \(restored.shard.rawValue) is malformed")
    }
    guard !restored.isClosed else { return sleep(descriptor, restored.hardState) }
    let mark = restored.mark ?? .initial(descriptor.configuration)
    let isRebuilding = restored.hardState.standing == .rebuilding
    let books = books(of: descriptor, from: isRebuilding ? .empty : restored.ledger)
    // What it had may still be on the disk (rule C10).
    if isRebuilding { out.discards.append(descriptor.shard) }
    precondition(
      isRebuilding || books.index == mark.index,
      "shard \(restored.shard.rawValue): ledger at \(books.index.rawValue), snapshot at "
        + "\(mark.index.rawValue)")
    insert(
      descriptor, books: books,
      restored: RestoredGroup(
        hardState: restored.hardState, snapshot: mark, entries: restored.entries,
        isFlawed: restored.isFlawed),
      now: now)
  }

  private mutating func sleep(_ descriptor: GroupDescriptor, _ hardState: HardState) {
    note(descriptor)
    dormant.append(
      DormantSeat(
        shard: descriptor.shard, hardState: hardState,
        members: descriptor.members.filter { $0 != settings.node }))
  }

  /// Opens a group that is new on this node, or comes back without its rows.
  mutating func openNew(_ descriptor: GroupDescriptor, now: ClockReading) {
    insert(
      descriptor, books: books(of: descriptor, from: .empty),
      restored: RestoredGroup(
        hardState: wake(descriptor.shard) ?? HardState(),
        snapshot: .initial(descriptor.configuration)),
      now: now)
    out.openedShards.append(
      OpenedShard(
        shard: descriptor.shard, lane: settings.lane, descriptor: descriptor.encoded()))
    out.events.append(.opened(descriptor.shard, members: descriptor.members))
  }

  /// Opens what the catalog has and this node does not, deterministically from the entry that was
  /// just applied, or from the snapshot that was just loaded.
  mutating func openShardsOfCatalog(now: ClockReading) {
    guard let at = position(of: .meta), let meta = groups[at].books.meta,
      meta.shards.count > shardsSeen
    else { return }
    let new = meta.shards[shardsSeen...]
    shardsSeen = meta.shards.count
    for shard in new where position(of: shard.id) == nil {
      open(GroupDescriptor(shard), now: now)
    }
  }

  /// A founder opens its seat, unless it was taken away. Whoever is none keeps the descriptor, for the
  /// day when it is added.
  mutating func open(_ descriptor: GroupDescriptor, now: ClockReading) {
    let lane = settings.lane(of: descriptor.shard)
    if lane != settings.lane {
      note(descriptor)
      out.openedShards.append(
        OpenedShard(shard: descriptor.shard, lane: lane, descriptor: descriptor.encoded()))
    } else if descriptor.holds(settings.node), dormantSeat(descriptor.shard) == nil {
      openNew(descriptor, now: now)
    } else {
      note(descriptor)
    }
  }

  private mutating func insert(
    _ descriptor: GroupDescriptor, books: Books, restored: RestoredGroup, now: ClockReading
  ) {
    precondition(
      settings.lane(of: descriptor.shard) == settings.lane,
      "shard \(descriptor.shard.rawValue) is not of lane \(settings.lane)")
    var raftSettings = settings.raft
    if !descriptor.founders.preferred.isEmpty {
      raftSettings.preference =
        descriptor.founders.preferred.contains(settings.node) ? .preferred : .deferring
    }
    let raft = RaftGroup(
      member: MemberID(of: settings.node), shard: descriptor.shard, settings: raftSettings,
      restored: restored, now: now,
      seed: settings.seed ^ settings.node.rawValue << 32 ^ UInt64(descriptor.shard.rawValue))
    let group = Group(
      descriptor: descriptor, raft: raft, books: books, isFlawed: restored.isFlawed, now: now)
    let at = groups.firstIndex { $0.shard > descriptor.shard } ?? groups.count
    groups.insert(group, at: at)
    note(descriptor)
  }

  private mutating func note(_ descriptor: GroupDescriptor) {
    let at = placements.firstIndex { $0.shard >= descriptor.shard } ?? placements.count
    if at < placements.count && placements[at].shard == descriptor.shard {
      placements[at] = descriptor
    } else {
      placements.insert(descriptor, at: at)
    }
  }

  private func books(of descriptor: GroupDescriptor, from ledger: RestoredLedger) -> Books {
    switch ledger {
    case .meta(let meta): Books(meta)
    case .shard(let shard): Books(shard)
    case .empty: emptyBooks(of: descriptor.shard)
    }
  }

  /// What every group's ledger begins as.
  func emptyBooks(of shard: ShardID) -> Books {
    shard == .meta
      ? Books(MetaLedger(limits: settings.ledger))
      : Books(ShardLedger(shard: shard, limits: settings.ledger))
  }
}

extension GroupDescriptor {
  /// The members that the group begins with.
  var configuration: Configuration {
    Configuration(
      voters: founders.voters.map(MemberID.init(of:)),
      learners: founders.learners.map(MemberID.init(of:)))
  }
}
