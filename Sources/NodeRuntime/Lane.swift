// A lane: one event loop that owns some shards. It gives the core its inputs, ends the turn, and
// performs the effects in the order that the data prescribes.

import LogStorage
import NIOCore
import NodeCore
import Primitives
import RaftConsensus
import StockLedger
import WireFormat

/// Owns one `NodeCore` and its store.
///
/// Unchecked, because the compiler can't see it: every member but `loop`, `store` and `index` is
/// used on `loop` only.
final class Lane: @unchecked Sendable {
  let index: Int
  let loop: any EventLoop
  let store: LogStore
  var core: NodeCore
  var effects = NodeEffects()
  /// Answers to what was submitted and read here, and everything that leaves the node.
  unowned let hub: Hub
  var reads = PendingReads()
  var availabilityEncoder = AvailabilityEncoder()
  var watches = WatchList()
  var changes: [PendingChange] = []
  var routeNotes = RouteNotes()
  let feeds = SnapshotFeeds()
  var tally = LaneTally()
  private let metrics: LaneMetrics

  private var turnIsDue = false
  private var moreIsDue = false
  /// A chunk travels to a lagging follower as it was written, and fits into an envelope.
  private static let snapshotChunkBytes = 512 << 10
  private var ticks: RepeatedTask?

  init(index: Int, loop: any EventLoop, store: LogStore, core: NodeCore, hub: Hub) {
    self.index = index
    self.loop = loop
    self.store = store
    self.core = core
    self.hub = hub
    metrics = LaneMetrics(lane: index, hub.settings)
  }

  func start(tickMilliseconds: Int64) {
    loop.assertInEventLoop()
    noteRoutes()
    let period = TimeAmount.milliseconds(tickMilliseconds)
    ticks = loop.scheduleRepeatedTask(initialDelay: period, delay: period) { [self] _ in tick() }
    ring()
  }

  func stop() {
    loop.assertInEventLoop()
    ticks?.cancel()
    ticks = nil
    metrics.publish(self)
  }

  /// Asks for a turn at the end of the loop's tick: what several bursts brought shares it.
  func ring() {
    guard !turnIsDue else { return }
    turnIsDue = true
    loop.assumeIsolated().execute { [self] in turn() }
  }

  // Inputs. Each reads the clock after the input was taken and before the core sees it (rule L9).

  func submit(_ batch: consuming SubmitBatch) {
    core.submit(batch, now: SystemClock.now())
    ring()
  }

  func receive(_ envelope: PeerEnvelope, from node: NodeID) {
    core.receive(envelope, from: node, now: SystemClock.now())
    ring()
  }

  /// Groups whose rows keep many files take a snapshot in the next turn.
  func tellKept(_ files: [ShardID: Int64]) {
    guard ticks != nil else { return }
    for (shard, bytes) in files { core.logKeeps(Int(bytes), of: shard, now: SystemClock.now()) }
  }

  private func tick() {
    core.tick(now: SystemClock.now())
    noteNewCatalog()
    watches.isDue = true
    turn()
    metrics.ticked(self)
  }

  private func turn() {
    turnIsDue = false
    let began = NIODeadline.now()
    core.endTurn(now: SystemClock.now(), into: &effects)
    perform()
    tally.turned(nanoseconds: (NIODeadline.now() - began).nanoseconds)
    if core.hasMoreToApply { goOnSoon() }
  }

  /// Lets the loop look at its sockets first: what is only executed comes before them.
  private func goOnSoon() {
    guard !moreIsDue else { return }
    moreIsDue = true
    loop.assumeIsolated().scheduleTask(in: .microseconds(50)) { [self] in
      moreIsDue = false
      ring()
    }
  }
}

// Effects.

extension Lane {
  private func perform() {
    guard !effects.isEmpty || watches.isDue || !changes.isEmpty else { return }
    for event in effects.events {
      hub.events.note(event)
      tally.count(event)
      routeNotes.note(event)
    }
    if !effects.events.isEmpty { noteRoutes() }
    for event in effects.events { endWatches(after: event) }
    for opened in effects.openedShards { open(opened) }
    for outgoing in effects.sendNow { hub.send(outgoing, from: self) }
    for shard in effects.discards { store.discardSnapshots(shard: shard) }
    persist()
    if !effects.replies.isEmpty || !effects.reads.isEmpty { noteNewCatalog() }
    deliver()
    for work in effects.loads { load(work) }
    for work in effects.snapshotReads { read(work) }
    for work in effects.snapshotsToSave { save(work) }
    for shard in effects.closedShards { store.drop(shard: shard) }
    for compaction in effects.compactions {
      store.compact(shard: compaction.shard, to: compaction.through)
    }
    tellWatchers()
    lookAtChanges()
    effects.clear()
  }

  /// Storage creates a group before anything of it is written; another lane's core is told.
  private func open(_ opened: OpenedShard) {
    guard opened.lane != index else {
      store.create(shard: opened.shard, descriptor: opened.descriptor)
      return
    }
    let lane = hub.lanes[opened.lane]
    lane.loop.execute {
      lane.core.open(opened, now: SystemClock.now())
      lane.ring()
    }
  }

  private func persist() {
    let journal = effects.journal.map {
      JournalItem(shard: $0.shard, entry: $0.entry, outcomes: $0.outcomes)
    }
    guard let work = effects.persist else {
      if !journal.isEmpty { store.journal(journal) }
      return
    }
    let writes = work.writes.map {
      GroupWrite(
        shard: $0.shard, hardState: $0.hardState, firstIndex: $0.rows?.firstIndex,
        entries: $0.rows?.entries ?? [])
    }
    store.persist(PersistBatch(writes: writes, journal: journal), ticket: work.ticket.rawValue) {
      [self] _ in loop.execute { self.persisted(work) }
    }
  }

  private func persisted(_ work: PersistWork) {
    core.persisted(work.ticket, now: SystemClock.now())
    for outgoing in work.sendAfter { hub.send(outgoing, from: self) }
    ring()
  }

  private func load(_ work: LoadWork) {
    let request = work.request
    store.load(
      shard: work.shard, from: request.from, upTo: request.upTo, maxBytes: request.maxBytes
    ) { [self] result in
      loop.execute {
        let now = SystemClock.now()
        let entries = (try? result.get()) ?? []
        if case .failure(let error) = result {
          self.tally.loadsFailed += 1
          self.hub.events.note(loadFailed: work, error, now: now)
        }
        // None says that they can't be had; the group takes a snapshot in their place.
        self.core.loaded(work, entries: entries, now: now)
        self.ring()
      }
    }
  }

  /// Gives a follower that is far behind the next chunk of the newest snapshot.
  private func read(_ work: SnapshotReadWork) {
    feeds.next(for: work, store: store) { [self] part in
      loop.execute {
        if let part {
          self.core.snapshotRead(
            work, bytes: part.bytes, isLast: part.isLast, now: SystemClock.now())
        } else {
          self.core.snapshotUnavailable(work, now: SystemClock.now())
        }
        self.ring()
      }
    }
  }

  private func save(_ work: SnapshotWork) {
    var snapshot = work.snapshot
    store.saveSnapshot(
      shard: work.shard, mark: work.mark,
      chunks: { snapshot.nextChunk(maxBytes: Self.snapshotChunkBytes) },
      done: { [self] mark in
        loop.execute {
          self.core.snapshotSaved(shard: work.shard, mark: mark, now: SystemClock.now())
          self.ring()
        }
      })
  }

  /// Replies, refusals and reads, grouped by the loop that their callers live on.
  private func deliver() {
    for group in effects.replies { hub.deliver(group, from: self) }
    for refused in effects.refusals {
      if PendingReads.isRead(refused.token) {
        failRead(refused)
      } else {
        hub.deliver(refused, from: self)
      }
    }
    for answer in effects.reads { answerRead(answer) }
    if !effects.replies.isEmpty || !effects.refusals.isEmpty || !effects.reads.isEmpty {
      hub.flush(from: self)
    }
  }
}
