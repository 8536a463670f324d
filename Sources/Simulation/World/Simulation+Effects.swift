import NodeCore
import Primitives
import RaftConsensus
import StockLedger

// What a shell does with a turn's effects: sends, writes, answers.

extension Simulation {
  func carryOut(_ at: Int) {
    let life = nodes[at].life
    for opened in effects.openedShards { nodes[at].disk.create(opened) }
    for outgoing in effects.sendNow { send(outgoing, from: at) }
    for shard in effects.discards { discard(shard, at) }
    if let work = effects.persist { persist(work, at) }
    for work in effects.snapshotsToSave { save(work, at) }
    for shard in effects.closedShards { nodes[at].disk.close(shard) }
    for compaction in effects.compactions { nodes[at].disk.compact(compaction) }
    for work in effects.loads {
      schedule(.loaded(work, node: at, life: life), after: diskTime(at))
    }
    for work in effects.snapshotReads {
      schedule(.snapshotRead(work, node: at, life: life), after: diskTime(at))
    }
    for reply in effects.replies { deliver(reply, from: at) }
    for refusal in effects.refusals {
      forgetRead(refusal.token, at)
      answer(.refused(refusal.reason), token: refusal.token, from: at)
    }
    for instant in effects.reads { read(instant, at) }
  }

  func send(_ outgoing: Outgoing, from: Int) {
    let to = Int(outgoing.to.rawValue) - 1
    precondition(to != from, "node \(from + 1) has one lane and writes to itself")
    for message in outgoing.envelope.messages { check(message, from: from) }
    noteDigests(outgoing.envelope.appliedDigests, from: from)
    guard network.holdsAny else { return transmit(outgoing.envelope, from: from, to: to) }
    var rest = outgoing.envelope
    rest.messages = []
    for message in outgoing.envelope.messages {
      if let delay = network.delay(of: message.kind, from: from, to: to) {
        var late = PeerEnvelope()
        late.messages = [message]
        transmit(late, from: from, to: to, after: delay)
      } else {
        rest.messages.append(message)
      }
    }
    if !rest.isEmpty { transmit(rest, from: from, to: to) }
  }

  private func transmit(_ envelope: PeerEnvelope, from: Int, to: Int, after delay: UInt64 = 0) {
    let arrivals = network.arrivals(from: from, to: to, now: now)
    if let first = arrivals.first {
      events.schedule(.arrive(envelope, from: from, to: to), at: first + delay)
    }
    if let second = arrivals.second {
      events.schedule(.arrive(envelope, from: from, to: to), at: second + delay)
    }
  }

  // MARK: Disk

  private func diskTime(_ at: Int) -> UInt64 {
    100_000 + random.below(nodes[at].writeNanosecondsMax)
  }

  private func persist(_ work: PersistWork, _ at: Int) {
    nodes[at].writing.append(work)
    nodes[at].diskBusyUntil = max(now, nodes[at].diskBusyUntil) + diskTime(at)
    events.schedule(
      .written(work, node: at, life: nodes[at].life), at: nodes[at].diskBusyUntil)
  }

  /// A write is through, or failed: then the process ends, and nobody knows what is on the disk
  /// (trap 24).
  func written(_ work: PersistWork, _ at: Int, _ life: Int) {
    guard nodes[at].life == life, nodes[at].isUp else { return }
    if nodes[at].pausedUntil > now {
      return events.schedule(.written(work, node: at, life: life), at: nodes[at].pausedUntil)
    }
    if nodes[at].failsNextWrite {
      marks.reach(.syncFailed)
      crash(at)
      return restartLater(at)
    }
    nodes[at].writing.removeFirst()
    writeToDisk(work, at)
    guard checks.failure == nil else { return }
    for outgoing in work.sendAfter { send(outgoing, from: at) }
    deliver(.persisted(work.ticket), to: at)
  }

  private func save(_ work: SnapshotWork, _ at: Int) {
    let isWrong = !work.isInstalled && faults.wrong.contains(at, work.shard)
    nodes[at].saving.append(
      SimNode.Saving(shard: work.shard, mark: work.mark, isWrong: isWrong))
    schedule(.saved(work, node: at, life: nodes[at].life), after: diskTime(at) * 2)
  }

  func saved(_ work: SnapshotWork, _ at: Int) {
    let place = nodes[at].saving.firstIndex { $0.shard == work.shard && $0.mark == work.mark }
    guard let place else { return }
    nodes[at].disk.save(work, isWrong: nodes[at].saving.remove(at: place).isWrong)
    deliver(.saved(work), to: at)
  }

  /// A store does one thing after the other: what was being saved is there when the rest goes, and
  /// goes too.
  private func discard(_ shard: ShardID, _ at: Int) {
    nodes[at].saving.removeAll { $0.shard == shard }
    nodes[at].disk.discard(shard)
  }

  func writeToDisk(_ work: PersistWork, _ at: Int) {
    for write in work.writes { checkHardState(write, on: at) }
    nodes[at].disk.write(work)
    for write in work.writes {
      if let rows = write.rows { checkRows(rows, of: write.shard, on: at) }
    }
  }

  func restartLater(_ at: Int) {
    guard !nodes[at].isStarting, !nodes[at].isLost else { return }
    nodes[at].isStarting = true
    schedule(.start(node: at), after: 50_000_000 + random.below(1_500_000_000))
  }

  // MARK: Answers

  private func deliver(_ reply: ReplyGroup, from at: Int) {
    guard !faults.wrong.contains(at, reply.shard) else {
      return keepFromClients(reply.tokens.count)
    }
    let records = SimOutcome.split(reply.outcomes)
    precondition(
      records.count == reply.tokens.count,
      "\(records.count) outcomes for \(reply.tokens.count) callers")
    for (token, record) in zip(reply.tokens, records) {
      answer(.outcome(record, shard: reply.shard, index: reply.index), token: token, from: at)
    }
  }

  private func read(_ instant: ReadInstant, _ at: Int) {
    guard let pending = forgetRead(instant.token, at) else {
      return fail("C8", "a read of node \(at + 1) was answered twice: token \(instant.token)")
    }
    guard !faults.wrong.contains(at, instant.shard) else { return keepFromClients(1) }
    let location = Load.locationName(load.region(of: instant.shard))
    let books = withCore(at) { core in
      core.withShardLedger(instant.shard) {
        $0.position(sku: Load.skuName(pending.sku), location: location, owner: Load.owner)
      }
    }
    let value = ReadValue(
      instant: instant, onHand: (books ?? nil)?.onHand ?? 0, promised: (books ?? nil)?.promised ?? 0
    )
    checkRead(value, sku: pending.sku, at)
    answer(.read(value), token: instant.token, from: at)
  }

  @discardableResult
  private func forgetRead(_ token: UInt64, _ at: Int) -> SimNode.PendingRead? {
    guard let position = nodes[at].reads.firstIndex(where: { $0.token == token }) else {
      return nil
    }
    return nodes[at].reads.remove(at: position)
  }

  private func answer(_ answer: Answer, token: UInt64, from at: Int) {
    guard let delay = load.network(&random, lossPercent: network.lossPercent) else { return }
    schedule(.answer(answer, caller: Load.caller(of: token), token: token), after: delay)
  }
}
