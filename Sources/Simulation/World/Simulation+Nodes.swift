import NodeCore
import Primitives
import RaftConsensus
import StockLedger

// Nodes start, crash, and go through turns.

extension Simulation {
  /// Starts a node from what its disk has.
  func start(_ at: Int) {
    nodes[at].isStarting = false
    guard !nodes[at].isLost else { return }
    // A process draws its own random numbers: two lives that number their questions alike would take
    // an answer to the one for an answer to the other (trap 18).
    nodes[at].settings.seed = random.next()
    if plan.leaseChanges, phase != .setup {
      // Another configuration than before: the Δ of entries that are there counts on (rule L5).
      nodes[at].settings.raft.leaseMilliseconds =
        random.chance(1, in: 2) ? plan.leaseMilliseconds : plan.leaseMilliseconds / 4
    }
    if plan.beginsWithOldBuild, phase != .setup, random.chance(1, in: 3) {
      nodes[at].settings.ledger.rulesMax = .newest
    }
    nodes[at].disk.dropSpoiledSnapshots()
    do throws(SnapshotError) {
      let restored = try nodes[at].disk.restored(limits: nodes[at].settings.ledger)
      if restored.contains(where: \.isFlawed) { marks.reach(.startedFlawed) }
      let reading = nodes[at].clock.reading(now)
      nodes[at].core = NodeCore(settings: nodes[at].settings, restored: restored, now: reading)
      noteStart(from: restored, reading, on: at)
    } catch {
      return fail("C9", "node \(at + 1) can't read the snapshot that it wrote: \(error)")
    }
    faults.wrong.started(at, nodes[at].disk)
    trace.mix(UInt64(at) | 0x5A << 32)
    deliver(.tick, to: at)
    schedule(.tick(node: at, life: nodes[at].life), after: random.below(Self.tickNanoseconds) + 1)
  }

  /// Ends a process. Of what its disk was writing, each work is there whole or not at all, in order.
  func crash(_ at: Int) {
    guard nodes[at].isUp else { return }
    trace.mix(UInt64(at) | 0xC0 << 32)
    nodes[at].core = nil
    nodes[at].life += 1
    nodes[at].mailbox = []
    nodes[at].turn = .none
    nodes[at].stopInside = nil
    #if HOLDFAST_MUTANTS
      nodes[at].early = nil
    #endif
    nodes[at].reads = []
    let writing = nodes[at].writing
    nodes[at].writing = []
    nodes[at].saving = []
    nodes[at].diskBusyUntil = now
    nodes[at].failsNextWrite = false
    if !writing.isEmpty { marks.reach(.crashedWhileWriting) }
    for work in writing {
      // The transaction's commit record may just have reached the disk; its caller never knew.
      guard random.chance(1, in: 4) else { break }
      marks.reach(.unconfirmedWriteSurvived)
      writeToDisk(work, at)
    }
  }

  /// A core is large: it is changed and looked at where it lies, and never copied.
  func withCore<R>(_ at: Int, _ body: (inout NodeCore) -> R) -> R { body(&nodes[at].core!) }

  // MARK: The mailbox and the turn

  func deliver(_ input: Input, to at: Int) {
    guard nodes[at].isUp else { return }
    nodes[at].mailbox.append(input)
    guard case .none = nodes[at].turn else { return }
    nodes[at].turn = .due
    schedule(.turn(node: at, life: nodes[at].life), after: 20_000 + random.below(80_000))
  }

  func beginTurn(_ at: Int) {
    guard case .due = nodes[at].turn else { return }
    #if HOLDFAST_MUTANTS
      if nodes[at].early == nil { nodes[at].early = nodes[at].clock.reading(now) }
    #endif
    if nodes[at].pausedUntil > now {
      return events.schedule(
        .turn(node: at, life: nodes[at].life), at: nodes[at].pausedUntil)
    }
    var inputs: [Input] = []
    swap(&inputs, &nodes[at].mailbox)
    nodes[at].turn = .taken(inputs)
    if !stops(at, behind: 0) { goOn(at) }
  }

  /// Goes on with a turn from where it stands. Rule L9: the clock is read when the inputs have been
  /// taken from the mailbox and before the core sees them.
  func goOn(_ at: Int) {
    if nodes[at].pausedUntil > now {
      return events.schedule(
        .goOn(node: at, life: nodes[at].life), at: nodes[at].pausedUntil)
    }
    while true {
      switch nodes[at].turn {
      case .none, .due: return
      case .taken(let inputs):
        nodes[at].turn = .timed(inputs, nodes[at].clock.reading(now))
        nodes[at].timedAt = now
        if stops(at, behind: 1) { return }
      case .timed(let inputs, let reading):
        nodes[at].turn = .none
        step(at, inputs, reading)
        guard checks.failure == nil else { return }
        if stops(at, behind: 2) {
          // What a paused turn decided leaves the node when it goes on.
          var kept = NodeEffects()
          swap(&kept, &effects)
          nodes[at].turn = .decided(kept, [])
          return
        }
        carryOut(at)
        return endTurn(at)
      case .decided(var kept, _):
        swap(&kept, &effects)
        carryOut(at)
        return endTurn(at)
      }
    }
  }

  /// Whether the process is stopped here.
  private func stops(_ at: Int, behind step: Int) -> Bool {
    guard let stop = nodes[at].stopInside, stop.step == step else { return false }
    nodes[at].stopInside = nil
    nodes[at].pausedUntil = now + stop.nanoseconds
    marks.reach(.stoppedInsideTurn)
    schedule(.goOn(node: at, life: nodes[at].life), after: stop.nanoseconds)
    return true
  }

  private func endTurn(_ at: Int) {
    guard nodes[at].isUp else { return }
    nodes[at].turn = .none
    let more = withCore(at) { $0.hasMoreToApply }
    if more { marks.reach(.appliedOverTurns) }
    guard more || !nodes[at].mailbox.isEmpty else { return }
    nodes[at].turn = .due
    schedule(.turn(node: at, life: nodes[at].life), after: 20_000 + random.below(80_000))
  }

  /// The core sees the inputs, decides, and is looked at.
  private func step(_ at: Int, _ inputs: [Input], _ reading: ClockReading) {
    #if HOLDFAST_MUTANTS
      for input in inputs { feed(input, at, Self.misread(input, reading, nodes[at].early)) }
      let end = Mutant.leaseOldClock.isPlanted ? nodes[at].early ?? reading : reading
      nodes[at].early = nil
      nodes[at].core!.endTurn(now: end, into: &effects)
    #else
      for input in inputs { feed(input, at, reading) }
      nodes[at].core!.endTurn(now: reading, into: &effects)
    #endif
    check(at)
  }

  #if HOLDFAST_MUTANTS
    /// The clock as a shell reads it that does so before it takes its inputs (rule L9).
    private static func misread(
      _ input: Input, _ reading: ClockReading, _ early: ClockReading?
    ) -> ClockReading {
      switch input {
      case .envelope: Mutant.arrivalEarly.isPlanted ? early ?? reading : reading
      default: Mutant.leaseOldClock.isPlanted ? early ?? reading : reading
      }
    }
  #endif

  private func feed(_ input: Input, _ at: Int, _ reading: ClockReading) {
    switch input {
    case .tick: nodes[at].core!.tick(now: reading)
    case .envelope(let envelope, let from, let arrived):
      let new = newEntries(in: envelope, on: at)
      nodes[at].core!.receive(envelope, from: NodeID(UInt64(from + 1)), now: reading)
      checkBarriers(behind: new, arrived: arrived, on: at)
    case .persisted(let ticket): nodes[at].core!.persisted(ticket, now: reading)
    case .saved(let work):
      nodes[at].core!.snapshotSaved(shard: work.shard, mark: work.mark, now: reading)
    case .loaded(let work):
      let entries = nodes[at].disk.load(work)
      if entries.isEmpty { marks.reach(.loadFailed) } else { marks.reach(.loadedFromDisk) }
      nodes[at].core!.loaded(work, entries: entries, now: reading)
    case .snapshotRead(let work):
      if let part = nodes[at].disk.read(work, wrong: nodes[at].misreadsSnapshots) {
        nodes[at].core!.snapshotRead(
          work, bytes: part.bytes, isLast: part.isLast, now: reading)
      } else {
        marks.reach(.snapshotGone)
        nodes[at].core!.snapshotUnavailable(work, now: reading)
      }
    case .transfer(let shard, let to):
      _ = nodes[at].core!.transfer(shard, to: NodeID(UInt64(to + 1)), now: reading)
    case .change(let shard, let steps):
      if case .accepted = nodes[at].core!.change(shard, steps, now: reading) {
        marks.reach(steps.count > 1 ? .changedJointly : .changedMembers)
      }
    case .ask(.submit(let batch)): nodes[at].core!.submit(batch, now: reading)
    case .ask(.read(let request, let sku)):
      nodes[at].reads.append(SimNode.PendingRead(token: request.token, sku: sku))
      nodes[at].core!.read(request, now: reading)
    }
  }
}
