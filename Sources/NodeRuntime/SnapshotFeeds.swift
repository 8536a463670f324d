import LogStorage
import Dispatch
import NodeCore
import Primitives
import RaftConsensus

/// Reads saved snapshots for followers, chunk by chunk as they were written. One reader stays open
/// per group, because chunks are asked for in order; any other offset begins anew and skips.
final class SnapshotFeeds: Sendable {
  struct Part: Sendable {
    var bytes: [UInt8]
    var isLast: Bool
  }

  private struct Feed {
    var reader: SnapshotReader
    var offset: UInt64
    /// The chunk at `offset`, read ahead so that the last one is known to be the last.
    var next: [UInt8]?
  }

  private let queue = DispatchQueue(label: "holdfast.snapshot-reads")
  private nonisolated(unsafe) var feeds: [ShardID: Feed] = [:]  // used on `queue` only

  /// `done` runs on a thread of its own; nil when this snapshot isn't there any more.
  func next(
    for work: SnapshotReadWork, store: LogStore, done: @escaping @Sendable (Part?) -> Void
  ) {
    queue.async { [self] in done(read(work, store)) }
  }

  private func read(_ work: SnapshotReadWork, _ store: LogStore) -> Part? {
    do {
      var feed = try feed(for: work, store)
      guard let feedNow = feed, let bytes = feedNow.next else { return nil }
      feed!.offset += UInt64(bytes.count)
      feed!.next = try feed!.reader.next()
      unsafe feeds[work.shard] = feed
      return Part(bytes: bytes, isLast: feed!.next == nil)
    } catch {
      unsafe feeds[work.shard] = nil
      return nil
    }
  }

  /// The open reader if it stands at the wanted chunk, else a new one that has skipped to it.
  private func feed(for work: SnapshotReadWork, _ store: LogStore) throws -> Feed? {
    let wanted = work.request
    if let open = unsafe feeds[work.shard], open.reader.mark == wanted.mark,
      open.offset == wanted.offset
    {
      return open
    }
    guard let reader = try store.openSnapshot(shard: work.shard), reader.mark == wanted.mark else {
      return nil
    }
    var feed = Feed(reader: reader, offset: 0, next: try reader.next())
    while feed.offset < wanted.offset, let skipped = feed.next {
      feed.offset += UInt64(skipped.count)
      feed.next = try feed.reader.next()
    }
    return feed.offset == wanted.offset ? feed : nil
  }
}
