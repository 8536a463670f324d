import Primitives
import RaftConsensus
import StockLedger

// The way of a catalog change into a shard: the meta group's leader pushes a piece to the shard's
// leader, which proposes it as an entry of the shard, and announces the version that it reached.

extension NodeCore {
  /// Announces and pushes what is due.
  mutating func tendCatalog(now: ClockReading) {
    for at in groups.indices where !groups[at].isMeta { announce(at, now: now) }
    pushCatalog(now: now)
  }

  private mutating func announce(_ at: Int, now: ClockReading) {
    guard groups[at].raft.isEstablishedLeader else { return }
    let version = groups[at].books.catalogVersion
    let isDue = groups[at].catalog.shouldAnnounce(
      version: version, term: groups[at].raft.term, now: now,
      every: settings.catalogAnnounceNanoseconds)
    guard isDue else { return }
    deliver(CatalogAck(shard: groups[at].shard, version: version), from: settings.node)
  }

  /// Brings an announcement to the meta group's leader, through lane 0 of this node. A node without a
  /// seat in the meta group knows nobody who should hear it.
  private mutating func deliver(_ ack: CatalogAck, from node: NodeID) {
    guard settings.lane == 0 else { return outbox.add(ack, to: settings.node) }
    guard let meta = position(of: .meta) else { return }
    if groups[meta].isLeader {
      catalogDesk.announced(ack, from: node)
    } else if node == settings.node, let leader = groups[meta].leader {
      outbox.add(ack, to: leader)
    }
  }

  mutating func receive(_ ack: CatalogAck, from node: NodeID) { deliver(ack, from: node) }

  private mutating func pushCatalog(now: ClockReading) {
    guard let at = position(of: .meta), groups[at].raft.isEstablishedLeader, groups[at].isSound,
      catalogDesk.isBehind(groups[at].books.catalogVersion)
    else { return }
    let pushes = catalogDesk.pushes(
      from: groups[at].books.meta!, term: groups[at].raft.term,
      maxBytes: settings.catalogPushBytesMax, resend: settings.catalogResendNanoseconds, now: now)
    for (node, push) in pushes {
      if node == settings.node && settings.lane(of: push.shard) == settings.lane {
        receive(push, from: node, now: now)
      } else {
        outbox.add(push, to: node, bytesMax: settings.envelopeBytesMax)
      }
    }
  }

  /// Proposes a piece that continues what the shard has. The entry carries the term that it was
  /// proposed in: in an entry of another term it does nothing (rule C5).
  mutating func receive(_ push: CatalogPush, from node: NodeID, now: ClockReading) {
    guard let at = position(of: push.shard), !groups[at].isMeta,
      groups[at].raft.isEstablishedLeader
    else { return }
    let version = groups[at].books.catalogVersion
    let term = groups[at].raft.term
    guard push.toVersion > version, push.fromVersion <= version else {
      groups[at].catalog.announceAgain()
      return
    }
    guard !groups[at].catalog.isProposing(in: term, applied: groups[at].books.index) else { return }
    var payload = ByteWriter()
    CommandWriter.catalogUpdate(body: push.updateBody, term: term, into: &payload)
    if let place = propose(.command, payload.bytes, at: at, now: now) {
      groups[at].catalog.proposed(index: place.index, term: place.term)
      counters.catalogUpdates += 1
    }
  }
}
