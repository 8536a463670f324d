import Foundation
package import Primitives
package import RaftConsensus

/// Reads a data directory without changing it, for an audit: the node may be down, or running (then
/// segments in use are read from a copy). Streams each group's journal in order.
package final class SealedReader {
  package let directory: String
  /// What recovery would find, flaws included.
  package let groups: [RecoveredGroup]
  private let logs: [GroupLog]
  private let snapshots: SnapshotDirectory
  private let segments: [SealedSegment]
  private let scratch: String

  /// One step of a group's journal.
  package enum Item: Equatable, Sendable {
    case entry(Entry)
    /// The chain after the entry before it.
    case chain(ChainRow)
    /// No sound row holds these indexes.
    case missing(from: LogIndex, through: LogIndex)
  }

  /// `scratch` names a directory that does not exist yet; it holds the copies, and goes away with
  /// the reader.
  package init(directory: String, scratch: String) throws(StorageError) {
    self.directory = directory
    self.scratch = scratch
    try Files.makeDirectory(scratch)
    for number in try Recovery.listed(in: directory) {
      let path = SegmentFile.path(number, in: directory)
      let copy = SegmentFile.path(number, in: scratch)
      if SegmentReader.isSealed(path) {
        do {
          try FileManager.default.createSymbolicLink(
            atPath: copy, withDestinationPath: URL(fileURLWithPath: path).path)
        } catch {
          throw .failed(operation: "link", path: path, reason: "\(error)")
        }
      } else {
        try SegmentCopy.copy(path, to: copy)
      }
    }
    snapshots = try SnapshotDirectory(directory: directory, tidy: false)
    var recovery = try Recovery(
      directory: scratch, snapshots: snapshots, now: 0, skipping: false)
    (logs, groups) = try recovery.finish(
      snapshots: snapshots, tailBytes: 0, keepingAll: true)
    segments = recovery.segments
  }

  deinit { try? FileManager.default.removeItem(atPath: scratch) }

  /// The whole snapshots of a group, oldest first.
  package func snapshotMarks(of shard: ShardID) -> [SnapshotMark] {
    snapshots.all(shard).map(\.mark)
  }

  package func openSnapshot(
    of shard: ShardID, at index: LogIndex
  ) throws(StorageError) -> SnapshotReader? {
    guard let known = snapshots.all(shard).first(where: { $0.mark.index == index }) else {
      return nil
    }
    return try SnapshotReader(path: known.path)
  }

  /// Streams the entries that the group's log still holds, from its first on, each followed by its
  /// row of the chain if that is there. Every row's checksum is verified; what is wrong is
  /// reported, not thrown.
  package func read(_ shard: ShardID, _ visit: (Item) throws -> Void) throws {
    guard let log = logs.first(where: { $0.shard == shard }) else { return }
    let chain = try chainRows(of: shard)
    var nextRow = 0
    var expected: LogIndex?
    for piece in log.pieces {
      var next = piece.first
      while next <= piece.last {
        if let expected, expected < next {
          try visit(.missing(from: expected, through: next.previous))
        }
        let entries = try entries(shard, from: next, in: piece)
        for entry in entries {
          try visit(.entry(entry))
          while nextRow < chain.count, chain[nextRow].index < entry.index { nextRow += 1 }
          if nextRow < chain.count, chain[nextRow].index == entry.index {
            try visit(.chain(chain[nextRow]))
          }
        }
        expected = entries.last?.index.next ?? expected ?? next
        next = entries.last?.index.next ?? next.next
      }
    }
    if let expected, expected <= log.last { try visit(.missing(from: expected, through: log.last)) }
  }

  /// Some entries from an index on; none if the row that holds it is wrong.
  private func entries(
    _ shard: ShardID, from: LogIndex, in piece: GroupLog.Piece
  ) throws -> [Entry] {
    guard let segment = segments.first(where: { $0.number == piece.segment }) else { return [] }
    let reader = try SegmentReader(number: segment.number, path: segment.path)
    let range = LoadRange(
      shard: shard, from: from, upTo: piece.last, maxBytes: 16 << 20, pieces: [piece])
    do {
      return try reader.read { try $0.entries(range, path: segment.path) }
    } catch let error as StorageError where error.isDamage {
      return []
    }
  }

  /// All rows of the group's chain, in order: 48 bytes each. A group that was closed and created again
  /// has another chain since, which may begin below the end of the one before.
  private func chainRows(of shard: ShardID) throws -> [ChainRow] {
    var rows: [ChainRow] = []
    for segment in segments {
      let reader = try SegmentReader(number: segment.number, path: segment.path)
      try reader.read { all in
        try unsafe all.scan(shard: shard) { row, _ in
          if let bytes = row?.extra, let extra = RowExtra(bytes, shard: shard) {
            rows += extra.chain
            if extra.carried?.isClosed == true { rows = [] }
          }
          return true
        }
      }
    }
    return rows
  }
}
