import Primitives
import RaftConsensus
import StockLedger

@testable import NodeCore

/// Several `NodeCore`s on one thread in virtual time, over a network that loses, delays, repeats
/// and reorders, and disks that take their time and forget what was not written when their node
/// crashed. Everything follows from one seed.
final class VirtualCluster {
  struct Options {
    var seed: UInt64
    /// One node per name of a region, ids from 1.
    var regions = ["eu", "us", "ap"]
    var zones: [String] = []
    /// Nil: all nodes are.
    var founders: [NodeID]?
    /// Of a thousand envelopes.
    var lost: UInt64 = 0
    var repeated: UInt64 = 0
    var delay: ClosedRange<UInt64> = 500_000...3_000_000
    var persistDelay: ClosedRange<UInt64> = 100_000...2_000_000
    var tickNanoseconds: UInt64 = 10_000_000
    /// Milliseconds that each node's wall clock is off, in order of node.
    var clockOff: [Int64] = []
    var tweak: (inout NodeSettings) -> Void = { _ in }
    /// What a node's clocks show when they are not right.
    var bend: (Int, ClockReading) -> ClockReading = { $1 }
  }

  struct Node {
    var settings: NodeSettings
    var core: NodeCore?
    var disk = VirtualDisk()
    /// Raised at each crash: what was under way for an earlier life is gone.
    var life = 0
    var isCutOff = false
  }

  private enum What {
    case tick(Int, life: Int)
    case deliver(PeerEnvelope, from: Int, to: Int)
    case written(PersistWork, Int, life: Int)
    case saved(SnapshotWork, Int, life: Int)
    case loaded(LoadWork, Int, life: Int)
    case snapshotRead(SnapshotReadWork, Int, life: Int)
  }

  private struct Event {
    var at: UInt64
    var order: UInt64
    var what: What
  }

  let options: Options
  private(set) var nodes: [Node] = []
  private(set) var now: UInt64 = 1_000_000_000
  private var events: [Event] = []
  private var order: UInt64 = 0
  var random: SeededRandom

  private(set) var replies: [ReplyGroup] = []
  private(set) var answers: [UInt64: [UInt8]] = [:]
  private(set) var answerPlaces: [UInt64: (shard: ShardID, index: LogIndex, logTime: LogTime)] = [:]
  private(set) var refusals: [UInt64: RefusalReason] = [:]
  private(set) var reads: [UInt64: ReadInstant] = [:]
  private(set) var seen: [(node: Int, event: NodeEvent)] = []
  /// What went to other lanes of the same node, which are not played here.
  private(set) var toOwnNode: [(node: Int, envelope: PeerEnvelope)] = []
  /// What lane 0 told of shards of other lanes.
  private(set) var openedElsewhere: [(node: Int, shard: ShardID)] = []
  /// What each (shard, index) was on the first node that applied it; all others must agree.
  private var journal: [String: (entry: Entry, outcomes: [UInt8])] = [:]
  private(set) var entriesCompared = 0

  init(_ options: Options) {
    self.options = options
    random = SeededRandom(seed: options.seed)
    let seats = options.regions.enumerated().map { at, region in
      NodeSeat(
        id: NodeID(UInt64(at + 1)), region: Array(region.utf8),
        zone: Array((at < options.zones.count ? options.zones[at] : "a").utf8),
        address: Array("node\(at + 1):7400".utf8))
    }
    for seat in seats {
      var settings = NodeSettings(
        node: seat.id, nodes: seats, founders: options.founders, raft: RaftSettings(),
        seed: options.seed)
      settings.ledger.checksEachCommand = true
      settings.checkEveryEntries = 16
      options.tweak(&settings)
      nodes.append(Node(settings: settings))
    }
    for at in nodes.indices { start(at) }
  }

  // MARK: Nodes

  func clock(of at: Int) -> ClockReading {
    let boot = now + UInt64(at) * 7_777_777_777
    let off = at < options.clockOff.count ? options.clockOff[at] : 0
    let right = ClockReading(
      boot: boot, raw: boot + 5_000_000_000,
      wall: 1_700_000_000_000 + Int64(now / 1_000_000) + off)
    return options.bend(at, right)
  }

  /// What a node is told at its next start.
  func changeSettings(of at: Int, _ change: (inout NodeSettings) -> Void) {
    change(&nodes[at].settings)
  }

  func start(_ at: Int) { start(at, isFlawed: false) }

  /// Starts a node whose storage found damage in every group.
  func startFlawed(_ at: Int) { start(at, isFlawed: true) }

  private func start(_ at: Int, isFlawed: Bool) {
    precondition(nodes[at].core == nil, "node \(at) runs")
    do {
      var restored = try nodes[at].disk.restored()
      for shard in restored.indices { restored[shard].isFlawed = isFlawed }
      nodes[at].core = NodeCore(
        settings: nodes[at].settings, restored: restored, now: clock(of: at))
    } catch {
      fatalError("seed \(options.seed): node \(at) can't read its snapshot: \(error)")
    }
    turn(at)
    schedule(
      .tick(at, life: nodes[at].life), after: random.below(options.tickNanoseconds))
  }

  /// Kills a node: what it had in memory and what was not yet written is gone.
  func crash(_ at: Int) {
    nodes[at].core = nil
    nodes[at].life += 1
  }

  /// The rows that a shard has on one node now can't be read any more.
  func spoilRows(of shard: ShardID, on at: Int) {
    nodes[at].disk.unreadable[shard] = nodes[at].disk.files[shard]?.entries.last?.index
  }

  /// None of the rows that a shard has on one node is what was written.
  func loseRows(of shard: ShardID, on at: Int) { nodes[at].disk.loseRows(of: shard) }

  func cutOff(_ at: Int, _ isCutOff: Bool = true) { nodes[at].isCutOff = isCutOff }

  func isUp(_ at: Int) -> Bool { nodes[at].core != nil }

  /// Any input, and the turn that ends with it.
  func with(_ at: Int, _ input: (inout NodeCore, ClockReading) -> Void) {
    guard nodes[at].core != nil else { return }
    input(&nodes[at].core!, clock(of: at))
    turn(at)
  }

  func submit(_ at: Int, _ batch: SubmitBatch) {
    with(at) { core, now in core.submit(batch, now: now) }
  }

  func forget(_ token: UInt64) {
    answers[token] = nil
    refusals[token] = nil
    reads[token] = nil
  }

  /// The node that leads a shard by its own word, in the highest term.
  func leader(of shard: ShardID) -> Int? {
    var best: (at: Int, term: Term)?
    for at in nodes.indices {
      guard let core = nodes[at].core, let group = core.position(of: shard) else { continue }
      let raft = core.groups[group].raft
      if raft.isEstablishedLeader && raft.term > best?.term ?? .zero { best = (at, raft.term) }
    }
    return best?.at
  }

  // MARK: Time

  /// Runs until `condition` holds after some event; false if it did not within `seconds`.
  @discardableResult
  func run(seconds: Double, until condition: () -> Bool = { false }) -> Bool {
    let end = now + UInt64(seconds * 1e9)
    if condition() { return true }
    while let event = popEvent(before: end) {
      now = max(now, event.at)
      perform(event.what)
      if condition() { return true }
    }
    now = end
    return condition()
  }

  private func schedule(_ what: What, after delay: UInt64) {
    order += 1
    let event = Event(at: now + delay, order: order, what: what)
    var low = 0
    var high = events.count
    while low < high {
      let middle = (low + high) / 2
      if (events[middle].at, events[middle].order) > (event.at, event.order) {
        low = middle + 1
      } else {
        high = middle
      }
    }
    // Latest first, so that the next one is taken from the end.
    events.insert(event, at: low)
  }

  private func popEvent(before end: UInt64) -> Event? {
    guard let next = events.last, next.at <= end else { return nil }
    return events.removeLast()
  }

  private func draw(_ range: ClosedRange<UInt64>) -> UInt64 {
    range.lowerBound + random.below(range.upperBound - range.lowerBound + 1)
  }

  private func perform(_ what: What) {
    switch what {
    case .tick(let at, let life):
      guard nodes[at].life == life else { return }
      with(at) { core, now in core.tick(now: now) }
      schedule(what, after: options.tickNanoseconds)
    case .deliver(let envelope, let from, let to):
      guard !nodes[from].isCutOff, !nodes[to].isCutOff else { return }
      with(to) { core, now in
        core.receive(envelope, from: NodeID(UInt64(from + 1)), now: now)
      }
    case .written(let work, let at, let life):
      guard nodes[at].life == life else { return }
      nodes[at].disk.write(work)
      for outgoing in work.sendAfter { send(outgoing, from: at) }
      with(at) { core, now in core.persisted(work.ticket, now: now) }
    case .saved(let work, let at, let life):
      guard nodes[at].life == life else { return }
      nodes[at].disk.save(work)
      with(at) { core, now in
        core.snapshotSaved(shard: work.shard, mark: work.mark, now: now)
      }
    case .loaded(let work, let at, let life):
      guard nodes[at].life == life else { return }
      let entries = nodes[at].disk.load(work)
      with(at) { core, now in core.loaded(work, entries: entries, now: now) }
    case .snapshotRead(let work, let at, let life):
      guard nodes[at].life == life else { return }
      let part = nodes[at].disk.read(work)
      with(at) { core, now in
        if let part {
          core.snapshotRead(work, bytes: part.bytes, isLast: part.isLast, now: now)
        } else {
          core.snapshotUnavailable(work, now: now)
        }
      }
    }
  }

  /// All entries that any node applied, in order.
  func journalEntries(_ shard: ShardID) -> [Entry] {
    var entries: [Entry] = []
    while let row = journal["\(shard.rawValue)/\(entries.count + 1)"] { entries.append(row.entry) }
    return entries
  }

  // MARK: Effects

  private func turn(_ at: Int) {
    var effects = NodeEffects()
    nodes[at].core!.endTurn(now: clock(of: at), into: &effects)
    let life = nodes[at].life
    for opened in effects.openedShards {
      if opened.lane == nodes[at].settings.lane {
        nodes[at].disk.create(opened)
      } else {
        openedElsewhere.append((at, opened.shard))
      }
    }
    for outgoing in effects.sendNow { send(outgoing, from: at) }
    for shard in effects.discards { discard(shard, at) }
    if let work = effects.persist {
      schedule(.written(work, at, life: life), after: draw(options.persistDelay))
    }
    for work in effects.snapshotsToSave {
      schedule(.saved(work, at, life: life), after: draw(options.persistDelay))
    }
    for shard in effects.closedShards { nodes[at].disk.close(shard) }
    for compaction in effects.compactions { nodes[at].disk.compact(compaction) }
    for work in effects.loads {
      schedule(.loaded(work, at, life: life), after: draw(options.persistDelay))
    }
    for work in effects.snapshotReads {
      schedule(.snapshotRead(work, at, life: life), after: draw(options.persistDelay))
    }
    for row in effects.journal { compare(row) }
    for event in effects.events { seen.append((at, event)) }
    for reply in effects.replies { take(reply) }
    for refusal in effects.refusals { refusals[refusal.token] = refusal.reason }
    for read in effects.reads { reads[read.token] = read }
  }

  /// Snapshots that are being saved go too.
  private func discard(_ shard: ShardID, _ at: Int) {
    nodes[at].disk.discard(shard)
    events.removeAll {
      if case .saved(let work, at, _) = $0.what { work.shard == shard } else { false }
    }
  }

  private func take(_ reply: ReplyGroup) {
    replies.append(reply)
    let records = Outcome.split(reply.outcomes)
    precondition(
      records.count == reply.tokens.count,
      "seed \(options.seed): \(records.count) outcomes for \(reply.tokens.count) callers")
    for (token, record) in zip(reply.tokens, records) {
      answers[token] = record
      answerPlaces[token] = (reply.shard, reply.index, reply.logTime)
    }
  }

  /// Replicas apply the same entries and compute the same outcomes, bit for bit.
  private func compare(_ row: JournalRow) {
    let key = "\(row.shard.rawValue)/\(row.entry.index.rawValue)"
    if let known = journal[key] {
      precondition(
        known.entry == row.entry && known.outcomes == row.outcomes,
        "seed \(options.seed): replicas differ at \(key)")
      entriesCompared += 1
    } else {
      journal[key] = (row.entry, row.outcomes)
    }
  }

  private func send(_ outgoing: Outgoing, from: Int) {
    let to = Int(outgoing.to.rawValue) - 1
    if to == from { return toOwnNode.append((from, outgoing.envelope)) }
    guard !nodes[from].isCutOff, !nodes[to].isCutOff,
      !random.chance(options.lost, in: 1_000)
    else { return }
    schedule(.deliver(outgoing.envelope, from: from, to: to), after: draw(options.delay))
    if random.chance(options.repeated, in: 1_000) {
      schedule(.deliver(outgoing.envelope, from: from, to: to), after: draw(options.delay) * 3)
    }
  }
}
