import Primitives
import RaftConsensus
import StockLedger

extension NodeCore {
  /// Takes what one group wants done, and does the part that is done in memory.
  mutating func drain(_ at: Int, now: ClockReading) {
    groups[at].raft.takeEffects(now: now, into: &raftEffects)
    if !raftEffects.isEmpty {
      for event in raftEffects.events { handle(event, at: at, now: now) }
      queueMessages(of: groups[at].shard)
      for entry in raftEffects.committed where knowsRules(of: entry, at: at) {
        apply(entry, at: at, now: now)
      }
      if !raftEffects.committed.isEmpty { appliedAll(at, now: now) }
      for answer in raftEffects.reads { handle(answer, at: at) }
      for request in raftEffects.loads {
        out.loads.append(LoadWork(shard: groups[at].shard, request: request))
      }
      for request in raftEffects.snapshotReads {
        out.snapshotReads.append(SnapshotReadWork(shard: groups[at].shard, request: request))
      }
      for chunk in raftEffects.snapshotChunks { receive(chunk, at: at, now: now) }
      // Empty until the next group's: entries and messages are not kept alive in here.
      raftEffects = RaftEffects()
    }
    settleSnapshots(of: at)
    answerReads(at, now: now)
  }

  private mutating func queueMessages(of shard: ShardID) {
    for message in raftEffects.sendNow {
      outbox.add(message, bytesMax: settings.envelopeBytesMax)
    }
    if let request = raftEffects.persist { persistence.add(request, shard: shard) }
    for message in raftEffects.sendAfterPersist {
      let waits = persistence.sendAfter(message, envelopeBytesMax: settings.envelopeBytesMax)
      if !waits { outbox.add(message, bytesMax: settings.envelopeBytesMax) }
    }
    counters.messagesOut +=
      UInt64(raftEffects.sendNow.count + raftEffects.sendAfterPersist.count)
  }

  private mutating func handle(_ event: RaftEvent, at: Int, now: ClockReading) {
    let shard = groups[at].shard
    switch event {
    case .becameLeader(let term):
      groups[at].clock.noted(groups[at].raft.lastLogTime, now: now)
      groups[at].catalog.announceAgain()
      if shard == .meta { catalogDesk.clear() }
      out.events.append(.becameLeader(shard, term))
    case .steppedDown(let term, _):
      // Whatever it proposed may still be committed by its successor (trap 40).
      groups[at].proposals.orphan(now: now)
      if shard == .meta { catalogDesk.clear() }
      out.events.append(.steppedDown(shard, term))
    case .snapshotSendStarted(let member, let index):
      out.events.append(.snapshotSending(shard, to: NodeID(of: member), index))
    case .leaderChanged(let term, let leader):
      if shard == .meta {
        // A new leader knows nothing of the shards until they announce themselves.
        for other in groups.indices { groups[other].catalog.announceAgain() }
      }
      out.events.append(.leaderChanged(shard, term, leader.map(NodeID.init(of:))))
    case .startedElection(let term):
      out.events.append(.electionStarted(shard, term))
    case .configurationChanged(let index, let configuration):
      groups[at].adopt(configuration)
      out.events.append(.membersChanged(shard, index, MembersView(configuration)))
    case .transferStarted(let member):
      out.events.append(.transferStarted(shard, to: NodeID(of: member)))
    case .transferFailed(let member):
      out.events.append(.transferFailed(shard, to: NodeID(of: member)))
    case .leaseTooShort:
      out.events.append(
        .leaseTooShort(shard, leaseMilliseconds: settings.raft.leaseMilliseconds))
    case .rowsMissing(let index):
      out.events.append(.rowsMissing(shard, upTo: index))
    case .repaired(let index):
      out.events.append(.repaired(shard, index))
    case .entriesUnreadable(let index, _):
      takeSnapshotInPlace(of: index, at: at, now: now)
    case .startedPreVote, .snapshotInstalled:
      break
    }
  }

  /// Gives the next write to the shell, if one may start.
  mutating func emitPersist() {
    guard let work = persistence.next() else { return }
    counters.persists += 1
    out.persist = work
  }

  mutating func emitEnvelopes(now: ClockReading) {
    guard !outbox.isEmpty else { return }
    out.sendNow = outbox.takeAll(clocks: &clocks, rules: settings.ledger.rulesMax, now: now)
  }
}
