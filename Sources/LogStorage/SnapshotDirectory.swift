import Foundation
import Primitives
import RaftConsensus
import Synchronization

/// Which snapshots there are: the newest two of each group, each a file of its own.
final class SnapshotDirectory: Sendable {
  static let keptPerGroup = 2
  private static let suffix = ".snapshot"

  let path: String
  /// Ascending by shard and index; only whole ones.
  private let known: Mutex<[Known]>
  /// What the start found that is not whole, in no order.
  private let damaged: [Damaged]

  struct Known: Sendable {
    var shard: ShardID
    var mark: SnapshotMark
    var path: String
  }

  /// A snapshot that can't be read to its end. Its name says up to where it went.
  struct Damaged: Equatable, Sendable {
    var shard: ShardID
    var index: LogIndex
    /// Of the entry at `index`; nil if nothing says it any more.
    var term: Term?
  }

  /// Lists the whole snapshots; removes what never got its own name if `tidy`. A snapshot whose
  /// checksums disagree is left where it is and not used: the one before it serves.
  init(directory: String, tidy: Bool) throws(StorageError) {
    path = directory + "/snapshots"
    if tidy { try Files.makeDirectory(path) }
    var found: [Known] = []
    var damaged: [Damaged] = []
    for name in Files.exists(path) ? try Files.names(in: path) : [] {
      let file = path + "/" + name
      if name.hasSuffix(".partial"), tidy { try Files.remove(file) }
      guard name.hasSuffix(Self.suffix) else { continue }
      if let known = Self.examine(file) {
        found.append(known)
      } else if let lost = Self.damaged(file, name) {
        damaged.append(lost)
      }
    }
    self.damaged = damaged
    known = Mutex(found.sorted { ($0.shard, $0.mark.index) < ($1.shard, $1.mark.index) })
  }

  /// Reads all of it once: better now than in the middle of a restart.
  private static func examine(_ path: String) -> Known? {
    do {
      let reader = try SnapshotReader(path: path)
      while try reader.next() != nil {}
      return Known(shard: reader.shard, mark: reader.mark, path: path)
    } catch {
      return nil
    }
  }

  private static func damaged(_ path: String, _ name: String) -> Damaged? {
    let parts = name.dropLast(suffix.count).split(separator: "-")
    guard (3...4).contains(parts.count), parts[0] == "shard", let shard = UInt32(parts[1]),
      let index = UInt64(parts[2])
    else { return nil }
    var damaged = Damaged(shard: ShardID(shard), index: LogIndex(index))
    if parts.count == 4 {
      damaged.term = UInt64(parts[3]).map { Term($0) }
    } else if let reader = try? SnapshotReader(path: path), reader.shard == damaged.shard,
      reader.mark.index == damaged.index
    {
      // Names of before had no term.
      damaged.term = reader.mark.term
    }
    return damaged
  }

  /// Those that the start found damaged and that no newer whole one takes the place of.
  func lost(_ shard: ShardID) -> [Damaged] {
    let newest = newest(shard)?.mark.index ?? .zero
    return damaged.filter { $0.shard == shard && $0.index > newest }
  }

  func newest(_ shard: ShardID) -> Known? {
    known.withLock { $0.last { $0.shard == shard } }
  }

  func all(_ shard: ShardID) -> [Known] {
    known.withLock { $0.filter { $0.shard == shard } }
  }

  func writer(
    shard: ShardID, mark: SnapshotMark, kind: String
  ) throws(StorageError) -> SnapshotWriter {
    try SnapshotWriter(path: file(shard, mark), directory: path, kind: kind)
  }

  /// Notes one that is durable, and removes those that it makes superfluous.
  func add(shard: ShardID, mark: SnapshotMark) throws(StorageError) {
    let superfluous = known.withLock { known in
      known.removeAll { $0.shard == shard && $0.mark.index == mark.index }
      known.append(Known(shard: shard, mark: mark, path: file(shard, mark)))
      known.sort { ($0.shard, $0.mark.index) < ($1.shard, $1.mark.index) }
      let old = known.filter { $0.shard == shard }.dropLast(Self.keptPerGroup).map(\.path)
      known.removeAll { old.contains($0.path) }
      return old
    }
    for path in superfluous { try Files.remove(path) }
  }

  /// Durably, also those that are not whole.
  func removeAll(of shard: ShardID) throws(StorageError) {
    known.withLock { known in known.removeAll { $0.shard == shard } }
    let prefix = "shard-\(shard.rawValue)-"
    for name in try Files.names(in: path) where name.hasPrefix(prefix) {
      try Files.remove(path + "/" + name)
    }
    try Files.syncDirectory(path)
  }

  /// The name says where it ends, for whoever finds the file damaged.
  private func file(_ shard: ShardID, _ mark: SnapshotMark) -> String {
    let digits = String(mark.index.rawValue)
    let padded = String(repeating: "0", count: max(0, 20 - digits.count)) + digits
    return "\(path)/shard-\(shard.rawValue)-\(padded)-\(mark.term.rawValue)\(Self.suffix)"
  }
}
