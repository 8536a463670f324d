import Primitives
import StockLedger

/// What the leader of the meta group knows of each shard's catalog: who leads the shard and which
/// version it works by. Both come from the shard leaders' announcements, so a leader that is new
/// makes itself known, and what was lost on the way is sent again.
struct CatalogDesk: Sendable {
  private struct Track: Sendable {
    var shard: ShardID
    var leader: NodeID
    var version: UInt64
    /// The catalog's version up to which there is nothing for this shard.
    var nothingUpTo: UInt64 = 0
    var sentAt: ClockReading?
  }

  /// In order of shard.
  private var tracks: [Track] = []

  mutating func announced(_ ack: CatalogAck, from node: NodeID) {
    let at = tracks.firstIndex { $0.shard >= ack.shard } ?? tracks.count
    if at < tracks.count && tracks[at].shard == ack.shard {
      if tracks[at].version != ack.version || tracks[at].leader != node { tracks[at].sentAt = nil }
      tracks[at].leader = node
      tracks[at].version = ack.version
    } else {
      tracks.insert(Track(shard: ack.shard, leader: node, version: ack.version), at: at)
    }
  }

  /// False when a version of the catalog has nothing for any shard that made itself known.
  func isBehind(_ version: UInt64) -> Bool {
    tracks.contains { max($0.version, $0.nothingUpTo) < version }
  }

  /// The next piece for each shard that is behind; one piece is under way to a shard at a time.
  mutating func pushes(
    from meta: borrowing MetaLedger, term: Term, maxBytes: Int, resend: UInt64, now: ClockReading
  ) -> [(to: NodeID, push: CatalogPush)] {
    var pushes: [(to: NodeID, push: CatalogPush)] = []
    for at in tracks.indices {
      let track = tracks[at]
      guard max(track.version, track.nothingUpTo) < meta.catalogVersion else { continue }
      if let sentAt = track.sentAt, now.waited(since: sentAt) < resend { continue }
      guard let body = meta.update(for: track.shard, after: track.version, maxBytes: maxBytes),
        let push = CatalogPush(shard: track.shard, term: term, updateBody: body)
      else {
        tracks[at].nothingUpTo = meta.catalogVersion
        continue
      }
      tracks[at].sentAt = now
      pushes.append((track.leader, push))
    }
    return pushes
  }

  /// Another leader's knowledge is not this one's.
  mutating func clear() { tracks = [] }
}

extension CatalogPush {
  /// From what `MetaLedger.update` gives: u64 term (empty), u64 from, u64 to, items.
  init?(shard: ShardID, term: Term, updateBody body: [UInt8]) {
    guard body.count >= Self.bodyHead else { return nil }
    self = unsafe body.withUnsafeBytes { bytes in
      var reader = unsafe ByteReader(bytes)
      _ = reader.get(UInt64.self)
      let from = reader.get(UInt64.self)
      let to = reader.get(UInt64.self)
      return unsafe CatalogPush(
        shard: shard, term: term, fromVersion: from, toVersion: to,
        items: Array(reader.get(raw: reader.remaining)))
    }
  }

  /// The body of a catalogUpdate record; its term is filled in by the proposer.
  var updateBody: [UInt8] {
    var out = ByteWriter(reserving: Self.bodyHead + items.count)
    out.put(UInt64(0))
    out.put(fromVersion)
    out.put(toVersion)
    out.bytes.append(contentsOf: items)
    return out.bytes
  }

  private static let bodyHead = 24
}
